"""What templates see of an action: the documented variables, as text and counts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from dunning_engine.adapters.texts import one_line
from dunning_engine.decision.revisions import run_of
from dunning_engine.decision.standing import Standing, stand
from dunning_engine.domain.addressing import addressed
from dunning_engine.domain.charges import ItemClass
from dunning_engine.domain.offers import OfferKind
from dunning_engine.engine.charge_lines import charge_line
from dunning_engine.engine.levels import level_of, messages_about
from dunning_engine.engine.localised import amount_text, day_text
from dunning_engine.engine.obligations import ITEMS
from dunning_engine.engine.paying import payment_methods
from dunning_engine.engine.what_follows import consequence
from dunning_engine.kernel.errors import UsageError
from dunning_engine.kernel.money import Money
from dunning_engine.policy.model import Lead

if TYPE_CHECKING:
    from dunning_engine.domain.actions import ProposedAction
    from dunning_engine.domain.case import Case
    from dunning_engine.domain.parties import Party
    from dunning_engine.domain.receivables import Receivable
    from dunning_engine.kernel.calendar import Day, Instant
    from dunning_engine.policy.model import Policy

NO_TEXTS: Final[Mapping[str, str]] = MappingProxyType({})


def context(
    action: ProposedAction,
    case: Case,
    policy: Policy,
    creditor: Party,
    at: Instant,
    *,
    language: str = "en",
    enclosures: Sequence[str] = (),
    obligations: Mapping[str, str] = NO_TEXTS,
) -> dict[str, Any]:
    """The documented variables (`VARIABLES`) of an action: text and counts, with what others wrote on one line each.

    Money and days are shown in the ways of the language. `obligations` are the texts that this message has to carry.
    """
    standing = stand(case, policy, at)
    step = policy.steps[policy.index[action.step]]
    if standing.lead is None:
        raise UsageError(f"nothing is owed in case {case.id}: there is nothing to write about")
    told = _Told(action, case, standing, language)
    claimed = told.claimed()
    own = told.own(policy, standing.lead)
    receiver = addressed(case.debtor, action.spec.to)
    writer = one_line(creditor.name or creditor.id)
    values: dict[str, Any] = {
        "debtor": {"name": one_line(case.debtor.name or case.debtor.id), "id": one_line(case.debtor.id)},
        "recipient": {"name": one_line(receiver.name or receiver.id)},
        "creditor": {
            "name": writer,
            "email": one_line(creditor.email or ""),
            "phone": one_line(creditor.phone or ""),
            "address": "\n".join(one_line(line) for line in creditor.address),
            "payment_methods": payment_methods(creditor, {"invoice": own.number, "case": case.id}),
        },
        "case": told.whole_case(one_line(case.creditor) or writer),
        "invoice": told.invoice(own),
        "invoices": [told.invoice(receivable) for receivable in claimed],
        "not_due": [told.invoice(r) for r in standing.free if r.number not in action.invoices],
        "held": [told.invoice(receivable) for receivable in told.held()],
        "charges": _charges(action, case, told.money, language),
        "offer": _offer(action, told.money, language),
        "plan": _plan(action, told.money),
        "enclosures": [one_line(name) for name in enclosures],
        "step": {"name": step.name, "occurrence": action.key.occurrence},
        "action": {
            "amount": told.money(action.amount),
            "reminder": max((messages_about(action, case, r.number) for r in claimed), default=0) + 1,
            "date": told.day(standing.today),
        },
        "obligations": " ".join(text for text in obligations.values() if text),
        "obligation": {item: obligations.get(item, "") for item in ITEMS},
    }
    if action.deadline is not None:
        values["deadline"] = {
            "date": told.day(action.deadline),
            "amount": told.money(action.amount - told.of_other_levels(claimed)),
            "consequence": consequence(policy, step, language),
        }
    return values


@dataclass(frozen=True, slots=True)
class _Told:
    """An action and its case at an instant, in the words of a language."""

    action: ProposedAction
    case: Case
    standing: Standing
    language: str

    def money(self, minor: int) -> str:
        return amount_text(Money.of_minor(minor, self.action.currency), self.language)

    def day(self, day: Day | None) -> str:
        return "" if day is None else day_text(day, self.language)

    # The case ----------------------------------------------------------------------------------------------------------

    def whole_case(self, creditor: str) -> dict[str, str]:
        standing, case = self.standing, self.case
        return {
            "id": one_line(case.id),
            "balance": self.money(standing.balance),
            "overdue": self.money(standing.overdue),
            "credit": self.money(case.credit),
            "creditor": creditor,
            "currency": self.action.currency,
        }

    # Invoices ----------------------------------------------------------------------------------------------------------

    def own(self, policy: Policy, lead: Receivable) -> Receivable:
        """The receivable whose ladder an action stands on."""
        if policy.lead is not Lead.EACH:
            return lead
        number = run_of(self.action.key.cycle, self.case)
        return next((receivable for receivable in self.standing.free if receivable.number == number), lead)

    def claimed(self) -> list[Receivable]:
        """The receivables that the action asks to be paid, with the rest of them that nobody disputes."""
        free = {receivable.number: receivable for receivable in self.standing.free}
        return [free.get(r.number, r) for r in self.case.receivables if r.number in self.action.invoices]

    def held(self) -> list[Receivable]:
        """Open receivables that nobody is asked for because they are disputed or wait."""
        free = {receivable.number for receivable in self.standing.free}
        known = (r for r in self.case.receivables if r.number not in free | self.case.unready | {*self.action.invoices})
        return [receivable for receivable in known if receivable.open > 0]

    def of_other_levels(self, claimed: Sequence[Receivable]) -> int:
        """What of a joint letter's sum belongs to invoices that only go along in it, in minor units."""
        others = [r for r in claimed if level_of(self.action, self.case, r.number) != self.action.step]
        return sum(r.open + self._charges_on(r.number) for r in others)

    def invoice(self, receivable: Receivable) -> dict[str, Any]:
        number = receivable.number
        disputed = min(self.standing.waiting.disputed.of(number), self._open(number))
        return {
            "number": one_line(number),
            "amount": self.money(receivable.amount),
            "open": self.money(receivable.open),
            "disputed": self.money(disputed),
            "charges": self.money(self._charges_on(number)),
            "issued": self.day(receivable.issued),
            "due": self.day(receivable.due),
            "days_overdue": max(0, self.standing.today - receivable.due),
            "level": level_of(self.action, self.case, number),
            "reminder": messages_about(self.action, self.case, number) + 1,
        }

    def _open(self, number: str) -> int:
        return next(receivable.open for receivable in self.case.receivables if receivable.number == number)

    def _charges_on(self, invoice: str) -> int:
        """What is asked of fees and interest on an invoice, in minor units; those of this message are asked with it."""
        known = {account.charge.id for account in self.case.charges}
        new = sum(one.amount for one in self.action.charges if one.id not in known and one.invoice == invoice)
        return self.standing.charged.by_invoice.get(invoice, 0) + new


