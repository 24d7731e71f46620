"""Times in tables: ISO 8601, seconds since 1970, or a layout of tokens such as `M/D/YYYY h:mm A`."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Final

from dunning_engine.intake.fields import FIRST_YEAR, LAST_YEAR
from dunning_engine.intake.model import Unfit

_TOKENS: Final = {
    "YYYY": "%Y", "YY": "%y", "MMMM": "%B", "MMM": "%b", "MM": "%m", "M": "%m", "DD": "%d", "D": "%d", "HH": "%H",
    "H": "%H", "hh": "%I", "h": "%I", "mm": "%M", "m": "%M", "ss": "%S", "s": "%S", "A": "%p", "a": "%p", "%": "%%",
}  # fmt: skip
_TOKEN: Final = re.compile("|".join(sorted(_TOKENS, key=len, reverse=True)))
_EPOCH: Final = re.compile(r"[0-9]{10}([0-9]{3})?")
_DAY_ONLY: Final = re.compile(r"[0-9]{4}-?[0-9]{2}-?[0-9]{2}")
_CLOCK: Final = re.compile(r"(?P<hour>[0-9]{1,2})(?P<rest>:[0-9]{2}(:[0-9]{2})?) ?(?P<half>[AaPp])\.?[Mm]\.?")


def of_day(text: str) -> str:
    """A time of the day as ISO 8601 writes it: `7:45` and `7:45 PM` as well."""
    found = _CLOCK.fullmatch(text)
    if found is None:
        return f"0{text}" if text[1:2] == ":" else text
    hour = int(found["hour"]) % 12 + (12 if found["half"] in "Pp" else 0)
    return f"{hour:02}{found['rest']}"


def time_by(text: str, layout: str | None) -> datetime:
    """The time that a text says: aware where the text tells its offset. Raises `Unfit` for a text that tells none."""
    found = _by_layout(text, layout) if layout is not None else _plain(text)
    if not FIRST_YEAR <= found.year <= LAST_YEAR:
        raise Unfit("at", text, f"{text!r} is a time in the year {found.year}, which cannot be meant")
    return found.replace(microsecond=0)


def _by_layout(text: str, layout: str) -> datetime:
    try:
        return datetime.strptime(text, _TOKEN.sub(lambda token: _TOKENS[token[0]], layout))
    except ValueError:
        raise Unfit("at", text, f"{text!r} is not a time of the form {layout}") from None


def _plain(text: str) -> datetime:
    if _EPOCH.fullmatch(text):
        return datetime.fromtimestamp(int(text[:10]), UTC)
    if _DAY_ONLY.fullmatch(text):
        raise Unfit("at", text, f"{text!r} is a day without a time")
    try:
        return datetime.fromisoformat(text.removesuffix(" UTC") + ("+00:00" if text.endswith(" UTC") else ""))
    except ValueError:
        raise Unfit(
            "at",
            text,
            f"{text!r} is not a time such as 2026-03-02T07:45:00-05:00; "
            'for another form map it: {column: …, format: "M/D/YYYY h:mm A"}',
        ) from None
