"""Computation cases of law about money: interest, sums, and the days from which they are owed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Final

from dunning_engine.compliance.money import start
from dunning_engine.compliance.money.interest import Charge, Interest, Segment, interest
from dunning_engine.compliance.money.pack import Pack, PaymentTerms, RateRule
from dunning_engine.compliance.money.sums import fixed_sum, interest_base, recoverable_costs
from dunning_engine.domain import counting
from dunning_engine.domain.counting import DayCount, Rounding, Step
from dunning_engine.engine.money_shelf import load_pack, load_tables
from dunning_engine.kernel.calendar import BusinessCalendar, Day
from dunning_engine.kernel.errors import UsageError
from dunning_engine.kernel.money import Money
from dunning_engine.testing.law_facts import Answer, Date, Given
from dunning_engine.whereabouts.holidays import Holidays

SOME_DAY: Final = date(2001, 1, 1).toordinal()
"""Where a case gives a number of days only: by 365 days a year, interest is the same whenever they are."""

STARTS: Final = (("overdue_from", 0), ("default_from", 0), ("relevant_day", 1), ("contract_due_date", 1), ("due", 1))
"""Facts that say when interest begins, and how many days after them it does."""

GERMANY: Final = "de/verzug"

REFERENCES: Final = ("bank_rate_pct", "ecb_mro_pct")

# Interest and sums ----------------------------------------------------------------------------------------------------


def answer_interest(law: str, given: Given) -> Answer:
    pack = load_pack(law)
    principal = given.principal(pack)
    if given.debtor not in pack.debtors:
        return {"interest": Money(0, pack.currency), **answer_fixed_sum(law, given), "total_claim": principal}
    first, through = _stretch(given)
    agreed = given.number("annual_rate_pct") if pack.interest.floor is not None and first is not None else None
    charge = Charge(principal, given.debtor, first or SOME_DAY, through, agreed=agreed)
    settled = pack if agreed is not None else _settled(pack, _rate(pack, given))
    return {
        **_figures(settled, charge, given),
        **_claim(pack, charge, _under(settled, charge)),
        **(_dated(pack, settled, charge) if first is not None else _read_on(given)),
    }


def _claim(pack: Pack, charge: Charge, owed: Interest) -> Answer:
    lump = fixed_sum(pack, charge.principal, charge.debtor, running=owed.days > 0)
    return {
        "days": owed.days,
        "interest": owed.amount,
        "fixed_sum": lump,
        "flat_fee": lump,
        "total_claim": charge.principal + owed.amount + lump,
    }


def _stretch(given: Given) -> tuple[Day | None, Day]:
    """The first day that bears interest, if it is known, and the last one."""
    known = ((given.day(name), after) for name, after in STARTS)
    first = next((day + after for day, after in known if day is not None), None)
    through = given.day("as_of") or given.day("accrue_through")
    days = given.count("days")
    if through is not None and first is not None:
        return first, through
    if days is None:
        raise UsageError("interest needs its days: a beginning with as_of or accrue_through, or a number of days")
    return first, (first or SOME_DAY) + days - 1


def _rate(pack: Pack, given: Given) -> Decimal | None:
    """The rate that the case gives, itself or by its reference rate; `None` leaves it to the tables."""
    whole = given.number("annual_rate_pct")
    if whole is not None:
        return whole
    rule, read = pack.rate_rule(given.debtor), given.day("ecb_reference_date")
    for reference in map(given.number, REFERENCES):
        if reference is not None:
            return reference + rule.percent
    if read is not None:
        return load_tables()[rule.over].at(read).percent + rule.percent
    if not any(given.text(name) for name, _after in STARTS):
        raise UsageError("interest needs a rate or the day on which it begins")
    return None


def _settled(pack: Pack, rate: Decimal | None) -> Pack:
    """The pack with a rate that somebody has found already, so that no table is asked."""
    if rate is None:
        return pack
    return replace(pack, interest=replace(pack.interest, rates=(RateRule(pack.debtors, rate),), floor=None))


def _under(
    pack: Pack, charge: Charge, day_count: DayCount = DayCount.ACTUAL_365, rounding: Rounding = counting.ONCE
) -> Interest:
    return interest(pack, charge, load_tables(), day_count=day_count, rounding=rounding)


def _figures(pack: Pack, charge: Charge, given: Given) -> Answer:
    """What each rounding makes of the same days."""
    once = _under(pack, charge)
    published = Rounding(Step.PUBLISHED, daily_percent=given.number("published_daily_rate_pct"))
    return {
        "interest_unrounded_daily": once.amount,
        "interest_exact": once.amount,
        "interest_act_365": once.amount,
        "interest_daily_rounded_first": _under(pack, charge, rounding=counting.DAILY_FIRST).amount,
        "interest_published_daily_rate": _under(pack, charge, rounding=published).amount,
        "annual_interest": once.annual,
        "daily_rounded": once.daily,
        **({"annual_rate_pct": once.segments[0].percent} if once.segments else {}),
    }


def _dated(pack: Pack, settled: Pack, charge: Charge) -> Answer:
    """What can be said only where the days are known."""
    table = load_tables().get(pack.rate_rule(charge.debtor).over)
    return {
        "interest_starts": Date(charge.first),
        "interest_from": Date(charge.first),
        "interest_act_act": _under(settled, charge, DayCount.ACTUAL_ACTUAL).amount,
        "segments": [_segment(segment) for segment in _under(settled, charge).segments],
        **({"reference_date": Date(table.reference_date(charge.first))} if table else {}),
    }


def _read_on(given: Given) -> Answer:
    read = given.day("ecb_reference_date")
    return {} if read is None else {"reference_date": Date(read)}


def _segment(segment: Segment) -> Answer:
    return {
        "from": Date(segment.first),
        "to": Date(segment.last),
        "days": segment.days,
        "rate_pct": segment.percent,
        "amount_unrounded": segment.exact,
    }


def answer_fixed_sum(law: str, given: Given) -> Answer:
    pack = load_pack(law)
    lump = fixed_sum(pack, given.principal(pack), given.debtor)
    reason = {} if given.debtor in pack.debtors else {"reason": "NOT_COMMERCIAL"}
    return {"fixed_sum": lump, "flat_fee": lump, **reason}


def answer_costs(law: str, given: Given) -> Answer:
    """What bears further interest, and what sum and costs come to together."""
    pack, answer = load_pack(law), Answer()
    accrued = given.money("accrued_interest_eur", pack.currency)
    if accrued is not None:
        answer["interest_base"] = interest_base(given.principal(pack) + accrued, accrued)
    lawyer = given.money("lawyer_costs", pack.currency)
    if lawyer is not None:
        answer["total_costs"] = recoverable_costs(_lump(pack, given), lawyer)
    return answer


def _lump(pack: Pack, given: Given) -> Money:
    """The fixed sum of a case: as given, or by the pack; nobody owes one whom the statute spares."""
    nothing = Money(0, pack.currency)
    if given.debtor not in pack.debtors & pack.fixed.debtors:
        return nothing
    stated = given.money("flat_fee", pack.currency)
    if stated is not None:
        return stated
    return (
        pack.fixed.bands[0].sum if len(pack.fixed.bands) == 1 else fixed_sum(pack, given.principal(pack), given.debtor)
    )


# Days to pay ----------------------------------------------------------------------------------------------------------


def answer_payment_day(law: str, given: Given) -> Answer:
    terms = load_pack(law).payment
    agreed_day = given.day("agreed_payment_day") or given.day("contract_due_date")
    deal = start.Deal(
        invoiced=given.latest("invoice_received", "notice_of_amount"),
        performed=given.latest("performed", "goods_received", "provided"),
        agreed_day=agreed_day,
        agreed_days=given.count("contract_days"),
        public=given.text("purchaser") == "public_authority",
        express=given.flag("expressly_agreed"),
        unfair=given.flag("grossly_unfair"),
    )
    if deal.begins is None and agreed_day is None:
        return _effective(terms, deal)
    found = start.payment_day(terms, deal, given.reading)
    return {
        "relevant_day": Date(found.last_day),
        "last_day_to_pay": Date(found.last_day),
        "interest_from": Date(found.interest_from),
        "interest_starts": Date(found.interest_from),
        **({"effective_days": found.days} if found.days is not None else {}),
    }


def _effective(terms: PaymentTerms, deal: start.Deal) -> Answer:
    """Of a period that nothing has begun yet, its length alone."""
    if deal.agreed_days is None:
        raise UsageError("a payment day needs an agreed day, or when the invoice or the goods were received")
    longest = start.longest_period(terms, deal)
    return {"effective_days": deal.agreed_days if longest is None else min(deal.agreed_days, longest)}


def answer_start_of_default(law: str, given: Given) -> Answer:
    """German default; both countings of a last day that falls on a day without business."""
    if law != GERMANY:
        raise UsageError(f"start_of_default is a question of {GERMANY}; of {law} ask payment_day")
    facts = start.DefaultFacts(
        debtor=given.debtor,
        fixed_day=given.day("contract_due_date"),
        due=given.day("due"),
        invoiced=given.day("invoice_received"),
        performed=given.latest("performed", "goods_received"),
        warned=given.flag("consequence_notice_on_invoice"),
    )
    found = start.default(load_pack(law).payment, facts, _closed_days("DE"))
    if found is None:
        return {"default_from": None, "reason": "REMINDER_REQUIRED"}
    last = found.literal if given.reading is start.Reading.STATUTE else found.moved
    return {
        "last_day": Date(last),
        "last_day_literal": Date(found.literal),
        "last_day_with_s193": Date(found.moved),
        "default_from": Date(last + 1),
        "default_from_with_s193": Date(found.begins),
        "interest_from": Date(last + 1),
    }


@lru_cache(maxsize=8)
def _closed_days(name: str) -> BusinessCalendar:
    calendar = Holidays().calendar(name)
    assert calendar is not None, name
    return calendar