def _charges(action: ProposedAction, case: Case, money: Callable[[int], str], language: str) -> dict[str, str]:
    """What is open beside the principal; the lines of a message that is not booked yet count too."""
    known = {account.charge.id: account for account in case.charges}
    sums = {ItemClass.FEES: 0, ItemClass.INTEREST: 0}
    for account in known.values():
        if account.charge.invoice is None or account.charge.invoice in action.invoices:
            sums[account.charge.item_class] += account.open
    for charge in action.charges:
        if charge.id not in known:
            sums[charge.item_class] += charge.amount
    return {
        "fees": money(sums[ItemClass.FEES]),
        "interest": money(sums[ItemClass.INTEREST]),
        "total": money(sum(sums.values())),
        "added": money(sum(charge.amount for charge in action.charges)),
        "lines": "\n".join(one_line(charge_line(charge, language)) for charge in action.charges),
    }


def _offer(action: ProposedAction, money: Callable[[int], str], language: str) -> dict[str, str]:
    first = next((offer for offer in action.offers if offer.kind is not OfferKind.PLAN), None)
    if first is None:
        return {"amount": "", "until": "", "words": ""}
    return {"amount": money(first.amount), "until": day_text(first.until, language), "words": first.rule}


def _plan(action: ProposedAction, money: Callable[[int], str]) -> dict[str, Any]:
    """The payment plan that a message offers: the most parts, the least that a part may be, and equal parts of all."""
    offer = next((offer for offer in action.offers if offer.kind is OfferKind.PLAN), None)
    if offer is None:
        return {"parts": 0, "every": "", "least": "", "each": "", "words": ""}
    return {
        "parts": offer.parts,
        "every": offer.every,
        "least": money(offer.least),
        "each": money(-(-offer.amount // offer.parts)),
        "words": offer.rule,
    }
