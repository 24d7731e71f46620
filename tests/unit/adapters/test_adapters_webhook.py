"""What each answer of a webhook's receiver means, and what is not asked at all."""

from __future__ import annotations

import socket
import threading
import time

import pytest

from dunning_engine.adapters.webhook import MENDED, WAIT_MOST, Webhook
from dunning_engine.domain.parties import Channel
from dunning_engine.kernel.errors import UsageError
from dunning_engine.ports.adapter import Bounced, Retry, Sent, Uncertain
from dunning_engine.ports.signatures import Secret
from dunning_engine.testing.adapters import sample_message

KEY = Secret(b"k" * 32)
NOW = 1_780_000_000  # 2026-05-28, 20:26:40 UTC
MESSAGE = sample_message(Channel.SMS)


class Wire:
    """A server that answers each connection with some bytes, and then hangs up or waits."""

    def __init__(self, answer, *, drip=0.0, hold=False):
        self.answer, self.drip, self.hold = answer, drip, hold
        self.asked = []
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.thread = threading.Thread(target=self.serve)
        self.over = threading.Event()
        self.thread.start()

    def serve(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            with connection:
                self.asked.append(connection.recv(65_536))
                self.say(connection)

    def say(self, connection):
        try:
            for start in range(0, len(self.answer), 1 if self.drip else 1 << 20):
                connection.sendall(self.answer[start : start + (1 if self.drip else 1 << 20)])
                if self.over.wait(self.drip):
                    return
            if self.hold:
                self.over.wait(10)
        except OSError:
            return

    def close(self):
        self.over.set()
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
        self.thread.join()


@pytest.fixture
def wire():
    made = []

    def make(answer, **how):
        made.append(Wire(answer, **how))
        return made[-1]

    yield make
    for one in made:
        one.close()


def ask(wire, seconds=5.0):
    hook = Webhook(f"http://127.0.0.1:{wire.port}/in", [KEY], [Channel.SMS], internal=True, clock=lambda: NOW + 0.5)
    return hook.deliver(MESSAGE, seconds=seconds)


def said(status, *headers, body=b""):
    lines = [f"HTTP/1.1 {status} Word", f"content-length: {len(body)}", *headers]
    return "\r\n".join([*lines, "", ""]).encode() + body


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        *((status, Sent(MESSAGE.action_id)) for status in (200, 201, 202, 204, 299)),
        *((status, Retry(0, f"127.0.0.1 answered {status}")) for status in (408, 425, 429, 503)),
        *((status, Uncertain(f"127.0.0.1 answered {status}")) for status in (500, 502, 504)),
        *(
            (status, Retry(MENDED, f"configuration: 127.0.0.1 answered {status}"))
            for status in (301, 302, 303, 307, 308, 401, 403, 404, 405)
        ),
        *((status, Bounced(f"127.0.0.1 answered {status}")) for status in (400, 409, 410, 413, 422, 451, 501)),
    ],
)
def test_statuses(wire, status, outcome):
    assert ask(wire(said(status, "location: http://127.0.0.1:1/elsewhere"))) == outcome


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("120", 120),
        ("999999999999", WAIT_MOST),
        ("-5", 0),
        ("soon", 0),
        ("Thu, 28 May 2026 20:27:40 GMT", 59),
        ("Thu, 28 May 2020 20:27:40 GMT", 0),
        ("Thu, 28 May 9999 20:27:40 GMT", WAIT_MOST),
        ("", 0),
    ],
)
def test_how_long_a_receiver_asks_us_to_wait(wire, text, after):
    outcome = ask(wire(said(503, f"retry-after: {text}")))
    assert isinstance(outcome, Retry)
    assert outcome.after == after


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 2", b"SSH-2.0-x\r\n", b"HTTP/1.1 200 " + b"x" * 100_000])
def test_after_the_request_went_out_no_readable_answer_is_uncertain(wire, answer):
    assert isinstance(ask(wire(answer)), Uncertain)


