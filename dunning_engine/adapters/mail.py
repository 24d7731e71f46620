"""A rendered action as an e-mail of RFC 5322: one recipient, plain text, files attached, the same bytes each time."""

from __future__ import annotations

import re
from dataclasses import dataclass
from email import message_from_string, policy
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from typing import TYPE_CHECKING

from dunning_engine.adapters.texts import plain_text, shortened
from dunning_engine.kernel.calendar import moment
from dunning_engine.kernel.ids import short_hash

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from dunning_engine.domain.parties import Party
    from dunning_engine.ports.adapter import Message

NAME_MAX = 80
SUBJECT_MAX = 250

_LOCAL = r"[^\s@<>,;:\"()\[\]\\\x00-\x1f\x7f-\x9f]{1,64}"
_LABEL = r"[^\W_](?:[^\W_]|-){0,61}[^\W_]|[^\W_]"
_ADDRESS = re.compile(rf"(?P<local>{_LOCAL})@(?P<domain>(?:{_LABEL})(?:\.(?:{_LABEL}))*)")
_ADDRESS_MAX = 254
_ACTION_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_PUNCTUATION = re.compile(r"[^\w'&-]+")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")


class Unfit(ValueError):
    """This message cannot be put into an e-mail; the text says why. Never leaves this package."""


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

    Names of people are written as they are if they survive their own encoding: the standard library loses the quotes
    of long ones when it folds them, and what follows a comma would be another recipient. Else they go without their
    punctuation, and at last not at all.
    """
    if message.receiver.email is None:
        raise Unfit("no e-mail address is known")
    if not _ACTION_ID.fullmatch(message.action_id):
        raise Unfit(f"{message.action_id!r} cannot stand in a Message-ID")
    sender, recipient = addr_spec(sender), addr_spec(message.receiver.email)
    reply_to = _reply_to(message.sender, sender)
    utf8 = not (sender + recipient + (reply_to or "")).isascii()
    for named in (_words, _bare_words, _nameless):
        email = _email(message, sender, recipient, reply_to, named)
        data = email.as_bytes(policy=policy.SMTPUTF8 if utf8 else policy.SMTP)
        if _faithful(data, list(email.keys()), {"From": sender, "To": recipient, "Reply-To": reply_to}):
            return Mail(sender, recipient, data, utf8)
    raise Unfit("its headers do not survive their own encoding")


def _email(
    message: Message, sender: str, recipient: str, reply_to: str | None, named: Callable[[str], str]
) -> EmailMessage:
    creditor = message.sender
    name = named((creditor and creditor.name) or "")
    email = EmailMessage(policy=policy.SMTP)
    email["From"] = _address(name, sender)
    email["To"] = _address(named(message.receiver.name or ""), recipient)
    if reply_to is not None:
        email["Reply-To"] = _address(name, reply_to)
    email["Subject"] = _words(message.subject, SUBJECT_MAX)
    email["Date"] = format_datetime(moment(message.at, (creditor and creditor.zone) or "UTC"))
    email["Message-ID"] = f"<{message.key}@{sender.rpartition('@')[2]}>"
    email["Auto-Submitted"] = "auto-generated"
    text = plain_text(message.text).strip("\n") + "\n"
    email.set_content(text, charset="utf-8", cte="7bit" if _goes_as_is(text) else "quoted-printable")
    if _LANGUAGE.fullmatch(message.language):
        email["Content-Language"] = message.language
    if message.attachments:
        email.make_mixed(boundary=f"=_{short_hash(message.key, text)}")  # nobody can write it into the text
    for document in message.attachments:
        kind, _, subtype = document.media_type.partition("/")
        charset = {"charset": "utf-8"} if kind == "text" else {}
        email.add_attachment(document.data, kind, subtype, filename=document.name, params=charset)
    return email


def _address(name: str, spec: str) -> Address:
    local, _, domain = spec.rpartition("@")
    return Address(name, local, domain)


def _reply_to(creditor: Party | None, sender: str) -> str | None:
    """The creditor's own address, where mail leaves from another one."""
    own = addr_spec(creditor.email) if creditor is not None and creditor.email is not None else sender
    return None if own == sender else own


def _words(text: str, width: int = NAME_MAX) -> str:
    """Text for a header. `=?` would begin an encoded word: `=?utf-8?q?a=2Cb?=ü` as a name made two recipients."""
    return shortened(text, width).replace("=?", "= ?")


def _bare_words(text: str) -> str:
    return shortened(_PUNCTUATION.sub(" ", text), NAME_MAX // 2)


def _nameless(_text: str) -> str:
    return ""


def _goes_as_is(text: str) -> bool:
    """Whether every server takes it unencoded (RFC 5321: lines of at most 998 octets)."""
    return text.isascii() and all(len(line) <= 998 for line in text.split("\n"))


def _faithful(data: bytes, names: list[str], addresses: Mapping[str, str | None]) -> bool:
    """Whether a reader of the bytes finds the intended headers, and the one address in each of them (T8)."""
    try:
        parsed = message_from_string(data.decode(), policy=policy.default)
        found = {
            name: [a.addr_spec for a in parsed[name].addresses] if name in parsed else [None] for name in addresses
        }
        return list(parsed.keys()) == names and found == {name: [spec] for name, spec in addresses.items()}
    except Exception:  # noqa: BLE001 - hostile names make the standard library's parser fail in many ways
        return False
