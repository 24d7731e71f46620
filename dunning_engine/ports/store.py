"""The store port: what the engine keeps, as one transaction object.

Everything of one step happens in one transaction: events, snapshot, contacts, outbox and inbox commit together or not
at all. Whatever is written again has a natural key, so that repeating a write whose commit was lost changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any, Final, Protocol

from dunning_engine.kernel.errors import UsageError
from dunning_engine.ports.audit_log import AuditLog

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from contextlib import AbstractContextManager

    from dunning_engine.domain.actions import ProposedAction
    from dunning_engine.domain.case import Case, CaseStatus
    from dunning_engine.domain.contacts import Contact, ContactLog
    from dunning_engine.domain.events import PolicyRef, Recorded
    from dunning_engine.domain.orders import Scope, StandingOrder
    from dunning_engine.kernel.calendar import Instant
    from dunning_engine.kernel.errors import ForeignError
    from dunning_engine.ports.adapter import Message
    from dunning_engine.ports.guards import Guard, Left


@dataclass(frozen=True, slots=True)
class HeldCase:
    """A case as loaded, and when it wants to be looked at next."""

    case: Case
    next_look: Instant | None


@dataclass(frozen=True, slots=True)
class UnreadCase:
    """A case that this version cannot read: a newer one wrote an event of it, or one is damaged."""

    case_id: str
    error: ForeignError


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseChange:
    """What one step adds to a case: `events` lead from the `expected` sequence number (0: a new case) to `case`.

    `contacts` go to the debtor's log under a key (the action's identity, or case and event number): the same key again
    replaces what was known of that contact.
    """

    case: Case
    expected: int
    next_look: Instant | None
    events: tuple[Recorded, ...] = ()
    contacts: tuple[tuple[str, Contact], ...] = ()


class OutboxState(Enum):
    """How far an action has come on its way out of the house."""

    PENDING = "pending"
    ARMED = "armed"
    """It may be with an adapter at this moment."""
    RETRY = "retry"
    """It certainly did not leave and will be armed again."""
    SENT = "sent"
    BOUNCED = "bounced"
    UNCERTAIN = "uncertain"
    """Nobody knows whether it left. With a `next_at` its receiver is asked then, or gets it once more; else a person is."""
    DEAD = "dead"
    """Given up after many attempts, none of which left; its step waits until a person has it tried again."""
    CANCELLED = "cancelled"


WITHDRAWABLE: Final = frozenset({OutboxState.PENDING, OutboxState.RETRY})
"""States in which an action may still be taken back."""

REVIVABLE: Final = frozenset({OutboxState.PENDING, OutboxState.CANCELLED})
"""States in which the same action may be put into the outbox once more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxRow:
    """A cleared action on its way out.

    `next_at` is when somebody has to see to it: arm it or, once it is armed, say that no receipt came back in time;
    `None` where there is nothing left to do. `fence` grows with every arming: whoever comes back with an older one is
    too late. `message` is what was rendered at the first arming, `owner` the worker and its claim that saw to it last.
    """

    action: ProposedAction
    state: OutboxState = OutboxState.PENDING
    next_at: Instant | None
    changed_at: Instant
    fence: int = 0
    attempts: int = 0
    message: Message | None = None
    note: str = ""
    owner: str = ""

    @property
    def id(self) -> str:
        return self.action.id

    @property
    def key(self) -> str:
        """Under which its receiver knows it."""
        return self.id if self.message is None else self.message.key


@dataclass(frozen=True, slots=True)
class StoredPolicy:
    """A policy version as registered; `source` is its text, empty where the host built it in code."""

    ref: PolicyRef
    source: str


class TransactionEnded(UsageError):
    """Somebody to whom its connection was lent has ended a transaction that was not theirs."""


