"""The adapter port: how a cleared action leaves the house, and what comes back."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, TypeGuard, runtime_checkable

from dunning_engine.ports.documents import Document

if TYPE_CHECKING:
    from collections.abc import Callable

    from dunning_engine.domain.actions import ProposedAction
    from dunning_engine.domain.parties import Channel, Party
    from dunning_engine.kernel.calendar import Instant


class Capability(Enum):
    """What the receiver can do about an action that is handed over twice."""

    DEDUPE = "dedupe"
    """It recognises the key of a message: handing over again is harmless."""
    LOOKUP = "lookup"
    """It can be asked whether an action arrived."""
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A rendered action: `text` is what the debtor or agent reads, `subject` only where the channel has one.

    `key` is what the receiver should recognise a second hand-over by. The same bytes are handed over on every attempt
    under it, those of `attachments` too; `lacking` names what should have gone along and could not. `obligations` are
    the items that the law wants said, which the text holds.
    """

    action_id: str
    action: ProposedAction
    debtor: Party
    sender: Party | None
    at: Instant
    text: str
    subject: str = ""
    language: str = "en"
    attachments: tuple[Document, ...] = ()
    lacking: tuple[str, ...] = ()
    obligations: tuple[str, ...] = ()
    recipient: Party | None = None
    """Who receives it, where that is not the debtor."""
    rendering: int = 1
    """Grows where what is said has changed since an attempt that certainly did not leave."""
    seal: str = ""
    """Random bits that keep a hash of the message from being guessed; no part of what is said."""

    @property
    def key(self) -> str:
        """The identity of the action; from the second rendering on with its number behind a dot."""
        return self.action_id if self.rendering == 1 else f"{self.action_id}.{self.rendering}"

    @property
    def receiver(self) -> Party:
        """Whose name and addresses an adapter uses."""
        return self.recipient or self.debtor


@dataclass(frozen=True, slots=True)
class Sent:
    """The receiver took it; `delivered` where that is proof that it reached the debtor."""

    reference: str = ""
    delivered: bool = False


@dataclass(frozen=True, slots=True)
class Bounced:
    """It did not and will not reach the debtor by this way."""

    note: str


@dataclass(frozen=True, slots=True)
class Retry:
    """It certainly did not leave; try again no sooner than after some seconds.

    `alone` where that says nothing about the next action: this address is asked to wait, the receiver is well.
    """

    after: int
    note: str
    alone: bool = False


@dataclass(frozen=True, slots=True)
class Uncertain:
    """It may have left: nobody can tell."""

    note: str


Outcome: TypeAlias = Sent | Bounced | Retry | Uncertain


@dataclass(frozen=True, slots=True)
class Withheld:
    """It did not leave, because it was asked last of all whether it may still go, and it may not."""


class Adapter(Protocol):
    """Hands actions over. It never raises for what the far side does: that is an outcome."""

    @property
    def name(self) -> str:
        """The name that reasons and outbox rows show."""

    @property
    def handles(self) -> frozenset[Channel | str]:
        """The channels it serves, and `"agency"` where it takes hand-offs."""

    @property
    def capability(self) -> Capability:
        """What happens to a second hand-over of the same action."""

    def deliver(self, message: Message, *, seconds: float) -> Outcome:
        """Hand a message over within some seconds."""


# What some adapters can do besides ------------------------------------------------------------------------------------


@runtime_checkable
class AsksLast(Protocol):
    """Between the call and the first byte that cannot be taken back time passes: the adapter asks once more before it."""

    def deliver_asking(self, message: Message, *, seconds: float, may_go: Callable[[], bool]) -> Outcome | Withheld:
        """`deliver`, but `Withheld` where `may_go` says no; it is asked once, just before the point of no return."""


@runtime_checkable
class LooksUp(Protocol):
    """What `Capability.LOOKUP` promises."""

    def lookup(self, key: str, *, seconds: float) -> Outcome:
        """What became of a message: `Sent` or `Bounced` where the receiver has it, `Retry` where it certainly has not."""


@runtime_checkable
class KeysExpire(Protocol):
    """A receiver that forgets after a while which actions it knew."""

    @property
    def key_ttl(self) -> int:
        """For how many seconds from the first hand-over it recognises an action."""


@runtime_checkable
class HasEndpoints(Protocol):
    """One adapter for several receivers, of which one may fail while the others are well."""

    def endpoint(self, action: ProposedAction) -> str:
        """The name of the receiver of an action."""


@runtime_checkable
class AtOnce(Protocol):
    """An adapter that waits for nobody, no receiver and no other process: it is called in the thread that hands over.

    That spares two changes of threads for each action, and the deadline with them: one that waits all the same holds up
    its worker.
    """

    @property
    def at_once(self) -> bool:
        """Whether it is so."""


@runtime_checkable
class WritesInside(Protocol):
    """An adapter that hands over by writing into the engine's own database, in the transaction that arms and receives.

    What it writes is there exactly once or not at all, together with its receipt; nothing leaves the house by it, so it
    needs no lease, no key that a receiver recognises, and no line in the send journal. Many go in one transaction.
    """

    def deliver_inside(self, message: Message, connection: Any) -> Outcome:
        """Write through the transaction's connection (SQLAlchemy's); what it raises takes everything back."""


def asks_last(adapter: Adapter) -> TypeGuard[AsksLast]:
    """`isinstance` of a protocol, as fast as what is asked for each action has to be; so are the others."""
    return hasattr(adapter, "deliver_asking")


def has_endpoints(adapter: Adapter) -> TypeGuard[HasEndpoints]:
    """Whether it speaks for several receivers."""
    return hasattr(adapter, "endpoint")


def writes_inside(adapter: Adapter) -> TypeGuard[WritesInside]:
    """Whether it writes into the engine's own database."""
    return hasattr(adapter, "deliver_inside")


def is_at_once(adapter: Adapter) -> bool:
    """Whether it waits for nobody."""
    return bool(getattr(adapter, "at_once", False))
