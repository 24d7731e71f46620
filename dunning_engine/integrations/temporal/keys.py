"""Keys of debtors: one for each workflow, kept apart from what it locks. Whoever throws it away has erased that."""

from __future__ import annotations

import os
import secrets
from hashlib import sha256
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Column, LargeBinary, MetaData, Table, Text, delete, insert, select
from sqlalchemy.exc import DBAPIError

from dunning_engine.kernel.errors import Conflict, ForeignError, UsageError
from dunning_engine.stores.database import Database
from dunning_engine.stores.failures import told

if TYPE_CHECKING:
    from typing import Any

    from sqlalchemy import Connection

KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12
MASTER_MIN: Final = 32
"""Characters that a master key has at least."""

TENANT: Final = "keys"


class Key(NamedTuple):
    """A secret and the name by which what it locked tells that it was this one."""

    id: str
    secret: bytes


class Keys(Protocol):
    """Where keys are. Safe to be used by several threads and processes."""

    def get(self, name: str) -> Key | None:
        """The key of this name, where there is one."""

    def make(self, name: str) -> Key:
        """The key of this name, made where there is none."""

    def forget(self, name: str) -> bool:
        """Throw a key away for good; whether there was one."""


_TABLE: Final = Table(
    "dunning_keys",
    MetaData(),
    Column("name", Text, primary_key=True),
    Column("id", Text, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
)


class SqlKeys:
    """Keys in a table of a database of its own, each locked with a master key that stands in the environment."""

    def __init__(self, url: str, *, master: str, password: str | None = None) -> None:
        self._master = AESGCM(sha256(_secret(master).encode()).digest())
        self._database = Database(url, password)
        try:
            with self._database.transaction(TENANT, write=True) as connection:
                _TABLE.create(connection, checkfirst=True)
        except BaseException:
            self._database.close()
            raise

    def __repr__(self) -> str:
        return f"<SqlKeys {self._database!r}>"

    def get(self, name: str) -> Key | None:
        with self._database.transaction(TENANT, write=False) as connection:
            return self._found(connection, name)

    def make(self, name: str) -> Key:
        if known := self.get(name):
            return known
        key, nonce = Key(secrets.token_hex(8), secrets.token_bytes(KEY_BYTES)), secrets.token_bytes(NONCE_BYTES)
        sealed = nonce + self._master.encrypt(nonce, key.secret, _bound(name, key.id))
        try:
            with self._database.transaction(TENANT, write=True) as connection:
                _run(connection, insert(_TABLE).values(name=name, id=key.id, sealed=sealed))
        except Conflict:
            return self.make(name)
        return key

    def forget(self, name: str) -> bool:
        with self._database.transaction(TENANT, write=True) as connection:
            return bool(_run(connection, delete(_TABLE).where(_TABLE.c.name == name)).rowcount)

    def compact(self) -> None:
        """Leave nothing of forgotten keys in the files of the database."""
        self._database.compact()

    def close(self) -> None:
        self._database.close()

    def _found(self, connection: Connection, name: str) -> Key | None:
        row = _run(connection, select(_TABLE.c.id, _TABLE.c.sealed).where(_TABLE.c.name == name)).first()
        if row is None:
            return None
        try:
            secret = self._master.decrypt(row.sealed[:NONCE_BYTES], row.sealed[NONCE_BYTES:], _bound(name, row.id))
        except InvalidTag:
            raise ForeignError(f"the keys in {self._database!r} were locked with another master key") from None
        return Key(row.id, secret)


def _run(connection: Connection, statement: Any) -> Any:
    try:
        return connection.execute(statement)
    except DBAPIError as error:
        raise told(error) from error


def _bound(name: str, key_id: str) -> bytes:
    """What a locked key belongs to: under another name it does not open."""
    return f"{key_id} {name}".encode()


def _secret(reference: str) -> str:
    """The master key that `env:NAME` means."""
    prefix, _, name = reference.partition(":")
    if prefix != "env" or not name:
        raise UsageError(
            'a master key does not stand in code or files: pass master="env:NAME" and set the variable NAME'
        )
    secret = os.environ.get(name, "")
    if len(secret) < MASTER_MIN:
        found = "is shorter than" if secret else "is not set; it takes"
        raise UsageError(f"the master key {name} {found} {MASTER_MIN} characters: make one with `openssl rand -hex 32`")
    return secret
