"""The watch over a store: whether it was restored, whether the clock can be believed, and what left without its knowledge.

The send journal is written before a hand-over and after it. A database that is older than its journal was restored from
a backup, or has lost what it committed: then nothing is armed until an operator says what becomes of what is in doubt.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from time import monotonic
from typing import TYPE_CHECKING, Final

from dunning_engine.kernel.calendar import iso, tzdata_version
from dunning_engine.kernel.errors import ForeignError
from dunning_engine.ports.guards import Guard, Left
from dunning_engine.ports.journal import JournalLine, Mark, Pages
from dunning_engine.ports.store import OutboxState

if TYPE_CHECKING:
    from dunning_engine.engine.guarded_clock import GuardedClock
    from dunning_engine.kernel.calendar import Instant
    from dunning_engine.ports.adapter import Message
    from dunning_engine.ports.journal import SendJournal
    from dunning_engine.ports.store import OutboxRow, Transaction

LAST_SECONDS: Final = 60
"""How far `last` may be behind, so that a tick without work writes once a minute at most."""

TRIM_SECONDS: Final = 600
"""How much later than the newest line that was taken out a store has to know of, to be sure that it knew of all of them."""

TELL_SECONDS: Final = 300
"""How often the log repeats why nothing is handed over."""

BEGUN: Final = "begun"
NOT_LEFT: Final = "retry"
CERTAINTY: Final = (NOT_LEFT, BEGUN, "uncertain", "bounced", "sent", "delivered")
"""What is known of an action after several attempts: the last of these that any of them came to."""

IN_DOUBT: Final = (BEGUN, "uncertain")

_log = logging.getLogger("dunning_engine")


@dataclass(frozen=True, slots=True)
class Agreement:
    """How a store and its journal stand to each other: `why` they do not agree, and what left behind the store's back."""

    why: str
    left: tuple[Left, ...]
    end: int
    epoch: int
    whole: bool = True
    """Whether the journal says everything that was sent; without it whatever was due may have been."""


