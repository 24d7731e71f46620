"""Where a webhook goes through, how long it takes, what it asks last, and when it is forgotten."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from dunning_engine.adapters.webhook import KEY_SECONDS, Webhook
from dunning_engine.domain.parties import Channel
from dunning_engine.kernel.errors import UsageError
from dunning_engine.ports.adapter import AsksLast, KeysExpire, Retry, Sent, Uncertain, Withheld
from dunning_engine.ports.signatures import Secret, verified
from dunning_engine.testing.adapters import sample_message

KEY = Secret(b"k" * 32)
MESSAGE = sample_message(Channel.SMS)


class House(BaseHTTPRequestHandler):
    """Keeps what it is told; as a proxy it opens the doors that it knows."""

    protocol_version = "HTTP/1.1"
    server: Any

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.got.append((dict(self.headers), body))
        self.server.slow.wait(self.server.seconds)
        self.send_response(200)
        self.send_header("content-length", "0")
        self.end_headers()

    def do_CONNECT(self) -> None:
        self.server.asked.append(self.path)
        if self.server.refuses:
            self.send_error(403, "Forbidden")
            return
        self.send_response(200)
        self.end_headers()
        self.close_connection = False  # from here on this server stands for the one behind it

    def log_message(self, *_words: object) -> None:
        """Says nothing."""


@pytest.fixture
def server() -> Iterator[Any]:
    server: Any = ThreadingHTTPServer(("127.0.0.1", 0), House)
    server.got, server.asked, server.refuses, server.seconds = [], [], False, 0
    server.slow = threading.Event()
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server
    server.slow.set()
    server.shutdown()
    server.server_close()
    thread.join()


def hook(server: Any, **more: Any) -> Webhook:
    return Webhook(f"http://127.0.0.1:{server.server_port}/in", [KEY], [Channel.SMS], internal=True, **more)


def test_it_asks_when_the_line_stands(server: Any) -> None:
    """A name that is slow to be found, a handshake that takes its time: where the answer is no, nothing is said."""
    adapter = hook(server)
    assert isinstance(adapter, AsksLast)

    assert adapter.deliver_asking(MESSAGE, seconds=5, may_go=lambda: False) == Withheld()
    assert server.got == []
    assert adapter.deliver_asking(MESSAGE, seconds=5, may_go=lambda: True) == Sent(MESSAGE.key)
    ((headers, body),) = server.got
    assert verified(headers, body, [KEY], int(time.time())) == MESSAGE.key


def test_it_has_a_time_of_its_own(server: Any) -> None:
    """Shorter than what the engine grants."""
    server.seconds = 10
    before = time.monotonic()
    assert isinstance(hook(server, timeout=0.3).deliver(MESSAGE, seconds=30), Uncertain)
    assert time.monotonic() - before < 5


def test_keys_are_known_for_a_day_unless_the_receiver_says_otherwise(server: Any) -> None:
    """After that what is uncertain goes to a person."""
    assert isinstance(hook(server), KeysExpire)
    assert (hook(server).key_ttl, KEY_SECONDS) == (86_400, 86_400)
    assert hook(server, key_ttl=600).key_ttl == 600


def test_a_proxy_opens_the_way(server: Any) -> None:
    """It is asked for the name, which only it looks up."""
    adapter = Webhook(
        "http://hooks.example.com:8080/in",
        [KEY],
        [Channel.SMS],
        internal=True,
        proxy=f"http://127.0.0.1:{server.server_port}",
    )
    assert adapter.deliver(MESSAGE, seconds=5) == Sent(MESSAGE.key)
    assert server.asked == ["hooks.example.com:8080"]
    assert server.got[0][0]["Host"] == "hooks.example.com:8080"


def test_a_proxy_that_refuses_was_told_nothing(server: Any) -> None:
    """Whoever keeps inner addresses away says so, and it is tried again later."""
    server.refuses = True
    proxy = f"http://127.0.0.1:{server.server_port}"
    outcome = Webhook("https://inside.example.com/", [KEY], [Channel.SMS], proxy=proxy).deliver(MESSAGE, seconds=5)
    assert isinstance(outcome, Retry)
    assert "403" in outcome.note
    assert server.got == []


@pytest.mark.parametrize(
    "proxy", ["proxy.example.com:3128", "https://proxy.example.com:3128", "http://a:b@p:1", "http://"]
)
def test_proxies_that_are_refused(proxy: str) -> None:
    with pytest.raises(UsageError, match="http://HOST:PORT"):
        Webhook("https://example.com/", [KEY], [Channel.SMS], proxy=proxy)


@pytest.mark.parametrize("more", [{"timeout": 0}, {"key_ttl": 0}])
def test_times_that_are_refused(more: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match="more than 0 seconds"):
        Webhook("https://example.com/", [KEY], [Channel.SMS], **more)
