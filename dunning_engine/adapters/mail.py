"""A rendered action as an e-mail of RFC 5322: one recipient, plain text, the same bytes each time."""

from __future__ import annotations

import re
from dataclasses import dataclass
from email import message_from_string, policy
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from typing import TYPE_CHECKING, cast

from dunning_engine.adapters.texts import one_line, plain_text, shortened
from dunning_engine.kernel.calendar import moment

if TYPE_CHECKING:
    from email.headerregistry import AddressHeader

    from dunning_engine.domain.parties import Party
    from dunning_engine.ports.adapter import Message

NAME_MAX = 80
SUBJECT_MAX = 250

_LOCAL = r"[^\s@<>,;:\"()\[\]\\\x00-\x1f\x7f-\x9f]{1,64}"
_LABEL = r"[^\W_](?:[^\W_]|-){0,61}[^\W_]|[^\W_]"
_ADDRESS = re.compile(rf"(?P<local>{_LOCAL})@(?P<domain>(?:{_LABEL})(?:\.(?:{_LABEL}))*)")
_ADDRESS_MAX = 254
_ACTION_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")


class Unfit(ValueError):  # noqa: N818 - says why something cannot be sent, and never leaves this package
    """This message cannot be put into an e-mail; the text says why."""


@dataclass(frozen=True, slots=True)
class Mail:
    """Envelope and content, ready to hand over; `utf8` where an address needs the extension SMTPUTF8."""

    sender: str
    recipient: str
    data: bytes
    utf8: bool


def addr_spec(text: str) -> str:
    """One mail address with its domain as DNS knows it; display names, comments and lists are refused."""
    match = _ADDRESS.fullmatch(text) if len(text) <= _ADDRESS_MAX else None
    if match is None:
        raise Unfit(f"{shortened(text, 80)!r} is not one e-mail address")
    try:
        domain = match["domain"].encode("idna").decode("ascii")
        match["local"].encode()
    except UnicodeError:
        raise Unfit(f"{shortened(text, 80)!r} is not one e-mail address") from None
    local = match["local"]
    if not local.isprintable() or "" in local.split("."):
        raise Unfit(f"{shortened(text, 80)!r} is not one e-mail address")
    return f"{local}@{domain}"


def compose(message: Message, sender: str) -> Mail:
    """The message as a mail from an address to its debtor, or `Unfit`.

    A display name that does not survive its own encoding (some do not, and would add a recipient) is left out.
    """
    if message.debtor.email is None:
        raise Unfit("no e-mail address is known")
    if not _ACTION_ID.fullmatch(message.action_id):
        raise Unfit(f"{message.action_id!r} cannot stand in a Message-ID")
    sender, recipient = addr_spec(sender), addr_spec(message.debtor.email)
    utf8 = not (sender + recipient).isascii()
    for name in (shortened(message.debtor.name or "", NAME_MAX), ""):
        email = _email(message, sender, recipient, name)
        data = email.as_bytes(policy=policy.SMTPUTF8 if utf8 else policy.SMTP)
        if _faithful(data, list(email.keys()), recipient):
            return Mail(sender, recipient, data, utf8)
    raise Unfit("its headers do not survive their own encoding")


def _email(message: Message, sender: str, recipient: str, name: str) -> EmailMessage:
    creditor = message.sender
    email = EmailMessage(policy=policy.SMTP)
    email["From"] = _address(creditor.name if creditor else None, sender)
    email["To"] = _address(name, recipient)
    if reply_to := _reply_to(creditor, sender):
        email["Reply-To"] = reply_to
    email["Subject"] = shortened(message.subject, SUBJECT_MAX)
    email["Date"] = format_datetime(moment(message.at, (creditor and creditor.zone) or "UTC"))
    email["Message-ID"] = f"<{message.action_id}@{sender.rpartition('@')[2]}>"
    email["Auto-Submitted"] = "auto-generated"
    if _LANGUAGE.fullmatch(message.language):
        email["Content-Language"] = message.language
    text = plain_text(message.text).strip("\n") + "\n"
    email.set_content(text, charset="utf-8", cte="7bit" if _goes_as_is(text) else "quoted-printable")
    return email


def _address(name: str | None, spec: str) -> Address:
    local, _, domain = spec.rpartition("@")
    return Address(shortened(name or "", NAME_MAX), local, domain)


def _reply_to(creditor: Party | None, sender: str) -> Address | None:
    """The creditor's own address, where mail leaves from another one."""
    if creditor is None or creditor.email is None or one_line(creditor.email) == sender:
        return None
    return _address(creditor.name, addr_spec(creditor.email))


def _goes_as_is(text: str) -> bool:
    """Whether every server takes it unencoded (RFC 5321: lines of at most 998 octets)."""
    return text.isascii() and all(len(line) <= 998 for line in text.split("\n"))


def _faithful(data: bytes, names: list[str], recipient: str) -> bool:
    """Whether a reader of the bytes finds the intended headers and the one recipient (T8)."""
    parsed = message_from_string(data.decode(), policy=policy.default)
    to = cast("AddressHeader", parsed["To"])
    return list(parsed.keys()) == names and [address.addr_spec for address in to.addresses] == [recipient]
