"""PostgreSQL as this library uses it, through psycopg 3: many connections, and locks on the debtors of what is changed."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import create_engine

from dunning_engine.kernel.errors import UsageError
from dunning_engine.stores.prepared import Line

if TYPE_CHECKING:
    from sqlalchemy import URL, Connection, Engine

    from dunning_engine.kernel.calendar import Instant

ROOM: Final = 0
"""What changes is written anew elsewhere, so room to grow would be waste."""

FAR: Final = True
"""A statement is a round trip to another process, if not to another machine."""

WAIT_SECONDS: Final = 30
"""How long a thread waits for a connection, and a statement for a lock."""

IDLE_SECONDS: Final = 300
"""After this long without a statement the database ends a transaction, so that a stopped process lets go of its locks."""

CONNECTIONS: Final = 20

READ_ONLY: Final = "postgresql_readonly"
"""SQLAlchemy's own execution option of a connection whose transactions do not write."""

TENANT: Final = "dunning.tenant"
"""The setting of a transaction that row-level security compares with."""

STANDING_ORDERS: Final = "hashtextextended('dunning standing orders of ' || %s, 0)"
"""What is locked together by all who write, and alone by whoever gives or ends a standing order."""

CLOCK: Final = "extract(epoch FROM clock_timestamp())::float8"

TOLD: Final = "dunning_time"
"""Under which name a connection remembers what time it was in the database, and by our own steady clock."""

READ: Final = f"SELECT set_config('{TENANT}', %s, true), {CLOCK}"

STEPWISE: Final = ", ".join(
    f"set_config('enable_{way}', 'off', true)" for way in ("hashjoin", "mergejoin", "bitmapscan", "sort")
)
"""What is written is found by its keys, in the order of an index: a planner that joins whole tables reads every debtor to
lock a thousand, and one that sorts reads all that is due to claim one of it."""

WRITE: Final = (
    f"SELECT set_config('{TENANT}', %s, true), set_config('lock_timeout', '{WAIT_SECONDS}s', true), "
    f"set_config('idle_in_transaction_session_timeout', '{IDLE_SECONDS}s', true), {STEPWISE}, "
    f"pg_advisory_xact_lock_shared({STANDING_ORDERS}), {CLOCK}"
)

JOIN: Final = f"SELECT current_setting('{TENANT}', true), set_config('{TENANT}', %s, true)"

JOIN_TO_WRITE: Final = f"{JOIN}, pg_advisory_xact_lock_shared({STANDING_ORDERS})"


def engine_of(url: URL, *, write: bool = True) -> Engine:  # noqa: ARG001 - each transaction says it
    """A SQLAlchemy engine with a pool of connections."""
    try:
        return create_engine(
            url.set(drivername="postgresql+psycopg"),
            paramstyle="format",
            hide_parameters=True,
            isolation_level="READ COMMITTED",
            pool_size=5,
            max_overflow=CONNECTIONS - 5,
            pool_timeout=WAIT_SECONDS,
            connect_args={"connect_timeout": 10},
        )
    except ImportError as error:
        raise UsageError("PostgreSQL needs psycopg: pip install 'dunning-engine[postgres]'") from error


def dispose(engine: Engine) -> None:
    """Close what is in the pool."""
    engine.dispose()


def options(*, write: bool) -> dict[str, Any]:
    """How a connection is opened: who only reads sees everything as it was at one instant."""
    return {} if write else {"isolation_level": "REPEATABLE READ", READ_ONLY: True}


def begin(connection: Connection, tenant: str, *, write: bool) -> None:
    """The first statement of a transaction of our own."""
    connection.begin()
    ((*_set, told),) = Line(connection).first(*((WRITE, (tenant, tenant)) if write else (READ, (tenant,))))
    connection.info[TOLD] = (told, monotonic())


def commits_by_itself(connection: Connection) -> bool:
    """Whether the driver is told to begin no transactions, and nobody has begun one by hand."""
    driver: Any = connection.connection.driver_connection
    return bool(driver.autocommit and not driver.info.transaction_status)


def taken_back(connection: Connection) -> bool:
    """Whether a statement failed, after which a COMMIT is a ROLLBACK without an error; the driver knows without asking."""
    from psycopg.pq import TransactionStatus

    driver: Any = connection.connection.driver_connection
    return bool(driver.info.transaction_status == TransactionStatus.INERROR)


def join(connection: Connection, tenant: str, *, write: bool) -> str:
    """The first statement of our part of a host's transaction; whose part it was before."""
    before = connection.exec_driver_sql(*((JOIN_TO_WRITE, (tenant, tenant)) if write else (JOIN, (tenant,))))
    return before.one()[0] or ""


def leave(connection: Connection, tenant: str, before: str) -> None:
    """The end of our part, inside of a part of another tenant's."""
    if before not in ("", tenant):
        connection.exec_driver_sql(READ, (before,))


def change_orders(connection: Connection, tenant: str) -> None:
    """Wait for all who decide under the standing orders as they are, and let nobody begin to."""
    connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({STANDING_ORDERS})", (tenant,))


def time(connection: Connection) -> Instant:
    """The database's clock, which all workers share."""
    if connection.in_nested_transaction():  # a host's, of which we know no beginning
        return int(connection.exec_driver_sql(f"SELECT {CLOCK}").scalar_one())
    told, since = connection.info[TOLD]
    return int(told + monotonic() - since)


def compact(engine: Engine) -> None:
    """Write the tables that held personal data anew, each under a lock of its own; the server's own log is its keeper's."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for table in ("personal", "cases", "outbox", "orders"):
            connection.exec_driver_sql(f"VACUUM (FULL) dunning_{table}")


def before_upgrade(connection: Connection) -> None:
    """Let one process bring the tables up to date, the others wait for it."""
    connection.exec_driver_sql("SELECT pg_advisory_xact_lock(hashtextextended('dunning tables', 0))")
