"""A rendered letter as a page of plain text."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from dunning_engine.adapters.texts import one_line, wrapped
from dunning_engine.kernel.calendar import moment

if TYPE_CHECKING:
    from dunning_engine.domain.parties import Party
    from dunning_engine.ports.adapter import Message

WIDTH = 78
ADDRESS_COLUMN = 4

ENCLOSED: Final[Mapping[str, str]] = MappingProxyType({
    "en": "Enclosed",
    "de": "Anlagen",
    "fr": "Pièces jointes",
    "es": "Anexos",
})  # fmt: skip

CERTIFIED: Final[Mapping[str, str]] = MappingProxyType({
    "en": "Certified mail, with proof of receipt",
    "de": "Einschreiben mit Rückschein",
    "fr": "Lettre recommandée avec avis de réception",
    "es": "Correo certificado con acuse de recibo",
})  # fmt: skip

TOWNS: Final[Mapping[str, str]] = MappingProxyType({
    "US": "{city}, {region} {code}",
    "PR": "{city}, PR {code}",
    "CA": "{city} {region} {code}",
    "AU": "{city} {region} {code}",
    "NZ": "{city} {code}",
    "GB": "{city} {code}",
    "IE": "{city} {code}",
    "IT": "{code} {city} {region}",
})  # fmt: skip
"""Where the postal code stands in the line of the city, by country; elsewhere it stands before the city."""


def page(message: Message) -> str:
    """Letterhead, address block, subject, text and a footer with day and action.

    The day in words is the template's to state, in the language of the letter.
    """
    sender = message.sender
    home = sender.country if sender else None
    parts = [
        _at_right(letterhead(sender)) if sender else [],
        [_word(CERTIFIED, message)] if message.action.spec.certified else [],
        [" " * ADDRESS_COLUMN + line for line in address_block(message.receiver, home)],
        _underlined(message.subject) if message.subject else [],
        wrapped(message.text.strip("\n"), WIDTH),
        wrapped(enclosures(message), WIDTH) if message.attachments else [],
        [_footer(message)],
    ]
    return "\n\n".join("\n".join(part) for part in parts if part) + "\n"


def letterhead(sender: Party) -> list[str]:
    """Name and postal address of the sender, the country as it stands there."""
    lines, country = _postal(sender)
    return [one_line(sender.name or sender.id), *lines, *filter(None, [country])]


def address_block(party: Party, home: str | None = None) -> list[str]:
    """Name and postal address, one line each; the country last, unless it is the one in which the letter is posted."""
    lines, _country = _postal(party)
    abroad = [_country_names(party.country)[0].upper()] if party.country and party.country != home else []
    return [one_line(party.name or party.id), *lines, *abroad]


def _postal(party: Party) -> tuple[list[str], str]:
    """The address with the postal code beside the city, and the country if it stood in the last line."""
    lines = [shown for line in party.address if (shown := one_line(line))]
    names = {name.casefold() for name in _country_names(party.country)} if party.country else ()
    country = lines.pop() if lines and lines[-1].casefold() in names else ""
    return _with_code(lines, party), country


def _with_code(lines: list[str], party: Party) -> list[str]:
    """The last line is the city, unless it has a number; lines that have the code already stay as they are."""
    code = one_line(party.postal_code or "")
    *others, city = lines or [""]
    city = city.removeprefix(f"{code} ")
    if not code or not lines or code in " ".join((*others, city)):
        return lines
    if not others or any(letter.isdigit() for letter in city):
        return [*lines, code]
    region = party.region if party.region and party.region.isalpha() else ""
    town = TOWNS.get(party.country or "", "{code} {city}")
    town = town if region else town.replace(", {region}", "")
    return [*others, one_line(town.format(city=city, region=region, code=code))]


@lru_cache(maxsize=256)
def _country_names(code: str) -> tuple[str, ...]:
    """How a country may be called at the end of an address, in English first; only its code where Babel is missing."""
    try:
        from babel import Locale, localedata
        from babel.languages import get_official_languages
    except ImportError:
        return (code,)
    languages = filter(localedata.exists, ("en", *get_official_languages(code, de_facto=True)))
    names = (Locale.parse(language).territories.get(code) for language in languages)
    return (*filter(None, names), code)


def enclosures(message: Message) -> str:
    """What goes along, as a letter ends."""
    return f"{_word(ENCLOSED, message)}: {', '.join(one_line(document.name) for document in message.attachments)}"


def _word(words: Mapping[str, str], message: Message) -> str:
    return words.get(message.language.partition("-")[0].lower(), words["en"])


def _at_right(lines: list[str]) -> list[str]:
    indent = " " * (WIDTH - max(len(line) for line in lines))
    return [indent + line for line in lines]


def _underlined(subject: str) -> list[str]:
    lines = wrapped(one_line(subject), WIDTH)
    return [*lines, "=" * max(len(line) for line in lines)]


def _footer(message: Message) -> str:
    action = message.action
    day = f"{moment(message.at, (message.sender and message.sender.zone) or 'UTC'):%Y-%m-%d}"
    origin = f"{day} · case {one_line(action.case_id)} · step {action.step}"
    return "\n".join(["-" * WIDTH, *wrapped(origin, WIDTH), f"action {message.action_id}"])
