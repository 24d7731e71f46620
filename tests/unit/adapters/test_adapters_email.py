"""What each answer of a mail server, and each silence, means for the debtor: real sockets, no mocks."""

from __future__ import annotations

import pickle
import socket
import ssl
import time
from dataclasses import replace
from email import message_from_bytes, policy

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from scripted_smtp import CERTIFICATE, CLOSE, DRIP, ENDLESS, FLOOD, HANG, ScriptedServer, server_context

from dunning_engine.adapters.email import GREYLISTED, LATER, MENDED, SmtpEmail
from dunning_engine.adapters.smtp_session import Session
from dunning_engine.domain.parties import Channel
from dunning_engine.kernel.errors import UsageError
from dunning_engine.ports.adapter import Bounced, Retry, Sent, Uncertain
from dunning_engine.ports.documents import Document
from dunning_engine.testing.adapters import sample_message

MESSAGE = sample_message(Channel.EMAIL)


def adapter(server, **settings):
    return SmtpEmail("127.0.0.1", server.port, sender="billing@example.com", hostname="client.example", **settings)


def deliver(script, *, seconds=3.0, message=MESSAGE, extensions=("8BITMIME",), **settings):
    with ScriptedServer(script, extensions) as server:
        return adapter(server, **settings).deliver(message, seconds=seconds), server


NOTHING_LEFT = {
    "greeting lost": ({"greeting": CLOSE}, LATER),
    "greeting 421": ({"greeting": "421 busy"}, LATER),
    "greeting 554": ({"greeting": "554 go away"}, LATER),
    "greeting is nonsense": ({"greeting": "HTTP/1.1 400 Bad Request"}, LATER),
    "EHLO and HELO refused": ({"EHLO": "502 what", "HELO": "502 what"}, LATER),
    "EHLO lost": ({"EHLO": CLOSE}, LATER),
    "MAIL lost": ({"MAIL": CLOSE}, LATER),
    "MAIL 451": ({"MAIL": "451 later"}, GREYLISTED),
    "MAIL 550: our sender is no debtor's fault": ({"MAIL": "550 5.7.1 sender denied"}, MENDED),
    "RCPT lost": ({"RCPT": CLOSE}, LATER),
    "RCPT 450": ({"RCPT": "450 4.2.0 greylisted"}, GREYLISTED),
    "RCPT 550 5.7.1: no relaying": ({"RCPT": "550 5.7.1 relaying denied"}, MENDED),
    "RCPT 530: login needed": ({"RCPT": "530 authentication required"}, MENDED),
    "RCPT 503: out of order": ({"RCPT": "503 bad sequence"}, MENDED),
    "DATA lost": ({"DATA": CLOSE}, LATER),
    "DATA 451": ({"DATA": "451 later"}, GREYLISTED),
    "DATA answered 250": ({"DATA": "250 what"}, GREYLISTED),
    "dot 451": ({"dot": "451 disk full"}, GREYLISTED),
    "dot 421": ({"dot": "421 closing"}, GREYLISTED),
}


@pytest.mark.parametrize(("script", "after"), NOTHING_LEFT.values(), ids=NOTHING_LEFT)
def test_nothing_left(script, after):
    """Before the final dot, and after a 4xx to it, the message certainly did not leave."""
    outcome, _ = deliver(script)
    assert isinstance(outcome, Retry), outcome
    assert outcome.after == after
    assert ("configuration" in outcome.note) == (after == MENDED)


def test_lost_amid_the_message():
    """A connection that breaks while the text is on its way leaves nothing behind: the dot never went."""
    with ScriptedServer({"body": CLOSE}) as server:
        long = sample_message(Channel.EMAIL, text="Please pay.\n" * 1_000_000)
        outcome = adapter(server).deliver(long, seconds=10)
    assert isinstance(outcome, Retry), outcome
    assert not server.stored


@pytest.mark.parametrize("stage", ["RCPT", "DATA", "dot"])
@pytest.mark.parametrize(
    "reply", ["550 5.1.1 no such user", "554 no", "552-5.2.2 full\r\n552 5.2.2 really", "551 moved"]
)
def test_refused_for_good(stage, reply):
    """A 5xx to recipient or message is a bounce, and its note is what the server said, on one line."""
    outcome, _ = deliver({stage: reply})
    assert isinstance(outcome, Bounced), outcome
    assert outcome.note.startswith(reply[:3])
    assert "\n" not in outcome.note


