"""Files that a command was given: policies with everything that is wrong with them, and texts to show findings in."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from dunning_engine.engine.paths import file_bytes
from dunning_engine.kernel.diagnostics import Diagnostic, Severity
from dunning_engine.kernel.errors import PolicyInvalid, UsageError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from datetime import date

    from dunning_engine.kernel.calendar import Instant
    from dunning_engine.policy.compiler import Compiled
    from dunning_engine.policy.model import Policy


CONFIGURATION: Final = ".toml"


def compiled(path: Path, data: bytes) -> Compiled:
    """A policy file with all findings about it."""
    from dunning_engine.engine.loading import FOLDER, SOURCE, default_calendars, rulebook_limits, rulebook_names
    from dunning_engine.engine.money_shelf import ShippedStatutes
    from dunning_engine.kernel.yamltext import POLICY, parse_bytes
    from dunning_engine.policy.compiler import Compiled, compile_policy

    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return Compiled(None, parse_bytes(data, file=str(path), limits=POLICY).diagnostics, None)
    found = compile_policy(
        text,
        file=str(path),
        calendars=default_calendars(),
        rulebooks=rulebook_names(),
        limits=rulebook_limits(),
        statutes=ShippedStatutes(),
    )
    if found.policy is not None:
        found.policy.memo.update({FOLDER: path.resolve().parent, SOURCE: text})
    return found


def policy_in(path: Path) -> Policy:
    """The policy of a file; raises `PolicyInvalid` with all errors."""
    found = compiled(path, file_bytes(path))
    if found.policy is None:
        raise PolicyInvalid(errors(found.diagnostics))
    return found.policy


def errors(diagnostics: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    return tuple(finding for finding in diagnostics if finding.severity is Severity.ERROR)


def text_of(file: str) -> str:
    """The text that a finding points into, as far as it can be shown: a configuration may hold a secret."""
    if file.endswith(CONFIGURATION):
        return ""
    try:
        return Path(file).read_bytes().decode("utf-8-sig", "replace")
    except OSError:
        return ""


def moment_in(text: str, option: str, zones: Collection[str]) -> Instant:
    """An instant that was given on the command line; a date is its start in the zone, in UTC where there are several."""
    from dunning_engine.engine.clocks import instant
    from dunning_engine.kernel.calendar import moment

    (zone,) = zones if len(zones) == 1 else ("UTC",)
    try:
        found = instant(text, zone)
        year = moment(found).year
    except (ValueError, OverflowError):
        raise UsageError(
            f"{option}: {text!r} is neither an instant such as 2026-03-06T10:00-05:00 nor a date such as 2026-03-06"
        ) from None
    _reachable(year, text, option)
    return found


def day(text: str, option: str) -> date:
    """A date that was given on the command line."""
    from dunning_engine.kernel.calendar import parse_date

    try:
        found = parse_date(text)
    except ValueError:
        raise UsageError(f"{option}: {text!r} is not a date such as 2026-03-31") from None
    _reachable(found.year, text, option)
    return found


def _reachable(year: int, text: str, option: str) -> None:
    """Zones and calendars have no rules for any time; invoices out of these years are refused too."""
    from dunning_engine.intake.fields import FIRST_YEAR, LAST_YEAR

    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise UsageError(f"{option}: {text} is out of reach: years go from {FIRST_YEAR} to {LAST_YEAR}")
