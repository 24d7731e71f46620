"""What stands in histories can be read by nobody but who has the debtor's key: a codec for Temporal's data converter.

Every payload of a debtor's workflow (commands, decisions, messages, images, answers, words of errors) is compressed and
locked with AES-256-GCM. It opens in the workflow that it was made for and in no other.
"""

from __future__ import annotations

import asyncio
import secrets
import threading
import time
import zlib
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from temporalio.api.common.v1 import Payload
from temporalio.converter import (
    DataConverter,
    DefaultFailureConverterWithEncodedAttributes,
    PayloadCodec,
    WithSerializationContext,
)

from dunning_engine.integrations.temporal.keys import NONCE_BYTES
from dunning_engine.kernel.errors import ForeignError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from temporalio.converter import SerializationContext

    from dunning_engine.integrations.temporal.keys import Key, Keys

ENCODING: Final = b"binary/dunning-locked"
REMEMBERED: Final = 10_000
"""Keys that a process remembers at most."""

REMEMBERED_SECONDS: Final = 60.0
"""For how long: this long after a key was thrown away nobody can read what it locked."""


@dataclass
class _Remembered:
    """Keys that were asked for a moment ago."""

    keys: Keys
    clock: Callable[[], float] = time.monotonic
    known: dict[str, tuple[Key, float]] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    async def key(self, name: str, *, make: bool) -> Key | None:
        with self.lock:
            key, until = self.known.get(name, (None, 0.0))
        if key is not None and self.clock() < until:
            return key
        key = await asyncio.to_thread(self.keys.make if make else self.keys.get, name)
        with self.lock:
            self.known.pop(name, None)
            if key is not None:
                while len(self.known) >= REMEMBERED:
                    del self.known[next(iter(self.known))]
                self.known[name] = (key, self.clock() + REMEMBERED_SECONDS)
        return key


class Locked(PayloadCodec, WithSerializationContext):
    """Locks and opens payloads; Temporal says whose they are."""

    def __init__(self, keys: Keys) -> None:
        self._remembered, self._name = _Remembered(keys), ""

    def with_context(self, context: SerializationContext) -> Locked:
        other = object.__new__(Locked)
        other._remembered, other._name = self._remembered, getattr(context, "workflow_id", None) or ""
        return other

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        if not payloads:
            return []
        if not self._name:
            raise UsageError("a payload that belongs to no workflow has no key: use another client for it")
        key = await self._remembered.key(self._name, make=True)
        assert key is not None  # it was made
        return [self._locked(payload, key) for payload in payloads]

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        return [
            await self._opened(payload) if payload.metadata.get("encoding") == ENCODING else payload
            for payload in payloads
        ]

    def _locked(self, payload: Payload, key: Key) -> Payload:
        nonce = secrets.token_bytes(NONCE_BYTES)
        content = AESGCM(key.secret).encrypt(nonce, zlib.compress(payload.SerializeToString(), 1), self._name.encode())
        return Payload(metadata={"encoding": ENCODING, "key": key.id.encode()}, data=nonce + content)

    async def _opened(self, payload: Payload) -> Payload:
        key = await self._remembered.key(self._name, make=False)
        if key is None or key.id.encode() != payload.metadata["key"]:
            raise ForeignError(f"what the history of {self._name!r} holds was erased: its key is thrown away")
        try:
            content = AESGCM(key.secret).decrypt(
                payload.data[:NONCE_BYTES], payload.data[NONCE_BYTES:], self._name.encode()
            )
        except InvalidTag:
            raise ForeignError(f"a payload in the history of {self._name!r} is not what was written") from None
        return Payload.FromString(zlib.decompress(content))


def locked(keys: Keys, converter: DataConverter = DataConverter.default) -> DataConverter:
    """A data converter for clients and workers of a fleet: `Client.connect(…, data_converter=locked(keys))`."""
    return replace(
        converter,
        payload_codec=Locked(keys),
        failure_converter_class=DefaultFailureConverterWithEncodedAttributes,
    )
