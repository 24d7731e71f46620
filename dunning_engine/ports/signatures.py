"""Signed messages between systems, as Standard Webhooks 1.0 has them: `v1`, HMAC-SHA256 over id, time and bytes.

The same on the way out (`adapters.webhook`) and on the way in (`engine.inbound`). Several secrets let one be replaced
while both are in use. What is signed are the bytes as they travelled, not what they were read to.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from dunning_engine.kernel.errors import ForeignError, UsageError

TOLERANCE: Final = 300
"""Seconds by which the clock of a sender may differ from ours, either way."""

KEY_BYTES: Final = range(24, 65)

PREFIX: Final = "whsec_"


class Forged(ForeignError):
    """A message that nobody signed who holds the secret, or not for now."""


@dataclass(frozen=True, slots=True)
class Secret:
    """A key of 24 to 64 bytes that sender and receiver share; it never shows itself."""

    key: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.key) not in KEY_BYTES:
            raise UsageError(f"a webhook's secret has 24 to 64 bytes, this one {len(self.key)}: make another")

    @classmethod
    def of(cls, text: str) -> Secret:
        """The key of its usual form, `whsec_` and Base64."""
        try:
            return cls(base64.b64decode(text.removeprefix(PREFIX), validate=True))
        except binascii.Error:
            raise UsageError("a webhook's secret is whsec_ and Base64: this is not") from None


def sign(secret: Secret, message_id: str, at: int, body: bytes) -> str:
    """The signature of a message that is sent at an instant."""
    told = f"{message_id}.{at}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(secret.key, told, hashlib.sha256).digest()).decode("ascii")


def headers_of(secrets: Sequence[Secret], message_id: str, at: int, body: bytes) -> dict[str, str]:
    """The three headers of a message, with a signature for each secret."""
    signatures = " ".join(sign(secret, message_id, at, body) for secret in secrets)
    return {"webhook-id": message_id, "webhook-timestamp": str(at), "webhook-signature": signatures}


def verified(headers: Mapping[str, str], body: bytes, secrets: Sequence[Secret], now: int) -> str:
    """The identity of a message that one of the secrets signed within five minutes of now; raises `Forged`."""
    known = {name.lower(): value for name, value in headers.items()}
    message_id, when, given = (known.get(f"webhook-{name}", "") for name in ("id", "timestamp", "signature"))
    if not (message_id and given and when.isascii() and when.isdigit() and len(when) < 12):
        raise Forged("a signed message has the headers webhook-id, webhook-timestamp and webhook-signature")
    at = int(when)
    if abs(now - at) > TOLERANCE:
        raise Forged(f"the message was signed {abs(now - at)} seconds away from now: more than {TOLERANCE}")
    offered = [one.encode("utf-8", "surrogateescape") for one in given.split(" ")[:16]]
    wanted = [sign(secret, message_id, at, body).encode() for secret in secrets]
    if not any([hmac.compare_digest(mine, theirs) for mine in wanted for theirs in offered]):  # noqa: C419 - each is compared
        raise Forged("no secret that is known here signed the message")
    return message_id
