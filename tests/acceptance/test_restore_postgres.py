"""PostgreSQL that is put back from a backup: nothing is sent again without a person's word, and the word counts."""

from __future__ import annotations

import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any

import pytest

from dunning_engine.domain.case import fold
from dunning_engine.domain.deliveries import DeliveryState
from dunning_engine.domain.events import PaymentReceived
from dunning_engine.domain.parties import Channel, Party
from dunning_engine.domain.receivables import Invoice
from dunning_engine.engine.clocks import FixedClock
from dunning_engine.engine.engine import DunningEngine
from dunning_engine.engine.loading import policy_of
from dunning_engine.kernel.calendar import DAY_SECONDS
from dunning_engine.kernel.money import Money
from dunning_engine.ports.adapter import Capability, Message, Outcome, Sent, Uncertain
from dunning_engine.testing.invariants import Evidence, violations
from dunning_engine.testing.postgres import PostgresServer

POLICY = policy_of(
    """
policy: shop
version: 1
title: "A shop"
law: []
applies_to: [currency is EUR]
time: {zone: Europe/Berlin, business_days: none, send_at: "10:00"}
contact_limits: [1 contact per day per debtor]
steps:
  - step: reminder
    when: 3 days after due
    send: email reminder
  - step: warning
    when: 5 days after reminder
    send: sms warning
  - step: last
    when: 5 days after warning
    send: email last
""",
    "shop.yaml",
)
DAYS = 16


class _CrashError(BaseException):
    """The machine dies here."""