def test_a_body_of_any_size_is_not_read(wire):
    assert ask(wire(said(200)[:-2] + b"transfer-encoding: chunked\r\n\r\n" + b"ffffff\r\n" + b"x" * 2_000_000)) == Sent(
        MESSAGE.action_id
    )
    wrong = said(200).replace(b"length: 0", b"length: 99999999999")
    assert ask(wire(wrong)) == Sent(MESSAGE.action_id)


@pytest.mark.parametrize("how", [{"hold": True}, {"drip": 0.05}])
def test_a_slow_answer_ends_with_the_time(wire, how):
    answer = said(200, "x-filler: " + "x" * 1_000) if "drip" in how else b""
    began = time.monotonic()
    assert isinstance(ask(wire(answer, **how), seconds=0.4), Uncertain)
    assert time.monotonic() - began < 2


def test_a_receiver_that_speaks_no_tls_was_told_nothing(wire):
    plain = wire(said(200))
    hook = Webhook(f"https://localhost:{plain.port}/in", [KEY], [Channel.SMS], internal=True)
    assert isinstance(hook.deliver(MESSAGE, seconds=5), Retry)
    assert all(b"webhook-signature" not in asked for asked in plain.asked)


def test_the_request_is_signed_for_its_host_and_says_so_once(wire):
    kept = wire(said(200))
    ask(kept)
    ((head, _, body),) = [asked.partition(b"\r\n\r\n") for asked in kept.asked]
    lines = head.decode().split("\r\n")
    assert lines[0] == "POST /in HTTP/1.1"
    assert f"webhook-id: {MESSAGE.action_id}" in lines
    assert f"webhook-timestamp: {NOW}" in lines
    assert sum(line.lower().startswith("host:") for line in lines) == 1
    assert len(body) < 20_000


def test_no_door_inside_is_knocked_at(wire):
    inside = wire(said(200))
    hook = Webhook(
        f"https://hooks.example.com:{inside.port}/",
        [KEY],
        [Channel.SMS],
        ports=[inside.port],
        resolve=lambda *_: ["127.0.0.1"],
    )
    outcome = hook.deliver(MESSAGE, seconds=5)
    assert outcome == Retry(MENDED, "configuration: hooks.example.com has the address 127.0.0.1, which is not public")
    assert inside.asked == []


def test_a_name_that_answers_otherwise_a_moment_later_is_asked_once():
    answers = [["93.184.216.34"], ["127.0.0.1"]]
    asked = []

    def rebinding(host, port):
        asked.append((host, port))
        return answers[len(asked) - 1]

    hook = Webhook("https://hooks.example.com/", [KEY], [Channel.SMS], resolve=rebinding)
    assert isinstance(hook.deliver(MESSAGE, seconds=0.2), Retry)
    assert asked == [("hooks.example.com", 443)]


def test_a_name_that_is_not_known_is_tried_again():
    def unknown(_host, _port):
        raise OSError("no such name")

    hook = Webhook("https://hooks.example.com/", [KEY], [Channel.SMS], resolve=unknown)
    assert hook.deliver(MESSAGE, seconds=1) == Retry(0, "hooks.example.com cannot be looked up: no such name")


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://example.com/", "https"),
        ("ftp://example.com/", "https"),
        ("https:///nowhere", "names a host"),
        ("https://ex ample.com/", "names a host"),
        ("https://[::1]/", "names a host"),
        ("https://ann:secret@example.com/", "no password"),
        ("https://example.com/#part", "no fragment"),
        ("https://example.com:25/", "port 25"),
    ],
)
def test_urls_that_are_refused(url, why):
    with pytest.raises(UsageError, match=why):
        Webhook(url, [KEY], [Channel.SMS])


def test_a_webhook_without_a_secret_is_refused():
    with pytest.raises(UsageError, match="signed"):
        Webhook("https://example.com/", [], [Channel.SMS])