def test_content_refused_by_policy():
    """After the dot a 5.7 is about this text: it will not reach the debtor this way."""
    outcome, _ = deliver({"dot": "554 5.7.1 looks like spam"})
    assert outcome == Bounced("554 5.7.1 looks like spam")


@pytest.mark.parametrize("answer", [CLOSE, "what?", "100 hm", "354 more", b"250 que"], ids=str)
def test_uncertain_after_the_dot(answer):
    """Whoever hangs up or mumbles after the dot may have taken the message."""
    outcome, server = deliver({"dot": answer}, seconds=0.5)
    assert isinstance(outcome, Uncertain), outcome
    assert len(server.stored) == 1


@pytest.mark.parametrize("answer", [HANG, DRIP, ENDLESS, FLOOD], ids=["hang", "drip", "endless", "flood"])
@pytest.mark.parametrize(
    ("stage", "kind"),
    [("greeting", Retry), ("EHLO", Retry), ("MAIL", Retry), ("RCPT", Retry), ("DATA", Retry), ("dot", Uncertain)],
)
def test_a_server_cannot_hold_us(stage, kind, answer):
    """Silence, a byte now and then, or a reply without end: the whole hand-over ends on time."""
    start = time.monotonic()
    outcome, _ = deliver({stage: answer}, seconds=0.4)
    assert isinstance(outcome, kind), outcome
    assert time.monotonic() - start < 2.0


def test_accepted_before_quit():
    """What was accepted stays accepted, whatever happens to QUIT."""
    for answer in (CLOSE, HANG, "500 what"):
        outcome, server = deliver({"QUIT": answer})
        assert isinstance(outcome, Sent)
        assert "queued as 42" in outcome.reference
        assert not outcome.delivered
        assert server.seen[-1] == "QUIT"


def test_several_lines_and_old_servers():
    """Replies of several lines are read whole, and a server that knows only HELO is good enough."""
    outcome, server = deliver({"greeting": "220-hello\r\n220 there", "EHLO": "502 no", "dot": "250-fine\r\n250"})
    assert isinstance(outcome, Sent)
    assert any(line.startswith("helo client.example") for line in server.seen)


def test_dots_at_the_start_of_a_line():
    """A line that is a dot does not end the message early."""
    outcome, server = deliver({}, message=sample_message(Channel.EMAIL, text="one\n.\n..two\n.QUIT"))
    assert isinstance(outcome, Sent)
    assert b"one\r\n..\r\n...two\r\n..QUIT\r\n" in server.stored[0]
    assert server.seen[-1] == "QUIT"


def test_a_conversation_that_never_began():
    """There is no reply without a connection."""
    with pytest.raises(OSError, match="the connection is closed"):
        Session(seconds=1, hostname="client.example").getreply()


