"""The keys of a mapping and how the text of a cell is read for each: a value, or `ValueError` with words for people."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from importlib import resources
from types import MappingProxyType
from typing import Any, Final

from dunning_engine.domain.events import HoldPlaced
from dunning_engine.domain.facts import FactPhrase, parse_fact
from dunning_engine.domain.parties import Channel, PartyKind, Risk
from dunning_engine.intake.people import accounts_of, people_of, person_of
from dunning_engine.kernel.calendar import LocalDate, parse_date, zone
from dunning_engine.kernel.grammar import Misfit
from dunning_engine.kernel.money import currency_digits

TEXT_MAX: Final = 500
FIRST_YEAR: Final = 1970
LAST_YEAR: Final = 2199

_AMOUNT = re.compile(r"-?[0-9]{1,15}(\.[0-9]+)?")
_EMAIL = re.compile(r"[^\s@,;<>]+@[^\s@,;<>]+")
_PHONE = re.compile(r"\+[1-9][0-9]{6,14}")
_PHONE_FILLING = re.compile(r"[\s()./-]")
_REGION = re.compile(r"[A-Z0-9]{1,3}")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")


@dataclass(frozen=True, slots=True)
class Field:
    """A key: how its text is read, whether it is a date (which may have a layout), and its only values where few."""

    parse: Callable[[str], Any]
    is_date: bool = False
    accepted: tuple[str, ...] = ()


def date_by(layout: str | None) -> Callable[[str], LocalDate]:
    """A reader of dates of one layout of Pendulum tokens, or of ISO 8601."""

    def read(text: str) -> LocalDate:
        day = parse_date(text, layout)
        if not FIRST_YEAR <= day.year <= LAST_YEAR:
            raise ValueError(f"{text!r} is a date in the year {day.year}, which cannot be meant")
        return date(day.year, day.month, day.day)

    return read


def text_of(text: str) -> str:
    """Words on one line, as they are."""
    folded = " ".join(text.split())
    if len(folded) > TEXT_MAX:
        raise ValueError(f"more than {TEXT_MAX} characters")
    if not folded.isprintable():
        raise ValueError(f"{folded!r} holds a character that cannot be seen")
    return folded


def amount_of(text: str) -> Decimal:
    if not _AMOUNT.fullmatch(text):
        raise ValueError(
            f"{text!r} is not an amount such as 1234.50: a point before the cents, nothing between thousands, no sign of a currency"
        )
    return Decimal(text)


def lines_of(text: str) -> tuple[str, ...]:
    """The lines of a postal address in one cell, separated by line breaks or `|`."""
    return tuple(line for part in re.split(r"[\r\n|]+", text) if (line := text_of(part)))


def phone_of(text: str) -> str:
    number = _PHONE_FILLING.sub("", text)
    number = f"+{number[2:]}" if number.startswith("00") else number
    if not _PHONE.fullmatch(number):
        raise ValueError(f"{text!r} is not an international phone number such as +12125550123")
    return number


def email_of(text: str) -> str:
    if len(text) > TEXT_MAX or not text.isprintable() or not _EMAIL.fullmatch(text):
        raise ValueError(f"{text!r} is not an e-mail address such as ann@example.com")
    return text


def country_of(text: str) -> str:
    code = text.upper()
    if code not in _countries():
        raise ValueError(f"{text!r} is not an ISO 3166-1 country code such as US or DE")
    return code


def region_of(text: str) -> str:
    """The ISO 3166-2 suffix; the whole code `US-CO` is understood too."""
    code = text.upper()
    country, dash, suffix = code.partition("-")
    code = suffix if dash and country in _countries() else code
    if not _REGION.fullmatch(code):
        raise ValueError(f"{text!r} is not the suffix of an ISO 3166-2 region, such as CO for US-CO")
    return code


def zone_of(text: str) -> str:
    zone(text)
    return text


def language_of(text: str) -> str:
    if not _LANGUAGE.fullmatch(text):
        raise ValueError(f"{text!r} is not a language tag such as en or de-AT")
    return text


def currency_of(text: str) -> str:
    currency_digits(text)
    return text


def channels_of(text: str) -> tuple[Channel, ...]:
    """Channels in one cell, separated by spaces or `;`."""
    words = re.split(r"[\s;|]+", text.strip(" ;|"))
    return tuple(_one_of({channel.value: channel for channel in Channel})(word) for word in words)


def days_of(text: str) -> tuple[LocalDate, ...]:
    """Days in one cell, separated by spaces or `;`."""
    return tuple(date_by(None)(part) for part in re.split(r"[\s;|]+", text.strip(" ;|")))


def holds_of(text: str) -> tuple[HoldPlaced, ...]:
    """Reasons to wait in one cell, in the words of facts, separated by `;`."""
    facts = [fact_of(part.strip()) for part in text.split(";") if part.strip()]
    holds = tuple(fact for fact in facts if isinstance(fact, HoldPlaced))
    if len(holds) < len(facts):
        raise ValueError(f"{text!r} is no hold such as bankrupt, deceased, cease requested or attorney named")
    return holds


def fact_of(text: str) -> FactPhrase:
    match parse_fact(text):
        case Misfit(message=message, suggestion=None, accepted=accepted):
            forms = f"; accepted: {'; '.join(accepted[:6])}" if accepted else ""
            raise ValueError(f"{text!r}: {message}{forms}")
        case Misfit(message=message, suggestion=meant):
            raise ValueError(f'{text!r}: {message}; did you mean "{meant}"?')
        case fact:
            return fact


@lru_cache(maxsize=1)
def _countries() -> frozenset[str]:
    """ISO 3166-1 alpha-2 codes, from the zone data's own list."""
    table = resources.files("tzdata.zoneinfo").joinpath("iso3166.tab").read_text(encoding="utf-8")
    return frozenset(line[:2] for line in table.splitlines() if line and not line.startswith("#"))


