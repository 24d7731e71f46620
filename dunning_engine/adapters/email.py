"""E-mail by SMTP. What a server's answer means depends on the moment at which it came.

| when | what | outcome |
|---|---|---|
| connecting, greeting, EHLO | refused, lost, timeout, 4xx, 5xx | `Retry` |
| TLS | not offered, bad certificate | `Retry`, "configuration" |
| login | any refusal | `Retry`, "configuration" |
| MAIL FROM | 4xx; 5xx | `Retry`; `Retry`, "configuration": our sender, nobody's bounce |
| RCPT TO, DATA | 4xx | `Retry` |
| | 5xx | `Bounced` |
| | 5xx about us: 500-504, 530-538, or status 5.3.x, 5.5.x, 5.7.x | `Retry`, "configuration": no relaying, login needed |
| message, before the final dot | lost, timeout | `Retry`: nothing was accepted |
| after the final dot | 2xx | `Sent` |
| | 4xx | `Retry`: the server says that it did not take it |
| | 5xx | `Bounced`: this text will not reach the debtor by mail |
| | lost, timeout, no valid reply | `Uncertain` (RFC 1047) |
| QUIT | anything | `Sent`: it was accepted before |
"""

from __future__ import annotations

import re
import smtplib
import socket
import ssl as tls
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from ipaddress import ip_address
from typing import TYPE_CHECKING

from dunning_engine.adapters.asking import Asking
from dunning_engine.adapters.mail import Unfit, addr_spec, compose
from dunning_engine.adapters.smtp_session import Session
from dunning_engine.adapters.texts import shortened
from dunning_engine.domain.parties import Channel
from dunning_engine.kernel.errors import UsageError
from dunning_engine.ports.adapter import Bounced, Capability, Outcome, Retry, Sent, Uncertain, Withheld

if TYPE_CHECKING:
    from collections.abc import Callable

    from dunning_engine.adapters.mail import Mail
    from dunning_engine.ports.adapter import Message

LATER = 300
"""Seconds until a server that could not be reached is tried again."""

GREYLISTED = 900
"""Seconds after a 4xx: greylisting servers want to be asked again after 5 to 15 minutes."""

MENDED = 3_600
"""Seconds after a fault that only a person can mend."""

_ABOUT_US = re.compile(r"50[0-4]\b|53[0-8]\b|5\d\d[ -]5\.[357]\.\d+")


class _Refused(Exception):
    """Carries an outcome out of the conversation."""

    def __init__(self, outcome: Outcome) -> None:
        self.outcome = outcome
        super().__init__(outcome)


