from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import IntegrityError

from dunning_engine.domain.events import HostFact
from dunning_engine.domain.orders import Scope, StandingOrder
from dunning_engine.kernel.errors import Conflict, ForeignError, UsageError
from dunning_engine.ports.store import OutboxState, StoredPolicy
from dunning_engine.stores.kept import forgetting
from dunning_engine.stores.sql import SqlStore, SqlTransaction
from dunning_engine.testing.postgres import PostgresServer
from dunning_engine.testing.store_samples import NOON, POLICY, opened, row, save, stepped


@pytest.fixture
def store(postgres_url: str) -> Iterator[SqlStore]:
    store = SqlStore(postgres_url)
    with store.transaction() as tx:
        tx.register(StoredPolicy(POLICY, ""))
    yield store
    store.close()


class Meanwhile(threading.Thread):
    """What another thread does in a transaction of its own; `failure` is what it ran into."""

    def __init__(self, store: SqlStore, act: Callable[[SqlTransaction], object]) -> None:
        super().__init__()
        self.store, self.act = store, act
        self.result: object = None
        self.failure: Exception | None = None
        self.start()

    def run(self) -> None:
        try:
            with self.store.transaction() as tx:
                self.result = self.act(tx)
        except Exception as error:  # noqa: BLE001 - the test looks at it
            self.failure = error

    def ended(self) -> object:
        self.join(20)
        assert not self.is_alive()
        if self.failure is not None:
            raise self.failure
        return self.result


def _waits(store: SqlStore, thread: Meanwhile) -> None:
    """Come back as soon as the database says that some transaction waits for a lock."""
    waiting = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
    with store.engine.connect() as connection:
        while thread.is_alive() and not connection.execute(waiting).scalar_one():
            thread.join(0.01)


# Side by side ---------------------------------------------------------------------------------------------------------


def test_two_who_claim_at_once_get_different_rows(store: SqlStore) -> None:
    """Nobody waits for whom another serves: it is passed over, with every other action of its debtor."""
    save(store, opened(), opened("bob/USD", "bob"))
    with store.transaction() as tx:
        bobs = row("first", "bob/USD")
        bobs = replace(bobs, action=replace(bobs.action, debtor_id="bob"))
        tx.put([row("first"), row("second"), bobs])

    with store.transaction() as tx:
        assert tx.claim(NOON, NOON) == row("first")
        assert Meanwhile(store, lambda other: other.claim(NOON, NOON)).ended() == bobs
        assert Meanwhile(store, lambda other: (other.claim(NOON, NOON), other.claim(NOON, NOON))).ended() == (
            bobs,
            bobs,
        )


def test_what_is_due_passes_over_a_debtor_under_change(store: SqlStore) -> None:
    """Two who advance share the work; a debtor's cases stay together."""
    save(store, opened(), opened("ann/EUR"), opened("bob/USD", "bob"))

    with store.transaction() as tx:
        assert tx.case("ann/EUR") is not None
        due = Meanwhile(store, lambda other: [held.case.id for held in other.due(NOON, 10)])
        assert due.ended() == ["bob/USD"]


def test_a_case_under_change_is_waited_for(store: SqlStore) -> None:
    """Who asks for one case gets it as it is after the change, not as it was."""
    case = save(store, opened())
    with store.transaction() as tx:
        tx.case(case.id)
        waiting = Meanwhile(store, lambda other: other.case(case.id))
        _waits(store, waiting)
        tx.save([stepped(case, HostFact("vip", "true"), next_look=NOON + 60)])
    held = waiting.ended()

    assert held is not None
    assert (held.case.seq, held.next_look) == (case.seq + 1, NOON + 60)


def test_a_debtors_other_cases_are_waited_for_too(store: SqlStore) -> None:
    """Limits count over all cases of a debtor: who changes one keeps the others from counting meanwhile."""
    save(store, opened(), opened("ann/EUR"))
    with store.transaction() as tx:
        tx.case("ann/USD")
        waiting = Meanwhile(store, lambda other: other.cases(debtor_id="ann"))
        _waits(store, waiting)
        assert waiting.is_alive()
    assert len(waiting.ended()) == 2


def test_a_reader_waits_for_nobody(store: SqlStore) -> None:
    """What is under change is shown as it was before."""
    case = save(store, opened())
    with store.transaction() as tx:
        tx.save([stepped(case, HostFact("vip", "true"))])
        seen: list[int] = []

        def look() -> None:
            with store.transaction(write=False) as other:
                seen.extend(held.case.seq for held in other.cases())

        thread = threading.Thread(target=look)
        thread.start()
        thread.join(20)
        assert seen == [case.seq]


def test_an_order_waits_for_whoever_decides_without_it(store: SqlStore) -> None:
    """After a pause was committed nothing is armed by somebody who had not heard of it."""
    with store.transaction() as tx:
        assert tx.orders() == []
        waiting = Meanwhile(store, lambda other: other.order(StandingOrder(Scope.EVERYTHING, "", "eve", "x", NOON)))
        _waits(store, waiting)
        assert waiting.is_alive()
    waiting.ended()

    with store.transaction() as tx:
        assert len(tx.orders()) == 1


