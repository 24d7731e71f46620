"""A store as it was before there was a chain."""

from __future__ import annotations

from sqlalchemy import delete, update

from dunning_engine.ports.codec import encode_event
from dunning_engine.stores.kept import forgetting
from dunning_engine.stores.tables import cases, events, personal


def unsealed(tx) -> None:
    """Write every event of every case as earlier versions did: whole, and without a hash."""
    with forgetting(tx.connection):
        for held in tx.cases():
            for recorded in tx.history(held.case.id):
                one = (events.c.case_id == held.case.id) & (events.c.seq == recorded.seq)
                body = encode_event(recorded.event).body
                tx.connection.execute(update(events).where(one).values(body=body, hash=None))
    tx.connection.execute(delete(personal))
    tx.connection.execute(update(cases).values(head=None))
