"""The phrases of what a policy adds or offers: `charge:`, `offer:`, fees with a name, interest and discounts."""

from __future__ import annotations

from decimal import Decimal
from functools import partial
from typing import Any

from dunning_engine.domain.actions import ActionSpec, Do
from dunning_engine.domain.counting import DayCount
from dunning_engine.kernel.grammar import Form, Grammar, Misfit, Slot
from dunning_engine.kernel.slots import AMOUNT, CURRENCY, NAME
from dunning_engine.kernel.spans import SPAN_SLOT
from dunning_engine.policy.charges import (
    Band,
    Bands,
    ChargeForm,
    ChargeWord,
    Discount,
    FeeBase,
    Offer,
    Once,
    RateWord,
    Settlement,
)
from dunning_engine.policy.forms import LIMIT, form_of, single, words
from dunning_engine.policy.model import Choice
from dunning_engine.policy.phrases_arrangements import PLAN_OFFER

PERCENT_MAX = 1000


def _percent(text: str) -> Decimal:
    value = AMOUNT.parse(text)
    if value == 0 or value > PERCENT_MAX:
        raise ValueError(f"{text} % is no part to take: more than 0, at most {PERCENT_MAX}")
    if value != value.quantize(Decimal("0.0001")):
        raise ValueError(f"{text} has more than 4 decimal places")
    return value.normalize()


def _share(text: str) -> Decimal:
    value = _percent(text)
    if value >= 100:
        raise ValueError(f"{text} % would let nothing go: less than 100")
    return value


def show_percent(percent: Decimal) -> str:
    """`8`, `0.5`: no more digits than say something."""
    return f"{percent.normalize():f}"


def _fee_name(text: str) -> str:
    if text == "of":
        raise ValueError('a fee without a name goes on with an amount: "fee of 15.00"')
    return text


PERCENT = Slot("a percentage", AMOUNT.regex, _percent, show_percent, "2")
SHARE = Slot("a percentage", AMOUNT.regex, _share, show_percent, "80")
OFF = Slot("a percentage", AMOUNT.regex, _share, show_percent, "2")
FEE = Slot("a fee", NAME.regex, _fee_name, str, "late-fee")
TABLE = Slot("a reference rate", NAME.regex, str, str, "ecb-mro")


# What a step charges --------------------------------------------------------------------------------------------------


def _charge(pattern: str, kind: ChargeForm, **slots: Any) -> Form[ChargeWord]:
    fixed = {name: value for name, value in slots.items() if not isinstance(value, Slot)}
    open_ = {name: value for name, value in slots.items() if isinstance(value, Slot)}
    return form_of(pattern, partial(ChargeWord, kind, **fixed), **open_)


CHARGE = Grammar(
    "a charge",
    (
        _charge("fee of {amount}", ChargeForm.FEE, amount=LIMIT),
        _charge("fee of {amount} per invoice", ChargeForm.FEE, amount=LIMIT, per_invoice=True),
        _charge("fee of {amount} {currency}", ChargeForm.FEE, amount=LIMIT, currency=CURRENCY),
        _charge(
            "fee of {amount} {currency} per invoice", ChargeForm.FEE, amount=LIMIT, currency=CURRENCY, per_invoice=True
        ),
        _charge("fee of {percent} %", ChargeForm.PERCENT, percent=PERCENT),
        _charge("fee of {percent} % of what is open", ChargeForm.PERCENT, percent=PERCENT, base=FeeBase.OPEN),
        _charge("statutory fixed sum", ChargeForm.FIXED_SUM),
        _charge("interest to date", ChargeForm.INTEREST),
        _charge("fee {name}", ChargeForm.NAMED, name=FEE),
    ),
)


class _ChargeChoice:
    """A charge as an action of a step: its phrase is the name of the action."""

    title = CHARGE.title
    regex = CHARGE.regex

    def parse(self, text: str) -> Choice | Misfit:
        word = CHARGE.parse(text)
        return word if isinstance(word, Misfit) else (ActionSpec(Do.CHARGE, CHARGE.show(word)),)

    def show(self, choice: Choice) -> str:
        return choice[0].name

    def examples(self) -> tuple[str, ...]:
        return CHARGE.examples()


CHARGE_CHOICE = _ChargeChoice()

# Fees with a name -----------------------------------------------------------------------------------------------------

BAND = Grammar(
    "a band",
    (
        form_of("from {start} take {fixed}", Band, start=LIMIT, fixed=LIMIT),
        form_of("from {start} take {percent} %", Band, start=LIMIT, percent=PERCENT),
        form_of("from {start} take {fixed} and {percent} %", Band, start=LIMIT, fixed=LIMIT, percent=PERCENT),
    ),
)
FEE_AMOUNT = single("an amount", LIMIT)
FEE_PERCENT = Grammar(
    "a percentage",
    [Form("{percent} %", slots={"percent": PERCENT}, make=lambda percent: percent, take=lambda p: {"percent": p})],
)
FEE_BASE = words("what a fee is a part of", {base.value: base for base in FeeBase})
METHOD = words("how bands apply", {method.value: method for method in Bands})
PER = words("for what a fee is charged", {"case": False, "invoice": True})
ONCE = words("how often a fee is charged", {once.value: once for once in Once})
FEE_CURRENCY = single("a currency", CURRENCY)

# Interest -------------------------------------------------------------------------------------------------------------

STATUTE = single("a pack of statutory money", Slot("a pack", "[a-z]{2}/[a-z0-9-]+", str, str, "uk/late-payment"))
RATE = Grammar(
    "a rate a year",
    (
        form_of("{percent} %", RateWord, percent=PERCENT),
        form_of("{percent} point[s] above {over}", RateWord, percent=PERCENT, over=TABLE),
    ),
)
ON_CHARGES = words("whether charges bear interest", {"no": False, "yes": True})
DAY_COUNT = words("how days are counted", {count.value: count for count in DayCount})

# What is offered ------------------------------------------------------------------------------------------------------

DISCOUNT = Grammar(
    "a discount",
    [form_of("{percent} % within {within} of issue", Discount, percent=OFF, within=SPAN_SLOT)],
)

OFFER: Grammar[Offer] = Grammar(
    "an offer",
    (
        form_of("discount of {percent} % within {within} of issue", Discount, percent=OFF, within=SPAN_SLOT),
        form_of("settlement of {percent} % within {within}", Settlement, percent=SHARE, within=SPAN_SLOT),
        *PLAN_OFFER.forms,  # type: ignore[arg-type]  # a form of one of the three
    ),
)