def test_two_in_each_others_way_are_told_to_begin_again(store: SqlStore) -> None:
    """PostgreSQL takes one of them back: a conflict like any other."""
    save(store, opened(), opened("bob/USD", "bob"))
    together = threading.Barrier(2)

    def both(first: str, second: str) -> Callable[[SqlTransaction], object]:
        def act(tx: SqlTransaction) -> object:
            tx.case(first)
            together.wait()
            return tx.case(second)

        return act

    threads = [Meanwhile(store, both("ann/USD", "bob/USD")), Meanwhile(store, both("bob/USD", "ann/USD"))]
    for thread in threads:
        thread.join(20)
    (failure,) = (thread.failure for thread in threads if thread.failure is not None)
    assert isinstance(failure, Conflict)
    assert "begin it again" in str(failure)


def test_the_same_outside_event_twice_at_once_is_a_conflict(store: SqlStore) -> None:
    """The second waits for the first, and learns when it is called again that the event is known."""
    with store.transaction() as tx:
        assert tx.receive("bank", "tx-1", "digest")
        second = Meanwhile(store, lambda other: other.receive("bank", "tx-1", "digest"))
        _waits(store, second)
    with pytest.raises(Conflict, match="somebody else has written the same"):
        second.ended()

    with store.transaction() as tx:
        assert not tx.receive("bank", "tx-1", "digest")


# What the database refuses --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "statement",
    ["UPDATE dunning_events SET body = '{}'", "DELETE FROM dunning_events", "TRUNCATE dunning_events CASCADE"],
)
def test_events_are_never_changed(store: SqlStore, statement: str) -> None:
    """The database itself refuses to change or forget what happened."""
    save(store, opened())

    with pytest.raises(IntegrityError, match="events are never changed"), store.transaction() as tx:
        tx.connection.execute(text(statement))


def test_what_the_law_wants_forgotten_may_go(store: SqlStore) -> None:
    """Inside the switch events can be changed and deleted, after it they are kept as before."""
    save(store, opened())
    with store.transaction() as tx:
        tx.forget("ann")
        with forgetting(tx.connection):
            tx.connection.execute(text("UPDATE dunning_events SET body = '{}' WHERE seq = 2"))
            tx.connection.execute(text("DELETE FROM dunning_events WHERE seq = 1"))
        assert tx.connection.execute(text("SELECT seq, body FROM dunning_events")).all() == [(2, "{}")]

    with pytest.raises(IntegrityError, match="events are never changed"), store.transaction() as tx:
        tx.connection.execute(text("DELETE FROM dunning_events"))


def test_what_is_refused_is_told_without_what_was_to_be_written(store: SqlStore) -> None:
    """The database's own words, without the details that may be about people."""
    broken = replace(row("reminder"), note=None)  # type: ignore[arg-type]
    save(store, opened())

    with pytest.raises(ForeignError, match='null value in column "note"') as refused, store.transaction() as tx:
        tx.put([broken])
    assert "ann" not in str(refused.value)


# Connections ----------------------------------------------------------------------------------------------------------


