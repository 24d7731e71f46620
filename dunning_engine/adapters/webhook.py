"""Actions as signed webhooks (Standard Webhooks 1.0): each one request, to one public address, within one deadline.

The key of the message is its identity: a receiver that keeps `webhook-id` takes each one once. Redirects are not followed,
proxies of the environment not used, and of an answer only its status counts.
"""

from __future__ import annotations

import http.client
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Collection, Sequence
from contextlib import closing
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from dunning_engine.adapters.addresses import NotPublic, Resolve, public_address, resolved
from dunning_engine.adapters.asking import Asking
from dunning_engine.adapters.mail import addr_spec
from dunning_engine.adapters.recipients import check_handled, no_way
from dunning_engine.adapters.texts import one_line, plain_text
from dunning_engine.domain.parties import Channel
from dunning_engine.kernel.errors import UsageError
from dunning_engine.kernel.ids import canonical_json
from dunning_engine.ports.adapter import Bounced, Capability, Outcome, Retry, Sent, Uncertain, Withheld
from dunning_engine.ports.signatures import Secret, headers_of

if TYPE_CHECKING:
    from dunning_engine.ports.adapter import Message

MENDED: Final = 3_600
"""Seconds after a fault that only a person can mend."""

WAIT_MOST: Final = 86_400
"""A receiver that asks for more seconds than this is asked again after them."""

KEY_SECONDS: Final = 86_400
"""For how long receivers know a key, unless they say otherwise."""

_NOT_NOW: Final = frozenset({408, 425, 429, 503})
"""Answers of who has not taken a request and may take the next one."""

_IN_DOUBT: Final = frozenset({500, 502, 504})
"""Answers of who broke off, or waited in vain for somebody behind: the request may have been taken."""

_PROXY: Final = re.compile(r"http://[A-Za-z0-9.-]{1,253}:\d{1,5}/?")

_ASKS_BY_HOST: Final = re.compile(r"[A-Za-z0-9.-]{1,253}")


@dataclass(frozen=True, slots=True, repr=False)
class Webhook(Asking):
    """Hands actions to an HTTPS endpoint.

    `internal` is for an endpoint of the host's own: it may have a private address, and plain HTTP. `proxy` is an HTTP
    proxy (`http://HOST:PORT`) that opens the way: it looks the name up and keeps inner addresses away, not we.
    `timeout` are seconds for one request, `key_ttl` those for which the receiver knows a key.
    """

    url: str
    secrets: Sequence[Secret]
    channels: Collection[Channel | str]
    internal: bool = False
    ports: Collection[int] = (443,)
    tls: ssl.SSLContext | None = None
    resolve: Resolve = resolved
    clock: Callable[[], float] = time.time
    timeout: float = 30.0
    key_ttl: int = KEY_SECONDS
    proxy: str = ""

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
        if self.timeout <= 0 or self.key_ttl <= 0:
            raise UsageError("timeout and key_ttl of a webhook are more than 0 seconds")
        if self.proxy and not _PROXY.fullmatch(self.proxy):
            raise UsageError("the proxy of a webhook is http://HOST:PORT, without a password")

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

    def deliver_asking(self, message: Message, *, seconds: float, may_go: Callable[[], bool]) -> Outcome | Withheld:
        """`deliver`, asking when the line stands and nothing was said yet."""
        check_handled(self, message)
        ends = time.monotonic() + min(seconds, self.timeout)
        lacks = no_way(message) or _bad_address(message)
        if lacks:
            return Bounced(lacks)
        try:
            address = self._address()
        except NotPublic as refused:
            return Retry(MENDED, f"configuration: {refused}")
        except OSError as error:
            return Retry(0, f"{self._host} cannot be looked up: {error}")
        try:
            sock = self._connected(address, ends)
        except OSError as error:
            return Retry(0, f"no connection to {self._host}: {error}")
        with closing(sock):
            return self._asked(sock, message.key, body_of(message), ends) if may_go() else Withheld()

    def _address(self) -> str:
        """Where to connect to; a proxy looks names up itself."""
        if self.proxy:
            return ""
        if not self.internal:
            return public_address(self._host, self._port, self.resolve)
        return next(iter(self.resolve(self._host, self._port)))

    def _asked(self, sock: socket.socket, key: str, body: bytes, ends: float) -> Outcome:
        late = threading.Timer(max(ends - time.monotonic(), 0), _hung_up, (sock,))
        late.start()
        try:
            return self._answered(sock, key, body)
        except (OSError, http.client.HTTPException) as error:
            return Uncertain(f"no answer came from {self._host}: {type(error).__name__}: {error}")
        finally:
            late.cancel()

    def _connected(self, address: str, ends: float) -> socket.socket:
        """A connection to this address and no other, with the certificate of the host's name."""
        seconds = max(ends - time.monotonic(), 0.001)
        sock = self._tunnel(seconds) if self.proxy else socket.create_connection((address, self._port), timeout=seconds)
        if urlsplit(self.url).scheme != "https":
            return sock
        try:
            return (self.tls or ssl.create_default_context()).wrap_socket(sock, server_hostname=self._host)
        except BaseException:
            sock.close()
            raise

    def _tunnel(self, seconds: float) -> socket.socket:
        """A line through the proxy, which knows no more of it than where it goes."""
        parts = urlsplit(self.proxy)
        proxy = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=seconds)
        proxy.set_tunnel(self._host, self._port)
        try:
            proxy.connect()
        except http.client.HTTPException as error:
            proxy.close()
            raise OSError(f"the proxy cannot be understood: {type(error).__name__}") from error
        return proxy.sock

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
        if status in _IN_DOUBT:
            return Uncertain(f"{self._host} answered {status}")
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
