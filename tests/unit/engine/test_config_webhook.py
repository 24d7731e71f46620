"""`[adapters.webhook]`: what a configuration says of an endpoint, up to a request that arrives there."""

from __future__ import annotations

import threading
import time
from base64 import b64encode
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from test_engine_config import MINIMAL, POLICY, findings

from dunning_engine.domain.parties import Channel, Party
from dunning_engine.domain.receivables import Invoice
from dunning_engine.engine.clocks import FixedClock
from dunning_engine.engine.config import parse_config
from dunning_engine.engine.installation import adapters_of, open_engine
from dunning_engine.kernel.money import Money
from dunning_engine.ports.signatures import Secret, verified

OLD, NEW = b"o" * 24, b"n" * 24
TABLE = """[adapters.webhook]
url = "https://hooks.example.com/dunning"
secret = "env:HOOK"
channels = ["sms", "agency"]
"""


def text_of(key: bytes) -> str:
    return f"whsec_{b64encode(key).decode()}"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "p.yaml").write_text(POLICY)
    return tmp_path


def read(folder: Path, table: str) -> Any:
    return parse_config(MINIMAL + table, file=folder / "dunning.toml", environment={"HOOK": text_of(OLD)})


def test_an_endpoint_is_an_adapter(folder: Path) -> None:
    """Everything else has its usual value; the secret shows nowhere."""
    config = read(folder, TABLE)
    (hook,) = adapters_of(config)

    assert (hook.url, hook.name) == ("https://hooks.example.com/dunning", "webhook hooks.example.com")
    assert hook.handles == {Channel.SMS, "agency"}
    assert list(hook.secrets) == [Secret(OLD)]
    assert (hook.timeout, hook.key_ttl, hook.internal, hook.ports, hook.proxy) == (30.0, 86_400, False, [443], "")
    assert text_of(OLD) not in repr(config)


def test_every_key_is_heard(folder: Path) -> None:
    """Two secrets while one takes the place of the other; one of them in a file, as containers mount them."""
    (folder / "hook.secret").write_text(f"{text_of(NEW)}\n")
    more = TABLE.replace('"env:HOOK"', '["file:hook.secret", "env:HOOK"]').replace("https://", "http://")
    more += 'internal = true\nports = [8443]\ntimeout = 5.0\nkey_ttl = 600\nproxy = "http://proxy.internal:3128"\n'
    (hook,) = adapters_of(read(folder, more))

    assert list(hook.secrets) == [Secret(NEW), Secret(OLD)]
    assert (hook.timeout, hook.key_ttl, hook.internal, hook.ports) == (5.0, 600, True, [8443])
    assert hook.proxy == "http://proxy.internal:3128"


@pytest.mark.parametrize(
    ("was", "now", "code", "words"),
    [
        ("https://", "http://", "DUN293", "a webhook's URL begins with https://"),
        ('"env:HOOK"', f'"{text_of(NEW)}"', "DUN295", "a secret does not stand in a file"),
        ('"env:HOOK"', '"env:NONE"', "DUN295", "the environment has no variable NONE"),
        ('"env:HOOK"', '"file:none.secret"', "DUN294", "there is no file"),
        ('"env:HOOK"', '"file:empty.secret"', "DUN295", "its first line is empty"),
        ('"env:HOOK"', '"file:binary.secret"', "DUN294", "cannot be read"),
        ('"env:HOOK"', '"env:SHORT"', "DUN293", "24 to 64 bytes"),
        ('"env:HOOK"', "[]", "DUN293", '"secret" takes at least one'),
        ('"sms", "agency"', '"smoke"', "DUN293", "smoke is no way to send anything"),
        ("channels", 'proxy = "proxy:3128"\nchannels', "DUN293", "the proxy of a webhook is http://HOST:PORT"),
        ("channels", "key_ttl = 0\nchannels", "DUN293", '"key_ttl" does not fit'),
        ("channels", "timeout = 31.0\nchannels", "DUN293", '"timeout" does not fit'),
        ("channels", "chanels", "DUN291", 'there is no key "chanels" in [adapters.webhook]'),
    ],
)
def test_mistakes_are_told(folder: Path, was: str, now: str, code: str, words: str) -> None:
    """At their place, without the secret."""
    (folder / "empty.secret").write_text("\n")
    (folder / "binary.secret").write_bytes(b"\xff")
    text = MINIMAL + TABLE.replace(was, now)
    found = findings(text, folder, HOOK=text_of(OLD), SHORT="whsec_YWJj")

    assert any(one[0] == code and words in one[3] for one in found), found
    assert all(b64encode(NEW).decode() not in one[3] for one in found)


class Receiver(BaseHTTPRequestHandler):
    """Takes what is signed."""

    server: Any

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.keys.append(verified(dict(self.headers), body, [Secret(OLD)], int(time.time())))
        self.send_response(202)
        self.end_headers()

    def log_message(self, *_words: object) -> None:
        """Says nothing."""


@pytest.fixture
def server() -> Iterator[Any]:
    server: Any = HTTPServer(("127.0.0.1", 0), Receiver)
    server.keys = []
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def test_an_installation_posts_to_its_endpoint(folder: Path, server: Any) -> None:
    """From the file to a signed request under the key of the action."""
    (folder / "p.yaml").write_text(POLICY.replace("email one", "sms one"))
    (folder / "templates" / "sms").mkdir(parents=True)
    (folder / "templates" / "sms" / "one.liquid").write_text("Please pay.")
    table = TABLE.replace("https://hooks.example.com", f"http://127.0.0.1:{server.server_port}") + "internal = true\n"
    ann = Party.consumer("ann", phone="+353861234567", country="IE", zone="Europe/Dublin")
    owed = [Invoice("I-1", Money("240.00", "EUR"), due="2026-03-02", issued="2026-02-02")]
    with open_engine(read(folder, table), FixedClock("2026-03-10T12:00:00Z")) as engine:
        engine.open_case(ann, owed, "p")
        engine.advance()
        (done,) = engine.dispatch()

    assert (done.fate.value, server.keys) == ("sent", [done.action.id])
