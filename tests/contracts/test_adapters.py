"""The adapters that ship keep the adapter contract."""

from __future__ import annotations

import csv
import fcntl
import io
import json
import socket
import threading
from dataclasses import dataclass
from email import message_from_bytes, policy

import pytest
from aiosmtpd.controller import Controller

from dunning_engine.adapters.bureau import BureauFile
from dunning_engine.adapters.console import Console
from dunning_engine.adapters.email import SmtpEmail
from dunning_engine.adapters.files import Files
from dunning_engine.adapters.host_actions import HostActions
from dunning_engine.adapters.legal import LegalBundle
from dunning_engine.adapters.recipients import check_handled, no_way
from dunning_engine.adapters.staff import StaffMail
from dunning_engine.adapters.texts import one_line, plain_text
from dunning_engine.domain.parties import Channel
from dunning_engine.ports.adapter import Bounced, Capability, Message, Retry, Sent
from dunning_engine.testing.adapters import AdapterContract, Arrival


def _mail(data, to=None):
    mail = message_from_bytes(data, policy=policy.default)
    to = to or tuple(address.addr_spec for address in mail["To"].addresses)
    assert set(mail.keys()) <= {
        "From", "To", "Reply-To", "Subject", "Date", "Message-ID", "Auto-Submitted", "Content-Language",
        "Content-Type", "Content-Transfer-Encoding", "MIME-Version",
    }  # fmt: skip
    return Arrival(to, f"{mail['Subject']}\n{mail.get_content()}", data)


class TestFiles(AdapterContract):
    @pytest.fixture
    def adapter(self, tmp_path):
        self.folder = tmp_path
        return Files(tmp_path / "out")

    @pytest.fixture(autouse=True)
    def _folder(self, tmp_path):
        self.folder = tmp_path

    def evidence(self, adapter):
        arrivals = []
        for path in sorted(adapter.folder.glob("*")):
            assert path.parent == adapter.folder
            data = path.read_bytes()
            match path.suffix:
                case ".eml":
                    arrivals.append(_mail(data))
                case ".txt":
                    arrivals.append(Arrival(("letter",), data.decode(), data))
                case ".jsonl":
                    for line in data.splitlines():
                        content = json.loads(line)
                        to = content.get("to", content.get("agency"))
                        text = content.get("text", content.get("placement", content.get("details")))
                        arrivals.append(Arrival((to,), text, line))
        return arrivals

    def stalled(self):
        out = self.folder / "held"
        out.mkdir()
        self._lock = (out / ".lock").open("ab")
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        return Files(out)

    def broken(self):
        (self.folder / "file").write_text("in the way")
        return Files(self.folder / "file" / "out")


class TestConsole(AdapterContract):
    @pytest.fixture
    def adapter(self):
        return Console(io.StringIO())

    def evidence(self, adapter):
        boxes = adapter.stream.getvalue().split("╭─ ")[1:]
        return [Arrival(("whoever looks",), _unframed(box), box.encode()) for box in boxes]

    def broken(self):
        stream = io.StringIO()
        stream.close()
        return Console(stream)


def _unframed(box):
    """The text without its frame and, as it may be wrapped there, without its line breaks."""
    return " ".join(line.removeprefix("│").strip() for line in box.splitlines())


class TestSmtpEmail(AdapterContract):
    secrets = ("s3cret",)

    @pytest.fixture
    def adapter(self):
        mails = []

        class Handler:
            async def handle_DATA(self, _server, _session, envelope):
                mails.append((tuple(envelope.rcpt_tos), envelope.content))
                return "250 kept"

        controller = Controller(
            Handler(),
            hostname="127.0.0.1",
            port=_free_port(),
            auth_require_tls=False,
            auth_callback=lambda _mechanism, _user, _password: True,
        )
        controller.start()
        self.mails = mails
        yield self._adapter(controller.port)
        controller.stop()

    def _adapter(self, port):
        return SmtpEmail("127.0.0.1", port, sender="billing@example.com", username="us", password="s3cret")

    def evidence(self, _adapter):
        return [_mail(data, to) for to, data in self.mails]

    def stalled(self):
        self._silent = socket.create_server(("127.0.0.1", 0))
        return self._adapter(self._silent.getsockname()[1])

    def broken(self):
        return self._adapter(_free_port())