@dataclass(frozen=True, slots=True)
class SmtpEmail(Asking):
    """Hands e-mails to one mail server: `SmtpEmail("mail.example.com", 587, sender="billing@example.com")`.

    `starttls` left out means: encrypted, unless the server is on this machine. `ssl` is TLS from the first byte
    (port 465). `cafile` holds the only certificates to trust, where not the system's. `hostname` is how we greet.
    Resolving the server's name is the operating system's and not part of the time limit.
    """

    host: str
    port: int = 25
    sender: str = field(kw_only=True)
    username: str | None = field(default=None, kw_only=True)
    password: str | None = field(default=None, kw_only=True, repr=False)
    starttls: bool | None = field(default=None, kw_only=True)
    ssl: bool = field(default=False, kw_only=True)
    timeout: float = field(default=30.0, kw_only=True)
    cafile: str | None = field(default=None, kw_only=True)
    hostname: str | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        _check_host(self.host)
        try:
            addr_spec(self.sender)
        except Unfit as unfit:
            raise UsageError(f"sender: {unfit}") from None
        if (self.username is None) != (self.password is None):
            raise UsageError("a login needs both username and password")
        if not ((self.username or "") + (self.password or "")).isascii():
            raise UsageError("username and password have to be ASCII: more cannot be said in SMTP")
        if self.ssl and self.starttls:
            raise UsageError("ssl encrypts from the first byte: leave starttls out")
        if self.password is not None and not self._encrypts and not _on_this_machine(self.host):
            raise UsageError(f"the password would travel to {self.host} in the clear: leave starttls out, or use ssl")

    @property
    def name(self) -> str:
        return f"smtp {self.host}:{self.port}"

    @property
    def handles(self) -> frozenset[Channel | str]:
        return frozenset({Channel.EMAIL})

    @property
    def capability(self) -> Capability:
        """None: a mail server takes the same Message-ID twice."""
        return Capability.NONE

    def deliver_asking(self, message: Message, *, seconds: float, may_go: Callable[[], bool]) -> Outcome | Withheld:
        """`deliver`, asking before the final dot: a slow server may have taken long to get there."""
        if message.action.spec.channel is not Channel.EMAIL:
            raise UsageError(f"{self.name} sends e-mail, not {message.action.spec.words}")
        return self.hand_over(message, seconds=seconds, may_go=may_go)

    def hand_over(self, message: Message, *, seconds: float, may_go: Callable[[], bool]) -> Outcome | Withheld:
        """Send a message to its receiver's address by mail, whatever way its action names."""
        try:
            mail = compose(message, self.sender)
        except Unfit as unfit:
            return Bounced(str(unfit))
        session = Session(seconds=min(seconds, self.timeout), hostname=self.hostname or _hostname())
        try:
            return self._converse(session, mail, may_go)
        except _Refused as refused:
            return refused.outcome
        except OSError as trouble:  # smtplib's and ssl's exceptions are OSErrors
            return _lost(session, trouble)
        finally:
            with suppress(OSError):  # whatever was accepted was accepted before: nobody needs an answer to QUIT
                session.goodbye()
            session.close()

    @property
    def _encrypts(self) -> bool:
        return self.ssl or (self.starttls if self.starttls is not None else not _on_this_machine(self.host))

    def _converse(self, session: Session, mail: Mail, may_go: Callable[[], bool]) -> Outcome | Withheld:
        self._greet(session)
        self._login(session)
        if mail.utf8 and not session.has_extn("smtputf8"):
            return Bounced("the address has letters that this mail server cannot transport")
        options = ["SMTPUTF8", "BODY=8BITMIME"] if mail.utf8 else []
        _expect(session.mail(mail.sender, options), "the sender", ours=True)
        _expect(session.rcpt(mail.recipient), "the recipient")
        _expect(session.docmd("DATA"), "the message", wanted="3")
        reply = session.content(mail.data, may_go)
        return Withheld() if reply is None else _verdict(reply, self.name)

    def _greet(self, session: Session) -> None:
        context = _context(self.cafile) if self._encrypts else None
        try:
            _expect(session.open(self.host, self.port, context if self.ssl else None), "the connection", after=LATER)
            _hello(session)
            if context is not None and not self.ssl:
                if not session.has_extn("starttls"):
                    raise _Refused(Retry(MENDED, "configuration: the server offers no STARTTLS"))
                _expect(session.upgrade(context, self.host), "STARTTLS", ours=True)
                _hello(session)
        except tls.SSLCertVerificationError as error:
            raise _Refused(Retry(MENDED, f"configuration: the server's certificate: {error.verify_message}")) from error

    def _login(self, session: Session) -> None:
        if self.username is None or self.password is None:
            return
        try:
            session.login(self.username, self.password)
        except smtplib.SMTPServerDisconnected:
            raise
        except smtplib.SMTPResponseException as error:
            # The reply is left out: a server may repeat what it was told.
            note = f"the login of {self.username} is refused ({error.smtp_code})"
            temporary = 400 <= error.smtp_code < 500
            raise _Refused(Retry(GREYLISTED, note) if temporary else Retry(MENDED, f"configuration: {note}")) from None
        except (smtplib.SMTPException, ValueError):  # ValueError: a challenge that is not base64
            raise _Refused(Retry(MENDED, "configuration: the server offers no login that we know")) from None


def _hello(session: Session) -> None:
    if session.ehlo()[0] != 250:
        _expect(session.helo(), "our greeting", after=LATER)


def _expect(
    reply: tuple[int, bytes], what: str, *, wanted: str = "2", ours: bool = False, after: int = GREYLISTED
) -> None:
    """Go on if the server agrees, else say whose fault it is: `ours` where it cannot be the debtor's address."""
    text = _shown(reply)
    if text.startswith(wanted):
        return
    note = f"{what} is refused: {text}"
    if not text.startswith("5") or after == LATER:
        raise _Refused(Retry(after, note, alone=not ours and after != LATER))
    if ours or _ABOUT_US.match(text):
        raise _Refused(Retry(MENDED, f"configuration: {note}"))
    raise _Refused(Bounced(text))


def _verdict(reply: tuple[int, bytes], reference: str) -> Outcome:
    text = _shown(reply)
    match text[:1]:
        case "2":
            return Sent(reference=f"{reference} {text}")
        case "4":
            return Retry(GREYLISTED, f"the message is refused: {text}", alone=True)
        case "5":
            return Bounced(text)
        case _:
            return Uncertain(f"no valid reply to the message: {text}")


def _lost(session: Session, trouble: OSError) -> Outcome:
    why = shortened(str(trouble) or type(trouble).__name__, 200)
    if session.dotted:
        return Uncertain(f"the connection was lost after the message was handed over: {why}")
    return Retry(LATER, f"the connection failed before the message was handed over: {why}")


def _shown(reply: tuple[int, bytes]) -> str:
    """Code and text of a reply: foreign text, so short, on one line and without control characters."""
    code, text = reply
    return shortened(f"{code if code > 0 else 'nonsense'} {text.decode('utf-8', 'replace')}", 200)


def _check_host(host: str) -> None:
    try:
        fits = bool(host) and bool(host.encode("idna")) and not any(c.isspace() for c in host)
    except UnicodeError:
        fits = False
    if not fits:
        raise UsageError(f"{host!r} is not the name of a mail server")


def _on_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _hostname() -> str:
    """How we greet: without asking DNS, which could take longer than the whole delivery."""
    name = socket.gethostname()
    return name if "." in name and name.isascii() else "[127.0.0.1]"


@lru_cache(maxsize=8)
def _context(cafile: str | None) -> tls.SSLContext:
    return tls.create_default_context(cafile=cafile)