def _one_of(words: Mapping[str, Any]) -> Callable[[str], Any]:
    def read(text: str) -> Any:
        try:
            return words[text.lower()]
        except KeyError:
            raise ValueError(f"{text!r} is none of {', '.join(words)}") from None

    return read


def _choice(words: Mapping[str, Any]) -> Field:
    return Field(_one_of(words), accepted=tuple(words))


_DATE = Field(date_by(None), is_date=True)
_TEXT = Field(text_of)

PARTY_FIELDS: Mapping[str, Field] = MappingProxyType({
    "kind": _choice({kind.value: kind for kind in PartyKind}),
    "name": _TEXT,
    "email": Field(email_of),
    "phone": Field(phone_of),
    "push": _TEXT,
    "postal_code": _TEXT,
    "region": Field(region_of),
    "country": Field(country_of),
    "zone": Field(zone_of),
    "language": Field(language_of),
    "risk": _choice({risk.value: risk for risk in Risk}),
    "customer_since": _DATE,
    "group": _TEXT,
})  # fmt: skip
"""What a line may tell about a debtor, by the names of `Party`."""

INVOICE_FIELDS: Mapping[str, Field] = MappingProxyType({
    "policy": _TEXT,
    "invoice": _TEXT,
    "debtor": _TEXT,
    "issued": _DATE,
    "due": _DATE,
    "amount": Field(amount_of),
    "currency": Field(currency_of),
    "paid_on": _DATE,
    "paid_amount": Field(amount_of),
    "disputed": _choice({"true": True, "false": False}),
    "creditor": _TEXT,
    "ready": _choice({"true": True, "false": False}),
    **PARTY_FIELDS,
})  # fmt: skip
"""The keys of a mapping for invoices."""

INVOICE_NEEDS: Final = ("invoice", "debtor", "due", "amount", "currency")
LINE_NEEDS: Final = ("invoice", "debtor", "amount", "currency")
"""What no line of invoices can lack; a credit note is never due."""

DEBTOR_FIELDS: Mapping[str, Field] = MappingProxyType({
    "debtor": _TEXT,
    **PARTY_FIELDS,
    "address": Field(lines_of),
    "contacts": Field(people_of),
    "guarantors": Field(people_of),
    "representative": Field(person_of),
    "accounts": Field(accounts_of),
    "payer": _TEXT,
    "paid_late": Field(days_of),
    "policy": _TEXT,
    "opted_out": Field(channels_of),
    "holds": Field(holds_of),
})  # fmt: skip
"""The keys of a mapping for debtors, and the columns of a table of debtors that has no mapping."""

DEBTOR_NEEDS: Final = ("debtor",)

EVENT_FIELDS: Mapping[str, Field] = MappingProxyType({
    "date": _DATE,
    "case": _TEXT,
    "invoice": _TEXT,
    "fact": Field(fact_of),
})  # fmt: skip
"""The columns of a table of facts."""

EVENT_NEEDS: Final = ("date", "fact")