class Transaction(AuditLog, Protocol):
    """Reads and writes that commit together.

    A store whose database is far away may send what is written along with the next question: a `Conflict` over it is
    then raised by that question, or at the end of the transaction. Nothing is ever kept whose row was not found.
    """

    @property
    def connection(self) -> Any:
        """What a host passes as `connection=` to let further writes join this transaction."""

    def lent(self) -> AbstractContextManager[Any]:
        """The connection, for somebody who writes a part; what is raised inside takes back that part alone.

        Raises `TransactionEnded` where all of it was ended inside.
        """

    # Cases: whatever is read here is locked until the transaction ends.

    def case(self, case_id: str, known: Case | None = None) -> HeldCase | None:
        """A case by its identity; it is `known`, which came from here, where nothing has happened to it since."""

    def due(self, now: Instant, limit: int, unread: list[UnreadCase] | None = None) -> list[HeldCase]:
        """Cases that want to be looked at by now: those that wait longest first, then in the order of opening.

        Those that cannot be read go to `unread` and count among the limit; without it the first of them raises.
        """

    def postpone(self, case_id: str, until: Instant) -> None:
        """Let a case be, read or not, until an instant."""

    def cases(self, *, status: CaseStatus | None = None, debtor_id: str | None = None) -> list[HeldCase]:
        """Cases in the order of opening."""

    def history(self, case_id: str) -> tuple[Recorded, ...]:
        """Every event of a case, oldest first."""

    def latest(self) -> Instant | None:
        """When the newest event of any case was recorded."""

    def next_look(self) -> Instant | None:
        """The earliest instant at which a case wants to be looked at or an action of the outbox to be seen to."""

    def save(self, changes: Sequence[CaseChange]) -> None:
        """Write changes of different cases; raises `Conflict` where somebody else was first, and writes nothing then."""

    def contacts(self, debtor_ids: Iterable[str]) -> Mapping[str, ContactLog]:
        """The whole contact logs of some debtors; those without any contact are left out."""

    # Outbox

    def put(self, rows: Sequence[OutboxRow]) -> None:
        """Add actions; one that is pending or cancelled is put anew, any other raises `Conflict`."""

    def time(self) -> Instant | None:
        """What time it is in the database, for leases; `None` where it has no clock but its process's."""

    def claim(self, now: Instant, leases: Instant) -> OutboxRow | None:
        """The action that has waited longest of those to see to by now; its case is locked until the transaction ends.

        An armed one comes when its lease has run out at `leases`. None comes while another of its case is armed, or
        before an earlier one of its case that is due, to be tried again, or uncertain and to be seen to.
        """

    def row(self, action_id: str) -> OutboxRow | None:
        """One action's row."""

    def move(self, row: OutboxRow, *, fence: int) -> None:
        """Write how a row stands now; raises `Conflict` unless the stored row still has this fence.

        Its action stays as it was put, its message as it was armed.
        """

    def arm(self, row: OutboxRow, *, fence: int) -> None:
        """`move`, together with the message that is about to go out; `Conflict` where another of its case is armed."""

    def withdraw(self, action_id: str, note: str, now: Instant) -> None:
        """Cancel a row if it has not been armed; any other stays as it is."""

    def settle(self, action_id: str, state: OutboxState, note: str, now: Instant) -> None:
        """Write what became of an action, whatever its fence: a receipt is evidence, however late."""

    def outbox(
        self, *, state: OutboxState | None = None, case_id: str | None = None, begins: str | None = None
    ) -> list[OutboxRow]:
        """Rows in the order in which they came in; `begins` is what the identities of their actions begin with."""

    # Standing orders

    def orders(self) -> list[StandingOrder]:
        """Every pause of a debtor, a policy or everything, also those that have ended, in the order in which they came."""

    def order(self, order: StandingOrder) -> None:
        """Keep a standing order."""

    def end_order(self, scope: Scope, name: str, now: Instant, by: str, why: str) -> bool:
        """End the order in force and let its paused cases be looked at now; `False` where none is in force."""

    # Inbox and policies

    def receive(self, source: str, event_id: str, digest: str) -> bool:
        """Note an outside event; `False` where it is known. Raises `UsageError` where it is known with other content."""

    def register(self, policy: StoredPolicy) -> None:
        """Keep a policy version; raises `UsageError` where name and version are known with other content."""

    def policy(self, policy_hash: str) -> StoredPolicy | None:
        """A policy version by its content."""

    def version(self, name: str, version: int) -> StoredPolicy | None:
        """A policy version by its name and number."""

    # What the store remembers of itself

    def guard(self, *, lock: bool = False) -> Guard:
        """What was kept last; with `lock` nobody else changes it until the transaction ends."""

    def keep_guard(self, guard: Guard) -> None:
        """Keep a guard in place of the last one."""

    def note_last(self, at: Instant) -> None:
        """Remember that everything up to this instant was decided about, unless a later one is known."""

    def pin(self, policy_hash: str, rules: str) -> str:
        """Keep the law under which a policy version is registered, unless one is kept already; what is kept."""

    def left(self, action_id: str) -> Left | None:
        """What is known of an action that left without the store's knowledge."""

    def all_left(self) -> list[Left]:
        """Every such action that has not come up again, in the order in which they left."""

    def note_left(self, actions: Sequence[Left]) -> None:
        """Keep such actions; what was known of the same ones before is replaced."""

    def drop_left(self, action_id: str) -> None:
        """Forget such an action: it has come up again and is settled."""

    def wake(self, now: Instant) -> None:
        """Let every case that waits for the time be looked at now, and every action that was deferred be asked about."""


class Store(Protocol):
    """Where cases live. Safe to be used by several threads; transactions of one thread do not nest."""

    def transaction(self, connection: Any = None, *, write: bool = True) -> AbstractContextManager[Transaction]:
        """A transaction of our own, or, with `connection`, a part of the host's, which then commits or rolls back."""

    def compact(self) -> None:
        """Leave nothing in the files of what was deleted; outside of any transaction."""

    def close(self) -> None:
        """Let go of files and connections."""


def known_otherwise(source: str, event_id: str) -> str:
    """The words of the refusal when an outside identity comes back with other content."""
    return (
        f"{event_id!r} of {source!r} was recorded before with other content: "
        "an outside event keeps its identity, a new one needs a new event_id"
    )


def registered_otherwise(ref: PolicyRef) -> str:
    """The words of the refusal when a policy version comes back with other content."""
    return f"{ref.name} version {ref.version} is already registered with other content: raise it"


def changed_meanwhile(what: str) -> str:
    """The words of a conflict."""
    return f"{what} was changed by somebody else meanwhile: load it again and decide again"


def opened_to_read() -> str:
    """The words of the refusal to write in a transaction that was begun for reading alone."""
    return (
        "connection= was opened for reading alone: begin a transaction that may write, "
        "as engine.transaction() does without write=False"
    )