def test_nobody_there():
    """A refused connection is worth another try."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    outcome = SmtpEmail("127.0.0.1", port, sender="billing@example.com").deliver(MESSAGE, seconds=2)
    assert isinstance(outcome, Retry)
    assert outcome.after == LATER


def test_unknown_host():
    """A name that does not resolve is worth another try."""
    outcome = SmtpEmail("nowhere.invalid", sender="billing@example.com").deliver(MESSAGE, seconds=2)
    assert isinstance(outcome, Retry)


def test_addresses_beyond_ascii():
    """Domains travel as DNS has them; letters before the @ need a server that can, and bounce where it cannot."""
    outcome, server = deliver({}, message=sample_message(Channel.EMAIL, email="ann@müller.example"))
    assert isinstance(outcome, Sent)
    assert "rcpt TO:<ann@xn--mller-kva.example>" in server.seen
    message = sample_message(Channel.EMAIL, email="jörg@example.com")
    assert isinstance(deliver({}, message=message)[0], Bounced)
    outcome, server = deliver({}, message=message, extensions=("8BITMIME", "SMTPUTF8"))
    assert isinstance(outcome, Sent)
    assert "jörg@example.com".encode() in server.stored[0]


# Encryption and login ---------------------------------------------------------------------------------------------------


def secured(script=None, **settings):
    with ScriptedServer(script or {}, ("STARTTLS", "AUTH PLAIN LOGIN")) as server:
        settings = {"cafile": str(CERTIFICATE), "starttls": True, **settings}
        return adapter(server, **settings).deliver(MESSAGE, seconds=3), server


def test_starttls():
    """The conversation begins anew once it is encrypted."""
    outcome, server = secured()
    assert isinstance(outcome, Sent), outcome
    assert [line.split(" ")[0] for line in server.seen[:3]] == ["ehlo", "STARTTLS", "ehlo"]


def test_ssl_from_the_first_byte():
    """Port 465: no plain word is said."""
    with ScriptedServer(tls=True) as server:
        outcome = adapter(server, ssl=True, cafile=str(CERTIFICATE)).deliver(MESSAGE, seconds=3)
    assert isinstance(outcome, Sent), outcome


def test_ssl_that_never_shakes_hands():
    """A handshake that stalls ends on time."""
    with ScriptedServer({"greeting": HANG}) as server:
        start = time.monotonic()
        outcome = adapter(server, ssl=True, cafile=str(CERTIFICATE)).deliver(MESSAGE, seconds=0.3)
    assert isinstance(outcome, Retry)
    assert time.monotonic() - start < 1.5


def test_untrusted_certificate():
    """A certificate that nobody vouches for is a fault of configuration, and nothing is sent."""
    outcome, server = secured(cafile=None)
    assert isinstance(outcome, Retry)
    assert outcome.note.startswith("configuration: the server's certificate")
    assert not server.stored


def test_starttls_refused():
    """No encryption where it is asked for: nothing is sent in the clear."""
    outcome, _ = deliver({}, starttls=True)
    assert outcome == Retry(MENDED, "configuration: the server offers no STARTTLS")
    outcome, _ = secured({"STARTTLS": "454 not now"})
    assert isinstance(outcome, Retry)
    assert outcome.after == GREYLISTED
    outcome, _ = secured({"STARTTLS": "500 what"})
    assert outcome.after == MENDED


@pytest.mark.parametrize(
    ("reply", "after"),
    [("535 5.7.8 wrong: s3cret", MENDED), ("454 later", GREYLISTED), (CLOSE, LATER), ("334 !!!", MENDED)],
    ids=str,
)
def test_login_refused(reply, after):
    """A refused login is our fault, never a bounce, and no reply that repeats the password is quoted."""
    outcome, _ = secured({"AUTH": reply}, username="us", password="s3cret")
    assert isinstance(outcome, Retry), outcome
    assert outcome.after == after
    assert "s3cret" not in repr(outcome)


def test_malformed_challenge():
    """A challenge that is not base64 is the server's fault, not our crash."""
    with ScriptedServer({"AUTH": "334 a"}, ("AUTH CRAM-MD5",)) as server:
        outcome = adapter(server, username="us", password="s3cret").deliver(MESSAGE, seconds=2)
    assert outcome == Retry(MENDED, "configuration: the server offers no login that we know")


def test_no_login_offered():
    """A server without AUTH is a fault of configuration."""
    outcome, _ = deliver({}, username="us", password="s3cret")
    assert outcome == Retry(MENDED, "configuration: the server offers no login that we know")


# A real server ----------------------------------------------------------------------------------------------------------


class _Mailbox:
    def __init__(self):
        self.mails = []

    async def handle_DATA(self, _server, _session, envelope):
        self.mails.append(envelope)
        return "250 kept"


@pytest.fixture
def real():
    """`aiosmtpd` with encryption and login."""
    box = _Mailbox()
    controller = Controller(
        box,
        hostname="127.0.0.1",
        port=0,
        tls_context=server_context(),
        require_starttls=True,
        auth_required=True,
        authenticator=lambda _s, _e, _n, _m, data: AuthResult(success=data.password == b"s3cret", handled=False),
    )
    controller.port = _free_port()
    controller.start()
    yield controller
    controller.stop()


