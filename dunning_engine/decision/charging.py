"""What the charges of a step come to for one case, with every figure that they came from; nothing is booked here.

Amounts follow from facts: interest to date is what all days so far bear on what was open on them, less what was charged
before. So it makes no difference how often somebody looked, and a payment that becomes known late lowers what comes next.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Final, assert_never

from dunning_engine.decision.bookkeeping import stem_of
from dunning_engine.decision.sums import ROUNDING, Stretch, fee_sum, interest_sum, stretches
from dunning_engine.domain.balances import open_on, openings
from dunning_engine.domain.charges import Charge, ChargeKind
from dunning_engine.domain.statutes import RateUnknown
from dunning_engine.kernel.calendar import local_day
from dunning_engine.kernel.money import Money
from dunning_engine.policy.charges import ChargeForm, ChargeWord, Fee, FeeBase, InterestTerms, Once

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from dunning_engine.decision.standing import Standing
    from dunning_engine.domain.case import Case
    from dunning_engine.domain.charges import ChargeAccount
    from dunning_engine.domain.receivables import Receivable
    from dunning_engine.domain.statutes import RateCourse
    from dunning_engine.kernel.calendar import Day
    from dunning_engine.policy.model import Policy


REPLACED: Final = "its message was taken back, and made anew"
"""Why a charge is void for good whose message goes out after all."""


@dataclass(slots=True)
class Bill:
    """The charges of one phrase in the making; `notes` say why something is not charged."""

    case: Case
    policy: Policy
    standing: Standing
    step: str
    action_id: str
    claimed: Sequence[Receivable]
    charges: list[Charge] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add(self, kind: ChargeKind, amount: int, rule: str, invoice: str | None = None, **more: object) -> None:
        """Put down a charge; its id tells it from the one that a notice taken back had carried."""
        if amount <= 0:
            return
        stem = stem_of(self.action_id, rule, invoice)
        before = sum(account.charge.id.startswith(stem) for account in self.case.charges)
        charge = Charge(
            id=f"{stem}-{before + 1}",
            kind=kind,
            amount=amount,
            invoice=invoice,
            step=self.step,
            rule=rule,
            rounding=ROUNDING,
            currency=self.case.currency,
            **more,  # type: ignore[arg-type]  # fields of a Charge, by the few callers below
        )
        self.charges.append(charge)

    def counted(self) -> Iterator[ChargeAccount]:
        """Charges that were made: all but those of a notice that was taken back."""
        return (account for account in self.case.charges if was_made(self.case, account))


def was_made(case: Case, account: ChargeAccount) -> bool:
    """Whether a charge ever stood: one that a person took back did, one whose notice never went out did not."""
    if not account.void:
        return True
    carrier = case.deliveries.get(account.charge.action)
    return account.void != REPLACED and (carrier is None or carrier.armed_at is not None)


class Charging:
    """Works out what phrases of `charge:` come to in one case at one instant."""

    def __init__(self, case: Case, policy: Policy, standing: Standing) -> None:
        self._case, self._policy, self._standing = case, policy, standing

    @cached_property
    def _openings(self) -> Mapping[str, list[tuple[Day, int]]]:
        return openings(self._case, self._policy.zone)

    def bill(self, rule: str, step: str, action_id: str, claimed: Sequence[Receivable]) -> Bill:
        """The charges of a phrase over the receivables that its step asks to be paid."""
        bill = Bill(self._case, self._policy, self._standing, step, action_id, claimed)
        word = self._policy.charges[rule]
        match word.form:
            case ChargeForm.FEE | ChargeForm.PERCENT:
                self._fee(bill, rule, _as_fee(word))
            case ChargeForm.NAMED:
                self._fee(bill, rule, self._policy.fees[word.name])
            case ChargeForm.FIXED_SUM:
                self._fixed_sums(bill, rule)
            case ChargeForm.INTEREST:
                self._interest(bill, rule)
            case _:
                assert_never(word.form)
        return bill

    # Fees --------------------------------------------------------------------------------------------------------------

    def _fee(self, bill: Bill, rule: str, fee: Fee) -> None:
        currency = self._case.currency
        if fee.currency not in ("", currency):
            bill.notes.append(f"{rule}: it is in {fee.currency}, the case in {currency}, and nothing is converted")
            return
        parts = [[receivable] for receivable in bill.claimed] if fee.per_invoice else [bill.claimed]
        for receivables in parts:
            invoice = receivables[0].number if fee.per_invoice else None
            if self._charged_before(bill, rule, fee.once, invoice):
                of = f" on {invoice}" if invoice else ""
                bill.notes.append(f"{rule}{of}: it was charged already, and is charged once {fee.once.value}")
                continue
            base = sum(r.amount if fee.base is FeeBase.CLAIM else r.open for r in receivables)
            amount = fee_sum(fee, base, currency)
            shown = base if fee.percent is not None or fee.bands else 0
            bill.add(
                ChargeKind.FEE,
                amount,
                rule,
                invoice,
                base=shown,
                rate=_rate_of(fee, base, currency),
                citation=fee.basis,
            )

    def _charged_before(self, bill: Bill, rule: str, once: Once, invoice: str | None) -> bool:
        if once is Once.EACH:
            return False
        made = [a for a in bill.counted() if (a.charge.rule, a.charge.invoice) == (rule, invoice)]
        return any(self._same_period(account, once, bill.step) for account in made)

    def _same_period(self, account: ChargeAccount, once: Once, step: str) -> bool:
        then, today = _year_month(local_day(account.at, self._policy.zone)), _year_month(self._standing.today)
        match once:
            case Once.STEP:
                return account.charge.step == step
            case Once.MONTH:
                return then == today
            case Once.YEAR:
                return then[0] == today[0]
            case _:
                return True

    # By statute --------------------------------------------------------------------------------------------------------

    def _fixed_sums(self, bill: Bill, rule: str) -> None:
        terms = self._policy.interest
        assert terms is not None
        assert terms.pack is not None, "the compiler refuses a fixed sum without a statute"
        pack, debtor = terms.pack, self._case.debtor
        if debtor.kind not in pack.fixed_sum_debtors:
            bill.notes.append(f"{rule}: {pack.name} gives none against a {debtor.kind.value}")
        elif why := self._elsewhere(terms):
            bill.notes.append(f"{rule}: {why}")
        elif pack.currency != self._case.currency:
            bill.notes.append(f"{rule}: {pack.name} sets it in {pack.currency}, the case is in {self._case.currency}")
        else:
            charged = {a.charge.invoice for a in bill.counted() if a.charge.kind is ChargeKind.FIXED_SUM}
            for receivable in self._late(bill):
                if receivable.number not in charged:
                    debt = open_on(self._openings[receivable.number], receivable.due + 1)
                    sum_ = pack.fixed_sum(Money.of_minor(debt, self._case.currency), debtor.kind)
                    bill.add(
                        ChargeKind.FIXED_SUM,
                        sum_.minor,
                        rule,
                        receivable.number,
                        base=debt,
                        rate=pack.name,
                        citation=pack.fixed_sum_citation,
                    )

    def _late(self, bill: Bill) -> list[Receivable]:
        return [receivable for receivable in bill.claimed if receivable.due < self._standing.today]

    def _elsewhere(self, terms: InterestTerms) -> str:
        """Why a statute is not the law where the debtor is; empty where it is, or nobody knows."""
        country = self._case.debtor.country
        if terms.pack is None or country is None or country in terms.pack.countries:
            return ""
        return f"{terms.pack.name} is not the law in {country}"

    # Interest ----------------------------------------------------------------------------------------------------------

    def _interest(self, bill: Bill, rule: str) -> None:
        terms = self._policy.interest
        assert terms is not None, "the compiler refuses interest of which nothing is said"
        kind = self._case.debtor.kind
        if terms.pack is not None and kind not in terms.pack.debtors:
            bill.notes.append(f"{rule}: {terms.pack.name} gives none against a {kind.value}")
        elif why := self._elsewhere(terms):
            bill.notes.append(f"{rule}: {why}")
        else:
            course = terms.pack or terms.course
            assert course is not None, "the compiler refuses interest without a rate"
            for receivable in self._late(bill):
                try:
                    self._interest_on(bill, rule, receivable, terms, course)
                except RateUnknown as unknown:
                    bill.notes.append(f"{rule} on {receivable.number}: {unknown}")

    def _interest_on(
        self, bill: Bill, rule: str, receivable: Receivable, terms: InterestTerms, course: RateCourse
    ) -> None:
        """What all days since the due date bear, less what was charged before.

        What is disputed now is left out of every day: it is asked with the first charge after the dispute was rejected.
        """
        start, today = receivable.due + 1, self._standing.today
        periods = course.periods(self._case.debtor.kind, start, today)
        parts = list(stretches(self._undisputed(receivable.number), periods, start, today))
        before = [
            account.charge
            for account in bill.counted()
            if account.charge.kind is ChargeKind.INTEREST and account.charge.invoice == receivable.number
        ]
        first = max((charge.last + 1 for charge in before if charge.last is not None), default=start)
        news = [_from(one, first) for one in parts if one.last >= first]
        amount = interest_sum(parts, terms.day_count) - sum(charge.amount for charge in before)
        bill.add(
            ChargeKind.INTEREST,
            amount,
            rule,
            receivable.number,
            base=news[-1].base if news else 0,
            days=sum(one.days for one in news),
            rate=_rates(news, terms, self._case.currency),
            first=first if news else None,
            last=today if news else None,
            citation=terms.basis or course.citation,
        )

    def _undisputed(self, number: str) -> list[tuple[Day, int]]:
        """What was open of an invoice day by day, without what is disputed of it now."""
        disputed = self._standing.waiting.disputed.of(number)
        opened = self._openings[number]
        return [(day, max(0, minor - disputed)) for day, minor in opened] if disputed else opened


def said(charge: Charge) -> str:
    """A charge in a line: what, how much, and how it came about."""
    amount = Money.of_minor(charge.amount, charge.currency)
    on = f" on {charge.invoice}" if charge.invoice else ""
    parts = [charge.rate, f"{charge.days} days" if charge.days else "", charge.citation]
    why = "; ".join(part for part in parts if part)
    return f"{charge.rule}{on}: {amount}{f' ({why})' if why else ''}"


def _from(one: Stretch, first: Day) -> Stretch:
    return one if one.first >= first else Stretch(first, one.last, one.base, one.percent)


def _rates(parts: Sequence[Stretch], terms: InterestTerms, currency: str) -> str:
    """`8 % on 100.00 for 10 days, 8 % on 60.00 for 5 days (actual/365)`."""
    told = [
        f"{one.percent.normalize():f} % on {Money.of_minor(one.base, currency).amount:f} for {one.days} days"
        for one in parts
    ]
    return f"{', '.join(told)} ({terms.day_count.value})" if told else ""


def _as_fee(word: ChargeWord) -> Fee:
    """A fee that has no name, as one that has."""
    return Fee(
        name="",
        fixed=word.amount,
        percent=word.percent,
        base=word.base,
        per_invoice=word.per_invoice,
        currency=word.currency,
    )


def _rate_of(fee: Fee, base: int, currency: str) -> str:
    """The part of a fee that depends on its base, in words."""
    if fee.bands:
        starts = [band.start.minor(currency) for band in fee.bands]
        reached = sum(start <= base for start in starts)
        return f"band {reached} of {len(starts)}, {fee.method.value}"
    return f"{fee.percent.normalize():f} % of {fee.base.value}" if fee.percent is not None else ""


def _year_month(day: Day) -> tuple[int, int]:
    from datetime import date

    there = date.fromordinal(day)
    return there.year, there.month