def _free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


class TestStaffMail(TestSmtpEmail):
    def _adapter(self, port):
        return StaffMail(super()._adapter(port), email="staff@example.com")


class TestBureauFile(AdapterContract):
    @pytest.fixture
    def adapter(self, tmp_path):
        return BureauFile(tmp_path / "out")

    @pytest.fixture(autouse=True)
    def _folder(self, tmp_path):
        self.folder = tmp_path

    def evidence(self, adapter):
        arrivals = []
        for path in sorted(adapter.folder.glob("*.csv")):
            rows = list(csv.DictReader(io.StringIO(path.read_text("utf-8"))))
            assert len(rows) == len(path.read_bytes().splitlines()) - 1
            arrivals += [Arrival((path.stem,), row["name"] + row["note"], repr(row).encode()) for row in rows]
        return arrivals

    def stalled(self):
        out = self.folder / "held"
        out.mkdir()
        self._lock = (out / ".lock").open("ab")
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        return self.of(out)

    def broken(self):
        (self.folder / "file").write_text("in the way")
        return self.of(self.folder / "file" / "out")

    def of(self, folder):
        return BureauFile(folder)


class TestLegalBundle(TestBureauFile):
    @pytest.fixture
    def adapter(self, tmp_path):
        return LegalBundle(tmp_path / "out")

    def evidence(self, adapter):
        found = sorted(path for path in adapter.folder.glob("*/claim.md") if not path.parent.name.startswith("."))
        assert all(path.parent.parent == adapter.folder for path in found)
        return [Arrival((path.parent.name,), path.read_text("utf-8"), path.read_bytes()) for path in found]

    def of(self, folder):
        return LegalBundle(folder)


CALLS = []


def acme(call):
    CALLS.append(call)


def never(_call):
    threading.Event().wait(5)


def failing(_call):
    raise OSError("the far side is not there")


class TestHostActions(AdapterContract):
    @pytest.fixture
    def adapter(self):
        CALLS.clear()
        return HostActions({"acme": acme})

    def evidence(self, _adapter):
        return [Arrival((call.debtor.id,), call.text, repr(call).encode()) for call in CALLS]

    def stalled(self):
        return HostActions({"acme": never})

    def broken(self):
        return HostActions({"acme": failing})


_INBOXES: dict[str, dict[str, Message]] = {}
"""What the receivers below have, by their name: out of the adapter's hands."""


@dataclass(frozen=True)
class Provider:
    """A provider of text messages as most are: its keys live a day, and it can be asked."""

    inbox: str
    name: str = "provider"
    handles: frozenset = frozenset({Channel.SMS})
    capability: Capability = Capability.LOOKUP

    def deliver(self, message, *, seconds):
        check_handled(self, message)
        if why := no_way(message):
            return Bounced(why)
        _INBOXES[self.inbox].setdefault(message.key, message)
        return Sent(message.key)

    def lookup(self, key, *, seconds):
        return Sent(key) if key in _INBOXES[self.inbox] else Retry(0, "unknown here")


@dataclass(frozen=True)
class ProviderWithKeys(Provider):
    capability: Capability = Capability.DEDUPE
    key_ttl: int = 86_400


class TestProvider(AdapterContract):
    @pytest.fixture(params=[Provider, ProviderWithKeys])
    def adapter(self, request, tmp_path):
        _INBOXES[str(tmp_path)] = {}
        return request.param(str(tmp_path))

    def evidence(self, adapter):
        got = _INBOXES[adapter.inbox].values()
        return [
            Arrival((one_line(m.receiver.phone or ""),), plain_text(m.text), plain_text(m.text).encode()) for m in got
        ]
