"""Actions as signed webhooks (Standard Webhooks 1.0): each one request, to one public address, within one deadline.

The identity of the action is the message's: a receiver that keeps `webhook-id` takes each action once. Redirects are not
followed, proxies of the environment not used, and of an answer only its status counts.
"""

from __future__ import annotations

import http.client
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from dunning_engine.adapters.addresses import NotPublic, Resolve, public_address, resolved
from dunning_engine.adapters.mail import addr_spec
from dunning_engine.adapters.recipients import check_handled, no_way
from dunning_engine.adapters.texts import one_line, plain_text
from dunning_engine.domain.parties import Channel
from dunning_engine.kernel.errors import UsageError
from dunning_engine.kernel.ids import canonical_json
from dunning_engine.ports.adapter import Bounced, Capability, Outcome, Retry, Sent, Uncertain
from dunning_engine.ports.signatures import Secret, headers_of

if TYPE_CHECKING:
    from dunning_engine.ports.adapter import Message

MENDED: Final = 3_600
"""Seconds after a fault that only a person can mend."""

WAIT_MOST: Final = 86_400
"""A receiver that asks for more seconds than this is asked again after them."""

_NOT_NOW: Final = frozenset({408, 425, 429, 500, 502, 503, 504})
"""Answers after which the same request may be taken."""

_ASKS_BY_HOST: Final = re.compile(r"[A-Za-z0-9.-]{1,253}")


@dataclass(frozen=True, slots=True, repr=False)
class Webhook:
    """Hands actions to an HTTPS endpoint.

    `internal` is for an endpoint of the host's own: it may have a private address, and plain HTTP.
    """

    url: str
    secrets: Sequence[Secret]
    channels: Collection[Channel | str]
    internal: bool = False
    ports: Collection[int] = (443,)
    tls: ssl.SSLContext | None = None
    resolve: Resolve = resolved
    clock: Callable[[], float] = time.time

    def __post_init__(self) -> None:
        parts, secure = urlsplit(self.url), urlsplit(self.url).scheme == "https"
        host = parts.hostname or ""
        if not (secure or (self.internal and parts.scheme == "http")) or not _ASKS_BY_HOST.fullmatch(host):
            raise UsageError("a webhook's URL begins with https:// and names a host: use internal=True for plain http")
        if parts.username or parts.password or parts.fragment:
            raise UsageError("a webhook's URL holds no password and no fragment: the signature says who asks")
        if not self.internal and self._port not in self.ports:
            raise UsageError(f"port {self._port} is none of {sorted(self.ports)}: allow it with ports=[…]")
        if not self.secrets:
            raise UsageError("a webhook is signed: pass secrets=[Secret.of('whsec_…')]")

    def __repr__(self) -> str:
        return f"Webhook({self._host})"

    @property
    def name(self) -> str:
        return f"webhook {self._host}"

    @property
    def handles(self) -> frozenset[Channel | str]:
        return frozenset(self.channels)

    @property
    def capability(self) -> Capability:
        return Capability.DEDUPE

    @property
    def _host(self) -> str:
        return urlsplit(self.url).hostname or ""

    @property
    def _port(self) -> int:
        parts = urlsplit(self.url)
        return parts.port or (443 if parts.scheme == "https" else 80)

    def deliver(self, message: Message, *, seconds: float) -> Outcome:
        check_handled(self, message)
        ends = time.monotonic() + seconds
        lacks = no_way(message) or _bad_address(message)
        if lacks:
            return Bounced(lacks)
        try:
            address = self._address()
        except NotPublic as refused:
            return Retry(MENDED, f"configuration: {refused}")
        except OSError as error:
            return Retry(0, f"{self._host} cannot be looked up: {error}")
        return self._asked(address, message.key, body_of(message), ends)

    def _address(self) -> str:
        if not self.internal:
            return public_address(self._host, self._port, self.resolve)
        return next(iter(self.resolve(self._host, self._port)))

    def _asked(self, address: str, key: str, body: bytes, ends: float) -> Outcome:
        try:
            sock = self._connected(address, ends)
        except OSError as error:
            return Retry(0, f"no connection to {self._host}: {error}")
        late = threading.Timer(max(ends - time.monotonic(), 0), _hung_up, (sock,))
        late.start()
        try:
            return self._answered(sock, key, body)
        except (OSError, http.client.HTTPException) as error:
            return Uncertain(f"no answer came from {self._host}: {type(error).__name__}: {error}")
        finally:
            late.cancel()
            sock.close()

    def _connected(self, address: str, ends: float) -> socket.socket:
        """A connection to this address and no other, with the certificate of the host's name."""
        sock = socket.create_connection((address, self._port), timeout=max(ends - time.monotonic(), 0.001))
        if urlsplit(self.url).scheme != "https":
            return sock
        try:
            return (self.tls or ssl.create_default_context()).wrap_socket(sock, server_hostname=self._host)
        except BaseException:
            sock.close()
            raise

    def _answered(self, sock: socket.socket, key: str, body: bytes) -> Outcome:
        connection = http.client.HTTPConnection(self._host, self._port)
        connection.sock = sock
        parts = urlsplit(self.url)
        told = {
            "content-type": "application/json",
            "user-agent": "dunning-engine",
            "connection": "close",
            **headers_of(self.secrets, key, int(self.clock()), body),
        }
        connection.request("POST", f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}", body, told)
        with connection.getresponse() as response:
            return self._outcome(response, key)

    def _outcome(self, response: http.client.HTTPResponse, key: str) -> Outcome:
        status = response.status
        if 200 <= status < 300:
            return Sent(key)
        if status in _NOT_NOW:
            return Retry(
                _after(response.headers.get("retry-after", ""), self.clock()), f"{self._host} answered {status}"
            )
        if 300 <= status < 400 or status in (401, 403, 404, 405):
            return Retry(MENDED, f"configuration: {self._host} answered {status}")
        return Bounced(f"{self._host} answered {status}")