class Watch:
    """Stands beside the dispatcher of one tenant."""

    def __init__(self, clock: GuardedClock, journal: SendJournal | None, tenant: str = "") -> None:
        self.clock, self.journal = clock, journal
        self.tenant = tenant
        self._trusted = -1
        self._told, self._told_at = "", 0.0
        self._epoch = 1

    # At the start ------------------------------------------------------------------------------------------------------

    def look(self, tx: Transaction, *, without: bool = False) -> None:
        """Compare the store with its journal, and wake what was planned by other zone rules. In the opening transaction.

        `without` says that the host wants no journal from here on.
        """
        known, now = tx.guard(lock=True), self.clock.now()
        guard = replace(known, journal="", checked=0) if without else self._compared(tx, known, now)
        if guard.zones != tzdata_version():
            if guard.zones:
                tx.wake(now)
            guard = replace(guard, zones=tzdata_version())
        if guard != known:
            tx.keep_guard(guard)

    def _compared(self, tx: Transaction, guard: Guard, now: Instant) -> Guard:
        if self.journal is None or guard.restored_at is not None:
            return guard
        found = agreement(tx, guard, self.journal, self.tenant)
        if found.why:
            _log.error("nothing is handed over: %s", found.why)
            return replace(guard, restored_at=now, why=found.why)
        tx.note_left([left for left in found.left if left.outcome not in IN_DOUBT])  # its receipt was lost in a crash
        return replace(guard, checked=found.end)

    # While it runs -----------------------------------------------------------------------------------------------------

    def tick(self, tx: Transaction) -> Instant | None:
        """Judge the clock by what the store knows, and let the store know how late it is; what it was told, for `seen`."""
        if not self.clock.judged:
            return None
        guard = tx.guard()
        self._heed(guard)
        now = self.clock.now()
        if self.clock.suspicion or (guard.last is not None and now < guard.last + LAST_SECONDS):
            return None
        tx.note_last(now)
        return now if guard.journal else None

    def seen(self, at: Instant | None) -> None:
        """Tell the journal what the store knows by now: called when that is committed."""
        if at is not None and self.journal is not None:
            self.journal.write(JournalLine(mark=Mark.SEEN, at=at, tenant=self.tenant, epoch=self._epoch))

    def _heed(self, guard: Guard) -> None:
        if guard.trusted > self._trusted >= 0:
            self.clock.trust()
        self._trusted = guard.trusted
        if guard.last is not None:
            self.clock.know(guard.last)

    def halted(self, tx: Transaction, *, by_clock: bool = True) -> str:
        """Why nothing may be armed now; empty where it may. Begins the journal where the store has none yet."""
        guard = tx.guard()
        if self.journal is not None and not guard.journal and guard.restored_at is None:
            tx.keep_guard(replace(tx.guard(lock=True), journal=self.journal.begin()))
        return self.in_the_way(guard, by_clock=by_clock)

    def in_the_way(self, guard: Guard, *, by_clock: bool = True) -> str:
        """What the store remembers, or the clock shows, that lets nothing be armed now; empty where something may be."""
        self._epoch = guard.epoch
        if by_clock and self.clock.judged:
            self._heed(guard)
            self.clock.now()
        if guard.restored_at is not None:
            return f"{guard.why}; `dunning store status` tells what is in doubt, `dunning store resume` ends it"
        if self.journal is None and guard.journal:
            return _NO_JOURNAL
        return f"{self.clock.suspicion}{_TRUST}" if by_clock and self.clock.suspicion else ""

    def tell(self, why: str) -> None:
        """Log why nothing is handed over when that changes, and every few minutes while it stays."""
        at = monotonic()
        if why and (why != self._told or at - self._told_at >= TELL_SECONDS):
            _log.warning("nothing is handed over: %s", why)
            self._told_at = at
        self._told = why

    @staticmethod
    def left(tx: Transaction, row: OutboxRow) -> Left | None:
        """What the journal knows of a row that was taken from the outbox and the store does not."""
        found = tx.left(row.id)
        if found is None:
            return None
        newer = found.fence > row.fence or (found.fence == row.fence and row.state is OutboxState.ARMED)
        return found if newer else None

    def begun(self, message: Message, fence: int, at: Instant) -> None:
        """Written before the adapter is called, and on the disk when this returns. Raises `ForeignError` where it cannot be."""
        self._write(message, fence, at, Mark.BEGUN, "", durable=True)

    def ended(self, message: Message, fence: int, at: Instant, outcome: str) -> None:
        """Written before the receipt goes into the store. That it is lost with the machine's power leaves doubt, no error."""
        try:
            self._write(message, fence, at, Mark.ENDED, outcome, durable=False)
        except ForeignError as error:
            _log.warning("%s", error)  # the store gets the receipt all the same

    def kept(self, written: Sequence[tuple[Message, int, str]], at: Instant) -> None:
        """Written when what was handed over inside the database is kept: whoever brings back an older one learns of it."""
        try:
            for left, (message, fence, outcome) in enumerate(written, 1 - len(written)):
                self._write(message, fence, at, Mark.ENDED, outcome, durable=left == 0)
        except ForeignError as error:
            _log.warning("%s", error)  # the store knows all the same

    def _write(self, message: Message, fence: int, at: Instant, mark: Mark, outcome: str, *, durable: bool) -> None:
        if self.journal is None:
            return
        line = JournalLine(
            mark=mark,
            at=at,
            tenant=self.tenant,
            epoch=self._epoch,
            action_id=message.action_id,
            case_id=message.action.case_id,
            way=message.action.spec.way,
            fence=fence,
            outcome=outcome,
        )
        self.journal.write(line, durable=durable)

    def resumed(self, epoch: int, at: Instant, decided: str) -> None:
        """Tell the journal that the store goes on in a new epoch."""
        self._epoch = epoch
        if self.journal is not None:
            line = JournalLine(mark=Mark.EPOCH, at=at, tenant=self.tenant, epoch=epoch, outcome=decided)
            self.journal.write(line, durable=True)

    def close(self) -> None:
        if self.journal is not None:
            self.journal.close()


_TRUST: Final = "; `dunning store trust-clock` says that it is right"

_NO_JOURNAL: Final = (
    "a send journal goes with this store: open it with journal=…, or with journal=False to do without one from now on"
)