def _cut(server: PostgresServer, database: str) -> None:
    server.run(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{database}'")


def test_a_connection_that_died_in_the_pool_is_replaced(
    store: SqlStore, postgres_server: PostgresServer, postgres_database: str
) -> None:
    """Nothing was done on it yet, so that nobody has to be told."""
    _cut(postgres_server, postgres_database)

    with store.transaction() as tx:
        assert tx.cases() == []


def test_a_connection_that_dies_on_the_way_is_told(
    store: SqlStore, postgres_server: PostgresServer, postgres_database: str
) -> None:
    """What was begun is gone, and the next transaction works."""

    def lose() -> None:
        with store.transaction() as tx:
            tx.save([opened()])
            _cut(postgres_server, postgres_database)
            tx.cases()

    with pytest.raises(ForeignError, match="the connection to the database is lost"):
        lose()
    with store.transaction() as tx:
        assert tx.cases() == []


def test_a_commit_that_is_lost_may_have_been_kept(
    store: SqlStore, postgres_server: PostgresServer, postgres_database: str
) -> None:
    """That nobody knows is what is said; the same call again does it once."""

    def lose() -> None:
        with store.transaction() as tx:
            tx.save([opened()])
            tx.flush()
            _cut(postgres_server, postgres_database)

    with pytest.raises(ForeignError, match="it may be kept or not: the same call once more is harmless"):
        lose()


def test_a_server_that_is_not_there_is_told_without_the_password() -> None:
    """Where it was looked for, and the driver's words."""
    with pytest.raises(ForeignError, match="cannot be opened") as refused:
        SqlStore("postgresql://me:secret@127.0.0.1:1/dunning?application_name=secret")

    assert "secret" not in str(refused.value)


def test_the_password_is_never_shown(postgres_url: str) -> None:
    """Neither in the repr of the store nor by the address that it gives."""
    store = SqlStore(postgres_url.replace("postgres:@", "postgres:secret@"))
    store.close()

    assert "secret" not in repr(store) + repr(store.engine.url) + str(store.engine.url)
    assert repr(store).startswith("<SqlStore postgresql+psycopg://postgres")
    assert repr(store.of("acme")).endswith(" of acme>")


def test_a_role_that_may_not_make_tables_is_told(postgres_server: PostgresServer) -> None:
    """Somebody else has to bring the tables up to date first."""
    postgres_server.run("CREATE ROLE reader LOGIN")
    with postgres_server.database() as name, pytest.raises(ForeignError, match="permission denied for schema public"):
        SqlStore(postgres_server.url(name, user="reader"))


def test_without_psycopg_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """The driver is an extra."""
    monkeypatch.setitem(sys.modules, "psycopg", None)

    with pytest.raises(UsageError, match=r"pip install 'dunning-engine\[postgres\]'"):
        SqlStore("postgresql://localhost/dunning")


def test_waits_and_idle_transactions_have_an_end(store: SqlStore) -> None:
    """A process that stands still does not hold its debtors for ever."""
    with store.transaction() as tx:
        asked = {
            name: tx.connection.execute(text(f"SHOW {name}")).scalar_one()
            for name in ("lock_timeout", "idle_in_transaction_session_timeout", "transaction_isolation")
        }
    with store.transaction(write=False) as tx:
        read_only = tx.connection.execute(text("SHOW transaction_read_only")).scalar_one()

    assert asked == {
        "lock_timeout": "30s",
        "idle_in_transaction_session_timeout": "5min",
        "transaction_isolation": "read committed",
    }
    assert read_only == "on"


# With the host --------------------------------------------------------------------------------------------------------


@pytest.fixture
def host(postgres_url: str) -> Iterator:
    """An application with a table of its own in the same database, and its own way of connecting."""
    engine = create_engine(postgres_url.replace("postgresql:", "postgresql+psycopg:"))
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE ledger (id TEXT)"))
    yield engine
    engine.dispose()


def _both(host) -> tuple[int, int]:
    with host.connect() as connection:
        ledger = connection.execute(text("SELECT count(*) FROM ledger")).scalar_one()
        return ledger, connection.execute(text("SELECT count(*) FROM dunning_cases")).scalar_one()


def test_a_hosts_own_transaction_carries_our_events(store: SqlStore, host) -> None:
    """The host's row and our events commit together, on the host's own engine."""
    with host.begin() as connection:
        connection.execute(text("INSERT INTO ledger VALUES ('tx-9')"))
        with store.transaction(connection) as tx:
            tx.save([opened()])

    assert _both(host) == (1, 1)


def test_a_host_that_rolls_back_takes_our_events_with_it(store: SqlStore, host) -> None:
    """Whoever began."""

    def fail() -> None:
        with host.begin() as connection:
            with store.transaction(connection) as tx:
                tx.save([opened()])
            connection.execute(text("INSERT INTO ledger VALUES ('tx-9')"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert _both(host) == (0, 0)


def test_what_is_refused_leaves_the_host_its_transaction(store: SqlStore, host) -> None:
    """Our part is a savepoint: the host goes on after our error, which PostgreSQL alone would not allow."""
    save(store, opened())
    with host.begin() as connection:
        with pytest.raises(ForeignError), store.transaction(connection) as tx:
            tx.put([replace(row("reminder"), note=None)])  # type: ignore[arg-type]
        connection.execute(text("INSERT INTO ledger VALUES ('tx-9')"))

    assert _both(host) == (1, 1)


def test_several_tenants_take_part_in_one_transaction(store: SqlStore, host) -> None:
    """Each sees its own, and after an inner part the outer one goes on as before."""
    other = store.of("acme")
    with other.transaction() as tx:
        tx.register(StoredPolicy(POLICY, ""))
    with host.begin() as connection, store.transaction(connection) as ours:
        with other.transaction(connection) as theirs:
            theirs.save([opened("bob/USD", "bob")])
        ours.save([opened()])
        assert connection.execute(text("SELECT current_setting('dunning.tenant')")).scalar_one() == "default"
        assert [held.case.id for held in ours.cases()] == ["ann/USD"]

    assert _both(host) == (0, 2)


def test_an_armed_action_of_one_tenant_does_not_hold_up_anothers(store: SqlStore) -> None:
    """The same case and action identity, armed by both."""
    for tenant in (store, store.of("acme")):
        with tenant.transaction() as tx:
            tx.register(StoredPolicy(POLICY, ""))
            tx.save([opened()])
            tx.put([row("reminder")])
            claimed = tx.claim(NOON, NOON)
            assert claimed is not None
            tx.arm(replace(claimed, state=OutboxState.ARMED, next_at=NOON + 120, fence=1), fence=0)
