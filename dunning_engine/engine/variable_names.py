"""What templates may name: the variables, and the fields of what stands in their lists."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

VARIABLES: Final[Mapping[str, str]] = MappingProxyType({
    "debtor.name": "name of the debtor, or its id where no name is known",
    "debtor.id": "your identity of the debtor, such as the customer number",
    "recipient.name": "name of whoever receives this: the debtor, or the person whom the step names",
    "creditor.name": "your name",
    "creditor.email": "your e-mail address",
    "creditor.phone": "your phone number",
    "creditor.address": "your postal address, one line each",
    "creditor.payment_methods": "how you can be paid, one line each; empty where you name none",
    "case.id": "the case, as a reference in correspondence",
    "case.balance": "undisputed open principal of the case, due or not",
    "case.overdue": "the part of it that is overdue",
    "case.credit": "what the debtor has paid too much, or for nothing yet",
    "case.creditor": "whose debt it is, where you collect for others; your name otherwise",
    "case.currency": "currency of the case, as in USD",
    "invoice.number": "number of the invoice that leads the case; under `lead: each` of the one whose step this is",
    "invoice.amount": "its original amount",
    "invoice.open": "what is still open of it and asked for: without what is disputed",
    "invoice.disputed": "what is disputed of it",
    "invoice.charges": "open fees and interest on it, those of this message included",
    "invoice.issued": "its date of issue",
    "invoice.due": "its due date",
    "invoice.days_overdue": "days since its due date, a number; 0 until then",
    "invoice.level": "the step at which it stands in this message",
    "invoice.reminder": "how many messages there were about it, this one included, a number; calls do not count",
    "invoices": "the undisputed invoices past due, or before that all open ones; each has the fields of `invoice`",
    "not_due": "open invoices that this does not ask for yet, each with the fields of `invoice`",
    "held": "open invoices that are disputed or wait, with the fields of `invoice`: `open` is all that is open of them",
    "enclosures": "names of the files that go along, of a step that sends `with invoice`; often there is none",
    "step.name": "name of the policy's step",
    "step.occurrence": "how many times the step has come, a number: 1 the first time",
    "action.amount": "sum that this asks to be paid",
    "action.reminder": "how many messages there were about the invoice of which there were most, this one included; a number",
    "action.date": "day on which this goes out",
    "charges.fees": "what is open of fees and fixed sums, those of this message included",
    "charges.interest": "what is open of interest, that of this message included",
    "charges.total": "both together; it is in `action.amount`",
    "charges.added": "what this message adds to the debt",
    "charges.lines": "what it adds, one line each with the figures behind it; empty where it adds nothing",
    "offer.amount": "what has to be paid for the rest to be let go; empty where nothing is offered, like the next two",
    "offer.until": "last day to pay it",
    "offer.words": "the offer in the words of the policy",
    "plan.parts": "the most instalments of a payment plan that is offered, a number; 0 where none is offered",
    "plan.every": "the time between two of them: month or week; empty where none is offered, like the next three",
    "plan.least": "the least that an instalment may be",
    "plan.each": "what each is, where so many equal ones pay all of it",
    "plan.words": "the plan in the words of the policy",
    "deadline.date": "last day to pay; only in a step with a deadline, like the next two",
    "deadline.amount": "amount to be paid by then: under `lead: each` without invoices on a level of their own",
    "deadline.consequence": "what the policy does next, in words",
    "obligations": "all that the law wants said in this message, as a paragraph; empty where it wants nothing",
    "obligation.opt_out": "of these: how to opt out of such messages",
    "obligation.attempt_to_collect": "that this is an attempt to collect a debt",
    "obligation.information_used_for_that_purpose": "that what is learned is used for it",
    "obligation.from_debt_collector": "that a debt collector writes",
    "obligation.client_and_ground": "for whom the debt is collected, and on what ground; your words",
    "obligation.interest_calculation": "how interest is computed; your words",
    "obligation.cost_breakdown": "what the costs are; your words",
    "obligation.address_source": "where the address comes from; your words",
    "obligation.supervisory_authority": "who supervises the collector; your words",
})  # fmt: skip
"""Every variable, and what it stands for."""

COUNTS: Final = frozenset(
    {"invoice.days_overdue", "invoice.reminder", "action.reminder", "plan.parts", "step.occurrence"}
)
"""Variables that are whole numbers, so that templates can compare them; all others are text."""

_INVOICE: Final = tuple(name.partition(".")[2] for name in VARIABLES if name.startswith("invoice."))
ITEM_FIELDS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType({
    "invoices": _INVOICE,
    "not_due": _INVOICE,
    "held": _INVOICE,
})  # fmt: skip
"""What each item of a list has."""