def agreement(tx: Transaction, guard: Guard, journal: SendJournal, tenant: str) -> Agreement:
    """Compare what the journal says since both last agreed with what the store knows."""
    identity = journal.identity()
    pages = journal.read(guard.checked if guard.journal == identity else 0) or Pages((), 0)
    if guard.journal and not identity:
        return _without(guard, pages, f"the send journal that goes with this store is gone ({journal})")
    if guard.journal and identity != guard.journal:
        return _without(guard, pages, f"{journal} is not the send journal that goes with this store")
    if guard.journal and journal.read(guard.checked) is None:
        return _without(guard, pages, f"the send journal has become shorter ({journal})")
    lines = [line for line in pages.lines if line.tenant == tenant]
    epoch = max((line.epoch for line in lines), default=guard.epoch)
    left, ahead, unsettled = _left(tx, lines)
    gone = max((line.at for line in lines if line.mark is Mark.TRIMMED), default=None)
    if gone is not None and (guard.last is None or guard.last < gone + TRIM_SECONDS):
        return Agreement(_trimmed(journal, gone), left, pages.end, max(epoch, guard.epoch), whole=False)
    whys = [unreadable(pages, journal)] if pages.damaged else []
    if ahead or epoch > guard.epoch:
        whys.insert(0, _older(ahead, epoch, guard))
    why = "; and ".join(whys)
    open_ends = [start for line, start in zip(pages.lines, pages.starts, strict=True) if line.action_id in unsettled]
    end = min(open_ends) if open_ends and not why else pages.end
    return Agreement(why, left, end, max(epoch, guard.epoch), whole=not pages.damaged)


def unreadable(pages: Pages, journal: SendJournal) -> str:
    """Which lines tell nothing any more: an action of which they told may have left."""
    first, *others = pages.damaged
    more = f", nor can {len(others)} others" if others else ""
    return f"line {first} of the send journal cannot be read{more} ({journal})"


def _without(guard: Guard, pages: Pages, why: str) -> Agreement:
    return Agreement(why, (), pages.end, guard.epoch, whole=False)


def _trimmed(journal: SendJournal, until: Instant) -> str:
    return f"the store is older than what was taken out of its send journal ({journal}), which went up to {iso(until)}"


def _older(ahead: list[JournalLine], epoch: int, guard: Guard) -> str:
    if epoch > guard.epoch:
        return f"the store is older than its send journal: it is of epoch {guard.epoch}, the journal of epoch {epoch}"
    first = iso(min(line.at for line in ahead))
    return f"the store is older than its send journal: it knows nothing of what left or was decided since {first}"


def _left(tx: Transaction, lines: Iterable[JournalLine]) -> tuple[tuple[Left, ...], list[JournalLine], set[str]]:
    """What left without the store's knowledge; the lines that are ahead of it; and the actions that are not yet settled."""
    ahead: list[JournalLine] = []
    by_action: dict[str, list[JournalLine]] = {}
    last = tx.guard().last
    for line in lines:
        if line.mark is Mark.SEEN and (last is None or line.at > last):
            ahead.append(line)
        if line.action_id:
            by_action.setdefault(line.action_id, []).append(line)
    left: list[Left] = []
    unsettled: set[str] = set()
    for action_id, told in by_action.items():
        row, fence = tx.row(action_id), max(line.fence for line in told)
        if row is None or row.fence < fence:
            ahead += [line for line in told if row is None or line.fence > row.fence]
        elif row.fence > fence or row.state is not OutboxState.ARMED:
            continue
        unsettled.add(action_id)
        if (one := _known_of(told, fence)) is not None:
            left.append(one)
    return tuple(left), ahead, unsettled


def _known_of(told: list[JournalLine], fence: int) -> Left | None:
    """What several attempts at one action came to; nothing where it certainly did not leave."""
    begun = {line.fence: line for line in told if line.mark is Mark.BEGUN}
    ended = {line.fence: line for line in told if line.mark is Mark.ENDED}
    attempts = {**begun, **ended}
    outcomes = {number: line.outcome or BEGUN for number, line in attempts.items()}
    strongest = max(attempts, key=lambda number: (CERTAINTY.index(outcomes[number]), number))
    if outcomes[strongest] == NOT_LEFT:
        return None
    line = attempts[strongest]
    return Left(
        action_id=line.action_id,
        case_id=line.case_id,
        fence=fence,
        way=line.way,
        at=line.at,
        outcome=outcomes[strongest],
    )