def _free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def test_a_real_server(real):
    """Encrypted, logged in, one recipient, and everything readable at the other end."""
    smtp = SmtpEmail(
        "localhost",
        real.port,
        sender="dunning@example.com",
        username="us",
        password="s3cret",
        starttls=True,
        cafile=str(CERTIFICATE),
    )
    message = sample_message(Channel.EMAIL, text="Grüße\n.\n" + "x" * 2_000, name="Jörg, Müller")
    paper = Document("INV-1042.pdf", "application/pdf", bytes(range(256)) * 40 + b"\r\n.\r\n")
    outcome = smtp.deliver(replace(message, attachments=(paper,)), seconds=5)
    assert isinstance(outcome, Sent), outcome
    (envelope,) = real.handler.mails
    assert envelope.rcpt_tos == ["ann@example.com"]
    assert envelope.mail_from == "dunning@example.com"
    mail = message_from_bytes(envelope.content, policy=policy.default)
    assert mail["To"].addresses[0].display_name == "Jörg, Müller"
    assert mail["Reply-To"].addresses[0].addr_spec == "billing@example.com"
    assert mail["Message-ID"] == f"<{message.action_id}@example.com>"
    assert mail["Date"].datetime.isoformat() == "2026-03-06T10:00:00-05:00"
    assert mail.get_body().get_content().replace("\r\n", "\n") == message.text + "\n"
    (attached,) = mail.iter_attachments()
    assert (attached.get_filename(), attached.get_content()) == (paper.name, paper.data)


def test_a_real_server_refuses_the_password(real):
    """The wrong password is a fault of configuration that names the user and not the password."""
    smtp = SmtpEmail(
        "localhost",
        real.port,
        sender="dunning@example.com",
        username="us",
        password="wr0ng",
        starttls=True,
        cafile=str(CERTIFICATE),
    )
    outcome = smtp.deliver(MESSAGE, seconds=5)
    assert outcome == Retry(MENDED, "configuration: the login of us is refused (535)")


# Settings ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"host": ""}, "is not the name of a mail server"),
        ({"host": "a..b"}, "is not the name of a mail server"),
        ({"host": "a b"}, "is not the name of a mail server"),
        ({"sender": "no address"}, "is not one e-mail address"),
        ({"sender": "a@b, c@d"}, "is not one e-mail address"),
        ({"username": "us"}, "both username and password"),
        ({"password": "s3cret"}, "both username and password"),
        ({"username": "us", "password": "s3crét"}, "have to be ASCII"),
        ({"ssl": True, "starttls": True}, "leave starttls out"),
        ({"username": "us", "password": "s3cret", "starttls": False}, "in the clear"),
    ],
)
def test_settings_that_cannot_work(settings, message):
    """Wrong settings are refused at once, without showing the password."""
    with pytest.raises(UsageError, match=message) as caught:
        SmtpEmail(**{"host": "mail.example.com", "sender": "billing@example.com", **settings})
    assert "s3cr" not in str(caught.value)


def test_the_password_stays_inside():
    """It stands in no representation, and travels when pickled."""
    smtp = SmtpEmail("mail.example.com", 587, sender="billing@example.com", username="us", password="s3cret")
    assert "s3cret" not in repr(smtp)
    assert "s3cret" not in smtp.name
    assert pickle.loads(pickle.dumps(smtp)) == smtp


def test_encrypted_unless_on_this_machine():
    """Left to itself it asks for encryption everywhere but on the machine itself."""
    expected = {"mail.example.com": True, "10.0.0.1": True, "localhost": False, "127.0.0.2": False, "::1": False}
    assert {host: SmtpEmail(host, sender="a@b.example")._encrypts for host in expected} == expected


def test_only_email():
    """Another channel is a mistake of the host."""
    with pytest.raises(UsageError, match="sends e-mail, not sms"):
        SmtpEmail("localhost", sender="a@b.example").deliver(sample_message(Channel.SMS), seconds=1)


def test_a_broken_handshake():
    """A server that answers TLS with plain words is worth another try."""
    with ScriptedServer({"greeting": "220 plain"}) as server:
        outcome = adapter(server, ssl=True, cafile=str(CERTIFICATE)).deliver(MESSAGE, seconds=2)
    assert isinstance(outcome, Retry)
    assert isinstance(ssl.create_default_context(cafile=str(CERTIFICATE)), ssl.SSLContext)