def body_of(message: Message) -> bytes:
    """What a receiver gets: the same bytes at each attempt, in plain text without anything that steers a screen."""
    receiver, action = message.receiver, message.action
    told = {
        "type": "dunning.action",
        "id": message.key,
        "action": message.action_id,
        "do": action.spec.do.value,
        "channel": None if action.spec.channel is None else action.spec.channel.value,
        "template": action.spec.name,
        "given": dict(action.spec.given),
        "case": action.case_id,
        "debtor": action.debtor_id,
        "invoices": list(action.invoices),
        "amount": {"minor": action.amount, "currency": action.currency},
        "subject": one_line(message.subject),
        "text": plain_text(message.text),
        "language": message.language,
        "to": {
            "id": one_line(receiver.id),
            "name": one_line(receiver.name or ""),
            "email": one_line(receiver.email or ""),
            "phone": one_line(receiver.phone or ""),
            "device": one_line(receiver.push or ""),
            "address": [one_line(line) for line in receiver.address],
        },
    }
    return canonical_json(told).encode()


def _bad_address(message: Message) -> str:
    """Why an e-mail cannot go to exactly one receiver; empty where it can, or where it is no e-mail."""
    if message.action.spec.channel is not Channel.EMAIL:
        return ""
    try:
        addr_spec(message.receiver.email or "")
    except ValueError as error:
        return str(error)
    return ""


def _after(text: str, now: float) -> int:
    """How many seconds a receiver asks us to wait: a number or a date (RFC 9110), within reason."""
    if text.isascii() and text.isdigit():
        return min(int(text[:9]), WAIT_MOST)
    try:
        return min(max(int(parsedate_to_datetime(text).timestamp() - now), 0), WAIT_MOST)
    except (ValueError, TypeError, OverflowError):
        return 0


def _hung_up(sock: socket.socket) -> None:
    """The end of the time: whatever waits for the far side gets an error at once."""
    try:
        sock.shutdown(socket.SHUT_RDWR)
    except OSError:  # it has gone by itself
        return
