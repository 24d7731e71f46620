"""The slots that phrases of every grammar share: numbers, amounts, names, days, times, countries and currencies."""

from __future__ import annotations

from calendar import monthrange
from datetime import date
from decimal import Decimal

from dunning_engine.kernel.countries import COUNTRIES, MEANT
from dunning_engine.kernel.grammar import NAMED, Meant, Slot
from dunning_engine.kernel.money import currency_digits


def _country(text: str) -> str:
    if text in COUNTRIES:
        return text
    message = f"{text!r} is not an ISO 3166-1 country code such as US or DE"
    raise Meant(message, MEANT[text]) if text in MEANT else ValueError(message)


def _count(text: str) -> int:
    count = _number(text)
    if count == 0:
        raise ValueError("0 is too small: at least 1")
    return count


def _number(text: str) -> int:
    if len(text) > 4:
        raise ValueError(f"{text} is too large: at most 9999")
    return int(text)


def _amount(text: str) -> Decimal:
    if len(text) > 18:
        raise ValueError(f"{text} is longer than any amount")
    return Decimal(text)


def _date(text: str) -> date:
    year, month, day = (int(part) for part in text.split("-"))
    if not (year and 1 <= month <= 12):
        raise ValueError(f"{text} is not a date: it is written year-month-day, as in 2026-03-31")
    last = monthrange(year, month)[1]
    if not 1 <= day <= last:
        raise ValueError(f"{text} is not a date: {text[:7]} has {last} days")
    return date(year, month, day)


def _time(text: str) -> int:
    minutes = _end_time(text)
    if minutes == 24 * 60:
        raise ValueError("24:00 is written 00:00 here")
    return minutes


def _end_time(text: str) -> int:
    hours, minutes = (int(part) for part in text.split(":"))
    if minutes > 59 or hours * 60 + minutes > 24 * 60:
        raise ValueError(f"{text} is not a time of day such as 09:00 or 20:30")
    return hours * 60 + minutes


def _currency(text: str) -> str:
    currency_digits(text)
    return text


def _show_time(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _show_amount(amount: Decimal) -> str:
    return f"{amount:f}"


COUNT: Slot[int] = Slot("a whole number", r"[0-9]+", _count, str, "3")
NUMBER: Slot[int] = Slot("a whole number or 0", r"[0-9]+", _number, str, "3")
AMOUNT: Slot[Decimal] = Slot("an amount", r"[0-9]+(?:\.[0-9]+)?", _amount, _show_amount, "25.00")
NAME: Slot[str] = Slot("a name", NAMED, str, str, "final-demand")
WORD: Slot[str] = Slot("a word", r"[A-Za-z0-9_][A-Za-z0-9_.-]*", str, str, "gold")
DATE: Slot[date] = Slot("a date", r"[0-9]{4}-[0-9]{2}-[0-9]{2}", _date, date.isoformat, "2026-03-31")
TIME: Slot[int] = Slot("a time", r"[0-9]{2}:[0-9]{2}", _time, _show_time, "09:00")
END_TIME: Slot[int] = Slot("a time", r"[0-9]{2}:[0-9]{2}", _end_time, _show_time, "24:00")
COUNTRY: Slot[str] = Slot("a country", r"[A-Z]{2}", _country, str, "US")
CURRENCY: Slot[str] = Slot("a currency", r"[A-Z]{3}", _currency, str, "USD")
REST: Slot[str] = Slot("a text", r".+", str, str, "anything")
