"""What is owed and what came: invoices, the money that settles them, and its allocation."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

from dunning_engine.domain.given import given_date, given_money
from dunning_engine.kernel.calendar import LocalDate
from dunning_engine.kernel.errors import UsageError
from dunning_engine.kernel.money import Money

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dunning_engine.domain.case import Case
    from dunning_engine.kernel.calendar import Day, Instant


@dataclass(frozen=True, slots=True, init=False)
class Invoice:
    """A debt with a number, an amount and a due date: `Invoice("INV-1042", Money("240.00", "USD"), due="2026-03-01")`.

    Dates are `date` or ISO 8601 text. Without `issued` the invoice counts as issued when it came into the case.
    """

    number: str
    amount: Money
    due: LocalDate
    issued: LocalDate | None

    def __init__(
        self, number: str, amount: Money, *, due: LocalDate | str, issued: LocalDate | str | None = None
    ) -> None:
        if not number:
            raise UsageError("an invoice needs a number: it is how people and payments refer to it")
        what = f"invoice {number}"
        given_money(amount, what, "record what lowers a debt as a CreditNoteIssued")
        object.__setattr__(self, "number", number)
        object.__setattr__(self, "amount", amount)
        object.__setattr__(self, "due", given_date(due, f"the due date of {what}"))
        object.__setattr__(self, "issued", None if issued is None else given_date(issued, f"the issue date of {what}"))


@dataclass(frozen=True, slots=True)
class Receivable:
    """An invoice in a case, with what has been allocated to it.

    `due`, `issued` are day ordinals; `open` is the unpaid principal in minor units; `settled_at` the instant at which
    the last of it came, `None` while something is open.
    """

    number: str
    amount: int
    issued: Day
    due: Day
    added_at: Instant
    open: int
    settled_at: Instant | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """Money that lowers (positive) or raises (negative) what is owed: minor units, and the invoice it is meant for."""

    at: Instant
    amount: int
    invoice: str | None
    key: str


def currency_of(case: Case, amount: Money, what: str) -> str:
    """The currency of a case, which its first amount decides. Raises `UsageError` where another amount has another one."""
    if case.currency not in ("", amount.currency):
        raise UsageError(f"{what} is in {amount.currency}, case {case.id} in {case.currency}: open a case per currency")
    return amount.currency


Entries: TypeAlias = tuple[Entry, ...]


def in_order(entries: Iterable[Entry]) -> Entries:
    """Entries as they happened; those of one instant in an order that does not depend on when they became known."""
    return tuple(sorted(entries, key=lambda e: (e.at, e.invoice is None, e.invoice or "", -e.amount, e.key)))


def allocate(receivables: Iterable[Receivable], entries: Iterable[Entry]) -> tuple[tuple[Receivable, ...], int]:
    """Receivables after payments and credits, and what is left over as credit of the debtor.

    Money meant for an invoice goes there first; the rest, and what is too much, goes to the oldest due. The order in
    which the entries became known does not matter: they count in the order in which they happened.
    """
    accounts = {r.number: replace(r, open=r.amount, settled_at=None) for r in receivables}
    spare = 0
    for entry in in_order(entries):
        spare = _post(accounts, entry, spare + entry.amount)
    return tuple(accounts.values()), spare


def _post(accounts: dict[str, Receivable], entry: Entry, pool: int) -> int:
    """Post one entry; returns what stays unapplied. A negative pool re-opens the latest due that was paid."""
    order = sorted(accounts, key=lambda number: (accounts[number].due, number), reverse=pool < 0)
    if entry.invoice in accounts:
        order.sort(key=lambda number: number != entry.invoice)
    for number in order:
        account = accounts[number]
        part = min(pool, account.open) if pool > 0 else max(pool, account.open - account.amount)
        if part:
            left = account.open - part
            accounts[number] = replace(account, open=left, settled_at=entry.at if left == 0 else None)
            pool -= part
    return pool
