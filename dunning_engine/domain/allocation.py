"""The ledger of a case, played from its facts: which money settled which item, what went back, what is left over.

Facts count in the order in which they happened, whenever they became known. Every part of every entry is *posted*
to an item, so that money that goes back opens the very item that it had settled.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, NamedTuple

from dunning_engine.domain.arrangements import WHOLE, Hold, disputed_at
from dunning_engine.domain.charges import DEFAULT_TERMS, ChargeAccount, ItemClass, LedgerTerms, OnPaid
from dunning_engine.domain.receivables import Correction, Entries, Entry, EntryKind, Receivable, in_order

if TYPE_CHECKING:
    from dunning_engine.kernel.calendar import Day, Instant


class Books(NamedTuple):
    """All that decides how a ledger stands.

    `void` are charges that are not owed, with the reason; `asked` the invoices for which a charge of the case was made.
    """

    receivables: Sequence[Receivable]
    entries: Iterable[Entry] = ()
    charges: Sequence[ChargeAccount] = ()
    void: Mapping[str, str] = {}
    corrections: Sequence[Correction] = ()
    disputes: Sequence[Hold] = ()
    terms: LedgerTerms = DEFAULT_TERMS
    asked: Mapping[str, Sequence[str]] = {}


class Balanced(NamedTuple):
    """How a ledger stands; minor units.

    `credit` is what is left over (`unapplied` of it is for nothing yet; below zero: what went back without having
    come), `written_off` what was given up and not `recovered`.
    """

    receivables: tuple[Receivable, ...]
    charges: tuple[ChargeAccount, ...] = ()
    entries: Entries = ()
    credit: int = 0
    unapplied: int = 0
    written_off: int = 0
    recovered: int = 0


def balance(books: Books) -> Balanced:
    """Play the facts of a ledger."""
    receivables = corrected(books.receivables, books.corrections)
    entries = in_order(books.entries)
    if not entries and not books.charges and not books.corrections:
        return Balanced(receivables)
    play = _Play(receivables, books)
    play.run(entries)
    return play.balanced(entries)


def courses(books: Books) -> dict[str, tuple[tuple[Instant, int], ...]]:
    """The open principal of each invoice from instant to instant: what interest on a daily balance is reckoned on."""
    play = _Play(corrected(books.receivables, books.corrections), books)
    play.run(in_order(books.entries), traced=True)
    return {number: tuple(steps) for number, steps in play.trace.items()}


def corrected(receivables: Sequence[Receivable], corrections: Sequence[Correction]) -> tuple[Receivable, ...]:
    """Receivables under the newest words about them, oldest due first; nothing is paid on them yet."""
    if not corrections:
        return tuple(receivables)
    return tuple(sorted((_corrected(r, corrections) for r in receivables), key=lambda r: (r.due, r.number)))


def _corrected(receivable: Receivable, corrections: Iterable[Correction]) -> Receivable:
    billed = receivable.amount if receivable.billed is None else receivable.billed
    amount, due, issued, cancelled = billed, receivable.due, receivable.issued, None
    for word in corrections:
        if word.number == receivable.number:
            if word.amount == 0 and cancelled is None:
                cancelled = word.at
            amount = amount if word.amount is None else word.amount
            due = due if word.due is None else word.due
            issued = issued if word.issued is None else word.issued
    amount = amount if cancelled is None else 0
    return replace(receivable, amount=amount, billed=billed, due=due, issued=issued, cancelled_at=cancelled)


# Items and postings ---------------------------------------------------------------------------------------------------


class _Item:
    """Something that money settles: the principal of an invoice, or a charge."""

    __slots__ = ("amount", "day", "invoice", "kind", "lapsed", "name", "open", "settled_at", "written")

    def __init__(self, name: str, invoice: str | None, kind: ItemClass | None, day: Day, amount: int) -> None:
        self.name, self.invoice, self.kind, self.day = name, invoice, kind, day
        self.amount = self.open = amount
        self.written = self.lapsed = 0
        self.settled_at: Instant | None = None

    def lower(self, part: int, at: Instant) -> None:
        self.open -= part
        if self.open == 0:
            self.settled_at = at

    def reopen(self, part: int) -> None:
        self.open += part
        if self.open:
            self.settled_at = None


@dataclass(slots=True)
class _Posting:
    """A part of an entry and where it went; `written` says that it recovered what had been given up."""

    entry: Entry
    item: _Item
    part: int
    written: bool = False


_CREDITS: Final = (EntryKind.CREDIT_NOTE, EntryKind.DISCOUNT)
_UNDOES: Final = {EntryKind.REVERSAL: EntryKind.PAYMENT, EntryKind.REFUND: EntryKind.PAYMENT,
                  EntryKind.CREDIT_CANCELLED: EntryKind.CREDIT_NOTE,
                  EntryKind.DISCOUNT_WITHDRAWN: EntryKind.DISCOUNT}  # fmt: skip


class _Play:
    """One playing of a ledger. `pool` holds what is left over, `held` what is for nothing yet, `short` what lacks."""

    def __init__(self, receivables: Sequence[Receivable], books: Books) -> None:
        self.receivables, self.books = receivables, books
        self.principals = {
            r.number: _Item(r.number, r.number, ItemClass.PRINCIPAL, r.due, r.amount if r.billed is None else r.billed)
            for r in receivables
        }
        self.charges: dict[str, _Item] = {}
        self.pool, self.held, self.short = (_Item("", None, None, 0, 0) for _ in range(3))
        self.postings: list[_Posting] = []
        self.trace: dict[str, list[tuple[Instant, int]]] = {number: [] for number in self.principals}
        self._orders = _orders(books.terms)

    def run(self, entries: Entries, *, traced: bool = False) -> None:
        ticks = self._ticks()
        for entry in entries:
            while ticks and ticks[-1][0] <= entry.at:
                self._tick(*ticks.pop(), traced=traced)
            self._enter(entry)
            self._after(entry.at, traced=traced)
        while ticks:
            self._tick(*ticks.pop(), traced=traced)

    def _ticks(self) -> list[tuple[Instant, object]]:
        """What moves the ledger beside entries, latest first: charges, corrections of amounts, ends of disputes."""
        books = self.books
        ends = {r.number: r.cancelled_at for r in self.receivables if r.cancelled_at is not None}
        ticks: list[tuple[Instant, object]] = [(c.at, c) for c in books.corrections if _moves(c, ends)]
        ticks += [(hold.end, None) for hold in books.disputes if hold.end is not None]
        ticks += [(a.at, a) for a in books.charges if a.charge.id not in books.void and not self._gone(a, ends)]
        return sorted(ticks, key=_moment)[::-1]

    def _gone(self, account: ChargeAccount, ends: Mapping[str, Instant]) -> bool:
        """Whether everything was cancelled for which a charge was made."""
        charge = account.charge
        asked = self.books.asked.get(charge.id, ()) if charge.invoice is None else (charge.invoice,)
        return bool(ends and asked) and all(number in ends for number in asked)

    def _tick(self, at: Instant, what: object, *, traced: bool) -> None:
        match what:
            case ChargeAccount(charge):
                day = at // 86_400
                self.charges[charge.id] = _Item(charge.id, charge.invoice, charge.item_class, day, charge.amount)
            case Correction(_, number, int(amount)) if number in self.principals:
                self._correct(self.principals[number], amount, at)
            case _:
                pass
        self._after(at, traced=traced)

    def _after(self, at: Instant, *, traced: bool) -> None:
        """What is left over settles what has been opened, and charges of what is paid lapse where they do."""
        self._sweep(at)
        if self.books.terms.on_paid is OnPaid.LAPSE and self.charges:
            self._lapse(at)
        if traced:
            for number, item in self.principals.items():
                steps = self.trace[number]
                if not steps or steps[-1][1] != item.open:
                    steps.append((at, item.open))

    # Entries -----------------------------------------------------------------------------------------------------------

    def _enter(self, entry: Entry) -> None:
        if entry.kind in _UNDOES:
            self._undo(entry)
        elif entry.kind is EntryKind.WRITE_OFF:
            self._write_off(entry)
        elif entry.kind is EntryKind.APPLIED:
            self._apply_held(entry)
        elif entry.held:
            self._post(entry, self.held, entry.amount)
            self.held.open += entry.amount
        else:
            self._settle(entry, entry.amount, entry.at, entry.invoice)

    def _post(self, entry: Entry, item: _Item, part: int, *, written: bool = False) -> None:
        self.postings.append(_Posting(entry, item, part, written))

    def _settle(self, entry: Entry, amount: int, at: Instant, invoice: str | None) -> None:
        """Let money settle what it is meant for, then the rest in order, then what was given up; else it is left over."""
        for item in self._takers(entry, invoice):
            room = item.open if item.invoice == invoice and invoice else self._undisputed(item, at)
            part = min(amount, room)
            if part > 0:
                item.lower(part, at)
                self._post(entry, item, part)
                amount -= part
        for item in self._given_up(invoice) if amount else ():
            part = min(amount, item.written)
            item.written -= part
            self._post(entry, item, part, written=True)
            amount -= part
        if amount:
            self._post(entry, self.pool, amount)
            self.pool.open += amount

    def _takers(self, entry: Entry, invoice: str | None) -> list[_Item]:
        """Items in the order in which an entry settles them."""
        order = self._orders[entry.kind in _CREDITS]
        items = [item for item in (*self.principals.values(), *self.charges.values()) if item.open > 0]
        if len(items) > 1:
            items.sort(key=lambda item: (item.invoice != invoice or invoice is None, order[item.kind], *_age(item)))
        return [self.short, *items] if self.short.open else items

    def _given_up(self, invoice: str | None) -> list[_Item]:
        items = [item for item in (*self.principals.values(), *self.charges.values()) if item.written]
        order = self._orders[False]
        return sorted(items, key=lambda i: (i.invoice != invoice or invoice is None, order[i.kind], *_age(i)))

    def _undisputed(self, item: _Item, at: Instant) -> int:
        """How much of an item may be settled by money that does not name its invoice."""
        if not self.books.disputes or item is self.short:
            return item.open
        disputed = disputed_at(self.books.disputes, at)
        part = disputed.of(item.invoice or "")
        return item.open if part < WHOLE and item.kind is not ItemClass.PRINCIPAL else max(0, item.open - part)

    def _sweep(self, at: Instant) -> None:
        """What is left over settles what it can, the oldest money first."""
        if not self.pool.open or not any(
            i.open for i in (self.short, *self.principals.values(), *self.charges.values())
        ):
            return
        for posting in [p for p in self.postings if p.item is self.pool and p.part]:
            part = self._lift(posting, posting.part)
            self._settle(posting.entry, part, at, posting.entry.invoice)

    def _lift(self, posting: _Posting, part: int) -> int:
        """Take a part of a posting out of where it stands."""
        posting.part -= part
        if posting.item in (self.pool, self.held):
            posting.item.open -= part
        elif posting.written:
            posting.item.written += part
        else:
            posting.item.reopen(part)
        return part

    def _apply_held(self, entry: Entry) -> None:
        """Credit that was for nothing yet is for something now; then what is left over anyway."""
        left = entry.amount
        waiting = [p for p in self.postings if p.part and p.item in (self.held, self.pool)]
        for posting in sorted(waiting, key=lambda p: p.item is self.pool):
            part = min(left, posting.part)
            if part:
                self._lift(posting, part)
                self._settle(posting.entry, part, entry.at, entry.invoice)
                left -= part

    def _write_off(self, entry: Entry) -> None:
        """Give up an amount, or all, of what is open: disputed parts as well, never more than there is."""
        items = [i for i in self._takers(entry, entry.invoice) if i is not self.short]
        if entry.invoice is not None:
            items = [item for item in items if item.invoice == entry.invoice]
        left = entry.amount or sum(item.open for item in items)
        for item in items:
            part = min(left, item.open)
            if part:
                item.lower(part, entry.at)
                item.written += part
                left -= part

    # What goes back ----------------------------------------------------------------------------------------------------

    def _undo(self, entry: Entry) -> None:
        """Open again what an entry of the kind had settled; what never came is owed beside all items."""
        left, kind = -entry.amount, _UNDOES[entry.kind]
        postings = [p for p in self.postings if p.part and p.entry.kind is kind]
        for posting in self._latest_first(postings, entry, left):
            part = min(left, posting.part)
            left -= self._lift(posting, part)
            if not left:
                break
        self.short.amount += left
        self.short.reopen(left)

    def _latest_first(self, postings: list[_Posting], entry: Entry, amount: int) -> list[_Posting]:
        """Postings in the order in which money goes back.

        Those of the payment that is named, of the invoice that is named, for a refund what is left over, those of a
        payment over just this amount, and then the latest.
        """
        sums: dict[int, int] = {}
        for posting in postings:
            sums[id(posting.entry)] = sums.get(id(posting.entry), 0) + posting.part
        refund = entry.kind is EntryKind.REFUND
        order = [
            (
                posting.item is self.short,
                not (entry.about and posting.entry.key.endswith(f":{entry.about}")),
                entry.invoice is not None and posting.item.invoice != entry.invoice,
                entry.invoice is not None and posting.entry.invoice != entry.invoice,
                not (refund and posting.item is self.pool),
                sums[id(posting.entry)] != amount,
                -place,
            )
            for place, posting in enumerate(postings)
        ]
        return [posting for _, posting in sorted(zip(order, postings, strict=True), key=lambda pair: pair[0])]

    def _correct(self, item: _Item, amount: int, at: Instant) -> None:
        """An invoice is over another amount from an instant on; what was paid beyond it is left over."""
        more = amount - item.amount
        item.amount = amount
        if more >= 0:
            item.reopen(more)
            return
        less = -more
        part = min(less, item.open)
        item.lower(part, at)
        less -= part
        part = min(less, item.written)
        item.written -= part
        less -= part
        for posting in [p for p in reversed(self.postings) if p.item is item and p.part]:
            part = min(less, posting.part)
            if part:
                posting.part -= part
                less -= part
                self._post(posting.entry, self.pool, part)
                self.pool.open += part

    # Charges -----------------------------------------------------------------------------------------------------------

    def _lapse(self, at: Instant) -> None:
        """Charges of a paid invoice lapse; they are back when it is open again."""
        paid = {number for number, item in self.principals.items() if not item.open}
        everything = len(paid) == len(self.principals)
        for item in self.charges.values():
            over = everything if item.invoice is None else item.invoice in paid
            if over and item.open:
                item.lapsed += item.open
                item.lower(item.open, at)
            elif not over and item.lapsed:
                item.reopen(item.lapsed)
                item.lapsed = 0

    # How it stands -----------------------------------------------------------------------------------------------------

    def balanced(self, entries: Entries) -> Balanced:
        items = (*self.principals.values(), *self.charges.values())
        return Balanced(
            receivables=tuple(self._receivable(r) for r in self.receivables),
            charges=tuple(self._account(account) for account in self.books.charges),
            entries=entries,
            credit=self.pool.open + self.held.open - self.short.open,
            unapplied=self.held.open,
            written_off=sum(item.written for item in items),
            recovered=sum(p.part for p in self.postings if p.written and p.entry.kind is EntryKind.PAYMENT),
        )

    def _receivable(self, receivable: Receivable) -> Receivable:
        item = self.principals[receivable.number]
        known = (receivable.open, receivable.settled_at, receivable.written)
        if known == (item.open, item.settled_at, item.written):
            return receivable
        return replace(receivable, open=item.open, settled_at=item.settled_at, written=item.written)

    def _account(self, account: ChargeAccount) -> ChargeAccount:
        item = self.charges.get(account.charge.id)
        if item is None:
            invoice = account.charge.invoice
            gone = (
                "every invoice that it was made for was cancelled"
                if invoice is None
                else f"invoice {invoice} was cancelled"
            )
            void = self.books.void.get(account.charge.id, gone)
            return ChargeAccount(account.charge, account.at, 0, None, void)
        void = f"lapsed: {account.charge.invoice or 'the debt'} is paid" if item.lapsed else ""
        return ChargeAccount(account.charge, account.at, item.open, item.settled_at, void, item.lapsed, item.written)


def _orders(terms: LedgerTerms) -> tuple[dict[ItemClass | None, int], dict[ItemClass | None, int]]:
    """The ranks of classes for money, and for what lowers the debt itself: principal first."""
    money: dict[ItemClass | None, int] = {kind: rank for rank, kind in enumerate(terms.allocation)}
    return money, {**money, ItemClass.PRINCIPAL: -1}


def _moves(word: Correction, ends: Mapping[str, Instant]) -> bool:
    """Whether a word changes an amount: after a cancellation none does."""
    end = ends.get(word.number)
    return word.amount is not None and (end is None or word.at < end or (word.at == end and word.amount == 0))


def _age(item: _Item) -> tuple[Day, str]:
    """Charges of one day stay in the order in which they were asked; their names say nothing about it."""
    return item.day, item.name if item.kind is ItemClass.PRINCIPAL else ""


def _moment(tick: tuple[Instant, object]) -> tuple[object, ...]:
    """Ends of disputes, then corrections in an order of their own, then charges as they were asked."""
    at, what = tick
    match what:
        case Correction():
            return at, 1, what.number, what.amount, ""
        case ChargeAccount():
            return at, 2, "", 0, ""
        case _:
            return at, 0, "", 0, ""
