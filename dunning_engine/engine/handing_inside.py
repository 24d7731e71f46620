"""Hand-overs inside the engine's own database: in the transaction that arms, by a function of the host's."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from dunning_engine.engine.couriers import outcome_of
from dunning_engine.engine.handovers import RETRY_SECONDS, Fate, Handover
from dunning_engine.kernel.errors import UsageError
from dunning_engine.ports.adapter import Retry, Uncertain, writes_inside
from dunning_engine.ports.store import OutboxState, TransactionEnded

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dunning_engine.kernel.calendar import Instant
    from dunning_engine.ports.adapter import Adapter, Message, Outcome, WritesInside
    from dunning_engine.ports.store import OutboxRow, Store, Transaction


class Written(NamedTuple):
    """What was handed over inside, for the send journal: it is noted when it is kept."""

    message: Message
    fence: int
    outcome: Outcome


@dataclass(slots=True)
class Claims:
    """What a transaction has claimed so far, and what of it was handed over inside."""

    rows: list[OutboxRow] = field(default_factory=list)
    inside: list[Written] = field(default_factory=list)


class _TakenBack(Exception):
    """What was written for a message is not to stay."""

    def __init__(self, why: Retry) -> None:
        super().__init__(why.note)
        self.why = why


def handed_inside(tx: Transaction, message: Message, adapter: Adapter, writer: WritesInside) -> Outcome:
    """Let an adapter write for one message. Where it fails, or says that it did not leave, nothing of it stays.

    Raises:
        TransactionEnded: it has ended the transaction, or tried to: nothing of it may be kept.
    """
    try:
        with tx.lent() as connection:
            said = outcome_of(writer.deliver_inside(message, connection), adapter)
            _stays(said)
    except _TakenBack as taken:
        return taken.why
    except TransactionEnded:
        raise
    except Exception as error:  # noqa: BLE001 - the host's function: whatever it raises, the others go
        return Retry(RETRY_SECONDS, f"the adapter {adapter.name} failed: {type(error).__name__}: {error}", alone=True)
    return said


def _stays(said: Outcome) -> None:
    """Inside a transaction there is no doubt: what is not known to be written is taken back."""
    match said:
        case Retry():
            raise _TakenBack(said)
        case Uncertain(note):
            raise _TakenBack(Retry(RETRY_SECONDS, note))
        case _:
            pass


def kept(tx: Transaction, rows: Iterable[OutboxRow], now: Instant) -> Iterator[Handover]:
    """What was handed over of some claims whose commit was lost, and kept all the same."""
    for row in rows:
        found = tx.row(row.id)
        if found is not None and found.owner == row.owner and found.state in (OutboxState.SENT, OutboxState.BOUNCED):
            yield Handover(row.action, Fate(found.state.value), now, found.note)


def need_database(store: Store, adapters: Iterable[Adapter]) -> None:
    """Raise `UsageError` where an adapter writes into the store's database and it has none."""
    for adapter in adapters:
        name = adapter.name
        if writes_inside(adapter) and not hasattr(store, "engine"):
            raise UsageError(
                f"{name} writes inside the engine's database, and {store!r} has none: "
                "open the engine on SQLite or PostgreSQL"
            )
