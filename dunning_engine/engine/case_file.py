"""What a court or a law firm has to see of a case beside its amounts: charges with their working, contacts, terms."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any, Final

from dunning_engine.domain.receivables import EntryKind
from dunning_engine.kernel.calendar import iso
from dunning_engine.kernel.money import Money
from dunning_engine.policy.explain_money import money as money_told

if TYPE_CHECKING:
    from dunning_engine.domain.case import Case
    from dunning_engine.policy.model import Policy


def case_file(case: Case, policy: Policy) -> dict[str, Any]:
    """Charges, contacts, reasons to wait and terms, as plain values; amounts as decimal text, days as ISO 8601."""
    return {
        "charges": [_charge(case, account) for account in case.charges if not account.void],
        "contacts": [
            {
                "at": iso(contact.at, policy.zone),
                "channel": contact.channel.value,
                "outcome": contact.outcome.value,
                "by": "debtor" if contact.inbound else "creditor",
            }
            for contact in case.contacts
        ],
        "holds": [
            {
                "reason": hold.reason.value,
                "from": iso(hold.start, policy.zone),
                "until": None if hold.end is None else iso(hold.end, policy.zone),
                "invoice": hold.invoice,
            }
            for hold in case.holds
        ],
        "terms": {"policy": policy.title, "zone": policy.zone, "money": list(money_told(policy))},
    }


def _charge(case: Case, account: Any) -> dict[str, Any]:
    charge = account.charge

    def decimal(minor: int) -> str:
        return f"{Money.of_minor(minor, case.currency).amount:f}"

    return {
        "kind": charge.kind.value,
        "rule": charge.rule,
        "amount": decimal(charge.amount),
        "open": decimal(account.open),
        "invoice": charge.invoice,
        "base": decimal(charge.base),
        "days": charge.days,
        "rate": charge.rate,
        "first": None if charge.first is None else date.fromordinal(charge.first).isoformat(),
        "last": None if charge.last is None else date.fromordinal(charge.last).isoformat(),
        "citation": charge.citation,
    }


_PLACES: Final = {EntryKind.WRITE_OFF: "write_offs", EntryKind.APPLIED: "applied_credit"}


def money_moved(case: Case, zone: str) -> dict[str, Any]:
    """What came, went back and was let go, as payments; what was given up and what credit was applied stand apart.

    A write-off without an amount is one of all that was open then.
    """
    told: dict[str, list[dict[str, Any]]] = {"payments": [], "write_offs": [], "applied_credit": []}
    for entry in sorted(case.entries, key=lambda e: (e.at, e.key)):
        all_of_it = entry.kind is EntryKind.WRITE_OFF and not entry.amount
        amount = None if all_of_it else f"{Money.of_minor(entry.amount, case.currency).amount:f}"
        place = _PLACES.get(entry.kind, "payments")
        kind = {} if place != "payments" or entry.kind is EntryKind.PAYMENT else {"kind": entry.kind.value}
        told[place].append({"at": iso(entry.at, zone), "amount": amount, "invoice": entry.invoice, **kind})
    return {name: lines for name, lines in told.items() if lines or name == "payments"}
