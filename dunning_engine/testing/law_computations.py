"""Computation cases of law: statutory money, days to pay, and the periods of American regulators.

A case gives facts under `given` and asks for some fields under `expected`. `compute` answers every field that the facts
allow; `agrees` says where a case and the answer differ. Values are taken as text, as case files are read, and the
answers are plain: texts, whole numbers, `None`, lists and mappings.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import Final

from dunning_engine.compliance import periods
from dunning_engine.domain.counting import ONCE
from dunning_engine.kernel.errors import UsageError
from dunning_engine.kernel.money import Money
from dunning_engine.testing import law_money
from dunning_engine.testing.law_facts import NOTHING, Answer, Date, Given


def compute(law: str, kind: str, given: Mapping[str, object]) -> Answer:
    """Every field of `expected` that the facts of a case allow. Raises `UsageError` where they do not suffice."""
    answer = _ANSWERS.get(kind)
    if answer is None:
        raise UsageError(f"{kind!r} is no kind of computation; there are {', '.join(_ANSWERS)}")
    return {key: _plain(value) for key, value in answer(law, Given(given)).items()}


# Periods of the United States -----------------------------------------------------------------------------------------


def _validation(_law: str, given: Given) -> Answer:
    literal, observed = (
        periods.validation_period(
            given.needed_day("provided"),
            calendar,
            oral=given.text("medium") == "oral",
            assumed=given.day("assumed_receipt"),
        )
        for calendar in (periods.legal_calendar(), periods.observed_calendar())
    )
    return {
        "assumed_receipt_earliest": Date(literal.received),
        "validation_period_end_earliest": Date(literal.end),
        "assumed_receipt_excluding_observed_holidays": Date(observed.received),
        "validation_period_end_excluding_observed_holidays": Date(observed.end),
    }


def _email_handover(_law: str, given: Given) -> Answer:
    deadline = periods.handover_deadline(given.needed_day("notice_sent"))
    return {"deadline_earliest": Date(deadline), "first_email_date": Date(deadline + 1)}


def _cooling_off(_law: str, given: Given) -> Answer:
    return {"first_call_date": Date(periods.rested(given.needed_day("conversation_date")))}


def _call_consent(_law: str, given: Given) -> Answer:
    last = periods.consent_end(given.needed_day("consent_received"))
    return {"last_excluded_date": Date(last), "first_counted_date": Date(last + 1)}


def _revocation(_law: str, given: Given) -> Answer:
    """By the words of the statute: a day off in place of a holiday counts, so that the answer is never too late."""
    received = given.needed_day("revocation_received")
    return {"honour_by": Date(periods.honour_revocation_by(received, periods.legal_calendar()))}


_ANSWERS: Final[Mapping[str, Callable[[str, Given], Answer]]] = {
    "interest": law_money.answer_interest,
    "fixed_sum": law_money.answer_fixed_sum,
    "costs": law_money.answer_costs,
    "payment_day": law_money.answer_payment_day,
    "start_of_default": law_money.answer_start_of_default,
    "validation_period": _validation,
    "email_handover": _email_handover,
    "cooling_off": _cooling_off,
    "call_consent": _call_consent,
    "revocation": _revocation,
}

# Plain values and their comparison ------------------------------------------------------------------------------------


def _plain(value: object) -> object:
    match value:
        case Date(day=day):
            return date.fromordinal(day).isoformat()
        case Money():
            return f"{value.amount:f}"
        case Decimal():
            return f"{value:f}"
        case Fraction():
            return f"{_ten_thousandths(value):f}"
        case list():
            return [_plain(item) for item in value]
        case dict():
            return {key: _plain(item) for key, item in value.items()}
        case _:
            return value


def _ten_thousandths(value: Fraction) -> Decimal:
    return Decimal(ONCE.whole(value * 10_000)).scaleb(-4)


def agrees(
    expected: Mapping[str, object], computed: Mapping[str, object], never: Mapping[str, object] | None = None
) -> list[str]:
    """Where a computation differs from its case, a line each; `never` holds published figures that are wrong."""
    found = [line for key, value in expected.items() for line in _differences(key, value, computed)]
    wrong = (key for key, value in (never or {}).items() if key in computed and not _differences(key, value, computed))
    return [*found, *(f"{key}: {computed[key]} is known to be wrong" for key in wrong)]


def _differences(key: str, expected: object, computed: Mapping[str, object]) -> Iterable[str]:
    if key not in computed:
        return [f"{key}: expected {_said(expected)}, but the facts do not give it"]
    found = computed[key]
    if isinstance(expected, list) and isinstance(found, list):
        return _lists(key, expected, found)
    places = 4 if key == "amount_unrounded" else None
    if _value(expected, places) == _value(found, places):
        return []
    return [f"{key}: expected {_said(expected)}, computed {_said(found)}"]


def _lists(key: str, expected: list[Mapping[str, object]], found: list[Mapping[str, object]]) -> list[str]:
    if len(expected) != len(found):
        return [f"{key}: expected {len(expected)} of them, computed {len(found)}"]
    pairs = enumerate(zip(expected, found, strict=True))
    return [f"{key}[{at}].{line}" for at, (one, other) in pairs for line in agrees(one, other)]


def _value(value: object, places: int | None) -> object:
    """A value as it is compared: numbers by value, whatever their zeros; nothing is nothing."""
    text = "" if value is None else str(value)
    if text.lower() in NOTHING:
        return None
    try:
        number = Decimal(text)
    except InvalidOperation:
        return text
    return number if places is None else round(number, places)


def _said(value: object) -> str:
    return "nothing" if _value(value, None) is None else str(value)
