"""What hosts pass in: read where it can be read, refused where it cannot, before anything is stored.

Constructors ask; decoding what was stored goes past them (`ports.shapes`), so that old events stay readable.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from enum import Enum
from typing import Final, TypeVar

from dunning_engine.kernel.calendar import CalendarError, Day, LocalDate, parse_date
from dunning_engine.kernel.errors import UsageError
from dunning_engine.kernel.money import Money, MoneyError

NAME_MOST: Final = 500
"""Characters of what something is known by: an event, a debtor, an invoice, a case."""

TEXT_MOST: Final = 65_536
"""Characters of any other text; as many as a signed message has bytes."""

E = TypeVar("E", bound=Enum)
T = TypeVar("T")


def given_money(value: object, what: str, instead: str) -> None:
    """Refuse what is no `Money`, and with `instead` what is not above zero."""
    if not isinstance(value, Money):
        raise MoneyError(f'{what} is over {value!r}, which is no Money: pass Money("5.00", "USD")')
    if value.minor <= 0:
        raise MoneyError(f"{what} is over {value}: {instead}")


def given_date(value: object, what: str) -> LocalDate:
    """A date, or ISO 8601 text of one; an instant is no date, because its day depends on where one is."""
    if isinstance(value, str):
        return parse_date(value)
    if not isinstance(value, date) or isinstance(value, datetime):
        raise CalendarError(f'{what} is {value!r}, which is no date: pass date(2026, 3, 20) or "2026-03-20"')
    return value


def given_day(value: object, what: str) -> Day:
    """The ordinal of a day: itself, or that of a date or of ISO 8601 text."""
    return value if type(value) is int else given_date(value, what).toordinal()


def given_percent(value: object, what: str) -> Decimal:
    """A rate in percent: a decimal, or a whole number or text of one; a float is a rate that nobody wrote down."""
    exact = type(value) is int or isinstance(value, (Decimal, str))
    try:
        found = Decimal(str(value)) if exact else Decimal("NaN")
    except InvalidOperation:
        found = Decimal("NaN")
    if not found.is_finite():
        raise UsageError(f'{what} is {value!r}: pass percent a year as Decimal("2.15"), or as the text "2.15"')
    return found


def given_text(value: object, what: str, instead: str) -> str:
    """Text without the white space around it; nothing, or no text at all, is refused."""
    if not isinstance(value, str) or not value.strip():
        raise UsageError(f"{what}: {instead}" if value in ("", None) else f"{what}, not {value!r}: {instead}")
    check_kept(value, what)
    return value.strip()


def given_note(value: object, what: str) -> None:
    """Refuse what is no text; nobody has to write one."""
    if not isinstance(value, str):
        raise UsageError(f"{what} is {value!r}: pass text, or leave it out")
    check_kept(value, what)


def check_kept(text: str, what: str, most: int = TEXT_MOST) -> None:
    """Refuse text that not every store can keep, or that nobody can have meant."""
    if len(text) > most:
        raise UsageError(
            f"{what}: {len(text):,} characters from {text[:20]!r} on are too many: at most {most:,} are kept"
        )
    if "\0" in text or not (text.isascii() or _is_unicode(text)):
        raise UsageError(f"{what}: {text[:40]!r} holds a NUL or half a character, which no text does: leave it out")


def _is_unicode(text: str) -> bool:
    return not any("\ud800" <= letter <= "\udfff" for letter in text)


def given_several(value: object, kind: type[T], what: str, instead: str) -> tuple[T, ...]:
    """A list or tuple of some kind as a tuple; a lone text is refused, which Python would take apart letter by letter."""
    if not isinstance(value, (tuple, list)) or not all(isinstance(one, kind) for one in value):
        raise UsageError(f"{what}, not {value!r}: {instead}")
    return tuple(value)


def given_debts(value: object) -> tuple[str, ...]:
    """The debts that a contact was about, by the case or as the host names them."""
    return given_several(
        value, str, "what a contact discussed is a list of debts", 'pass ["ann/USD"], one entry a debt'
    )


def given_choice(kind: type[E], value: object, what: str) -> E:
    """A member of an enum, or its value as text."""
    if isinstance(value, kind):
        return value
    found = next((member for member in kind if member.value == value), None)
    if found is None:
        words = ", ".join(f'"{member.value}"' for member in kind)
        raise UsageError(f"{what} is {value!r}: pass one of {words}, or the {kind.__name__} itself")
    return found


def given_word(value: object, words: tuple[str, ...], what: str) -> None:
    """Refuse what is none of some words."""
    if value not in words:
        raise UsageError(f"{what} is {value!r}: pass one of {', '.join(repr(word) for word in words)}")