class World:
    """What is outside of the database: who got what, what day it is, and the journal on another disk."""

    name, capability = "world", Capability.NONE
    handles = frozenset({Channel.EMAIL, Channel.SMS})

    def __init__(self, server: PostgresServer, database: str, folder: Path) -> None:
        self.server, self.database, self.journal = server, database, folder / "dunning.sends"
        self.clock, self.luck = FixedClock("2026-03-01"), Random(folder.name)
        self.got: Counter[str] = Counter()
        self.answer: Callable[[Message], Outcome] = self._mostly
        self.folder = folder

    def _mostly(self, message: Message) -> Outcome:
        return Uncertain("no answer") if self.luck.random() < 0.2 else Sent(message.action_id)

    def deliver(self, message: Message, *, seconds: float) -> Outcome:
        assert seconds > 0
        self.got[message.action_id] += 1
        return self.answer(message)

    def render(self, action: Any, *_: Any, **_more: Any) -> Any:
        return SimpleNamespace(subject="", text=action.spec.name, language="en")

    @contextmanager
    def engine(self, **settings: Any) -> Iterator[DunningEngine]:
        known: dict[str, Any] = {"journal": self.journal, "clock": self.clock, "adapters": [self], "renderer": self}
        url = self.server.url(self.database)
        with DunningEngine.open(url, policies=[POLICY], **{**known, **settings}) as engine:
            yield engine

    def opens(self, engine: DunningEngine, count: int = 6) -> None:
        for number in range(count):
            debtor = Party.consumer(f"d{number}", email="d@example.com", phone="+4930123456", zone="Europe/Berlin")
            invoice = Invoice(f"INV-{number}", Money("50.00", "EUR"), due=f"2026-03-{number % 4 + 1:02}")
            engine.open_case(debtor, [invoice], "shop")

    def lives(self, engine: DunningEngine, days: int) -> list[str]:
        done = []
        for _ in range(days):
            self.clock.move_to(self.clock.now() + DAY_SECONDS)
            engine.advance()
            done += [handover.fate.value for handover in engine.dispatch()]
        return done

    # Backups: a copy that the server makes of a database that rests, and a dump of one that works -----------------------

    def copies(self, to: str) -> None:
        self.server.run(f"CREATE DATABASE {to} TEMPLATE {self.database}")

    def puts_back(self, copy: str) -> None:
        self.server.run(
            f"DROP DATABASE {self.database} WITH (FORCE)", f"ALTER DATABASE {copy} RENAME TO {self.database}"
        )

    def dumps(self, to: Path) -> None:
        self._tool("pg_dump", "--format=custom", f"--file={to}", self.server.url(self.database))

    def loads(self, dump: Path) -> None:
        self.server.run(f"DROP DATABASE {self.database} WITH (FORCE)", f"CREATE DATABASE {self.database}")
        self._tool("pg_restore", "--exit-on-error", f"--dbname={self.server.url(self.database)}", str(dump))

    def _tool(self, name: str, *words: str) -> None:
        done = subprocess.run([self.server.tool(name), *words], capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stderr

    def in_order(self, engine: DunningEngine) -> bool:
        """What cannot be in order after a restore is the journal of effects; everything in the store is."""
        store: Any = engine._store
        with store.transaction() as tx:
            found = list(violations(Evidence.read(tx, [POLICY])))
        return found == [] and all(fold(case.id, engine.history(case.id)) == case for case in engine.cases())


@pytest.fixture
def world(postgres_server: PostgresServer, postgres_database: str, tmp_path: Path) -> World:
    return World(postgres_server, postgres_database, tmp_path)


@pytest.mark.parametrize("day", [4, 9])
@pytest.mark.parametrize("how", ["copy", "dump"])
def test_a_backup_that_is_put_back_sends_nothing_again(world: World, how: str, day: int) -> None:
    """A backup of some day, weeks of life, the database is lost: the backup knows nothing of what left since."""
    copy, dump = f"{world.database}_backup", world.folder / "backup.dump"
    with world.engine() as engine:
        world.opens(engine)
        world.lives(engine, day)
    known = set(world.got)
    if how == "copy":
        world.copies(copy)
    else:
        world.dumps(dump)
    with world.engine() as engine:
        world.lives(engine, DAYS - day)
    forgotten = set(world.got) - known
    assert forgotten
    if how == "copy":
        world.puts_back(copy)
    else:
        world.loads(dump)

    with world.engine() as engine:
        before = Counter(world.got)
        assert world.lives(engine, 1) == []
        state = engine.store_state()
        assert "older than its send journal" in state.halted
        assert {left.action_id for left in (*state.sent, *state.in_doubt)} >= forgotten
        assert world.got == before
    with world.engine() as engine:  # another process comes to the same, until somebody says so
        assert world.lives(engine, 1) == []
        engine.resume_store(epoch=state.next_epoch, decide="hold", by="Ida Moor")
        assert world.got == before
        world.lives(engine, 2 * DAYS)
        assert set(world.got.values()) == {1}
        assert world.in_order(engine)


@pytest.mark.parametrize(("decide", "times", "state"), [("hold", 1, "uncertain"), ("resend", 2, "sent")])
def test_what_is_in_doubt_goes_by_the_word_of_an_operator(world: World, decide: str, times: int, state: str) -> None:
    """The machine died with a reminder on its way: it goes once more only where that is the word; what went, never."""
    copy = f"{world.database}_backup"

    def dies(message: Message) -> Outcome:
        if len(world.got) == 3:
            raise _CrashError
        return Sent(message.action_id)

    world.answer = dies
    with world.engine() as engine:
        world.opens(engine, 3)
        world.lives(engine, 2)
    world.copies(copy)
    with pytest.raises(_CrashError), world.engine() as engine:
        world.lives(engine, DAYS)
    (in_doubt,) = list(world.got)[-1:]
    sent = set(world.got) - {in_doubt}
    world.answer = lambda message: Sent(message.action_id)
    world.puts_back(copy)

    with world.engine() as engine:
        world.clock.move_to(world.clock.now() + DAY_SECONDS)
        engine.advance()
        assert engine.dispatch() == []
        told = engine.store_state()
        assert [left.action_id for left in told.in_doubt] == [in_doubt]
        assert {left.action_id for left in told.sent} == sent
        engine.resume_store(epoch=told.next_epoch, decide=decide, by="Ida Moor")
        world.lives(engine, 2)
        assert world.got[in_doubt] == times
        assert {world.got[action] for action in sent} == {1}
        deliveries = {action: one.state for case in engine.cases() for action, one in case.deliveries.items()}
        assert deliveries[in_doubt] is DeliveryState(state)
        assert {deliveries[action] for action in sent} == {DeliveryState.SENT}
        assert world.in_order(engine)


def test_a_backup_is_taken_while_others_write(world: World) -> None:
    """A dump of a database at work is whole: cases are what their events say, and the chain holds."""
    dump = world.folder / "backup.dump"
    with world.engine() as engine:
        world.opens(engine)
        world.lives(engine, 3)
        with engine.transaction() as connection:
            fact = PaymentReceived(Money("1.00", "EUR"), source="bank", event_id="p1")
            engine.record("d1/EUR", fact, connection=connection)
            world.dumps(dump)
        world.lives(engine, 3)
    world.loads(dump)

    with world.engine(journal=False) as engine:
        assert len(engine.cases()) == 6
        assert all(not isinstance(r.event, PaymentReceived) for r in engine.history("d1/EUR"))
        assert world.in_order(engine)
