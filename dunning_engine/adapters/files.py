"""Actions into a folder: one `.eml` per e-mail, one `.txt` per letter, one line per SMS, call and other action.

    2026-03-06_INV-1042_reminder_3f…9a.eml    e-mail, as a mail server would get it
    2026-04-01_INV-1042_ultimatum_77…0c.txt   letter, ready to print
    2026-04-01_INV-1042_ultimatum_77…0c.1.INV-1042.pdf   what is enclosed with it
    sms.jsonl  calls.jsonl  agency.jsonl …    one JSON object a line

Every name ends in the key of its message, every line carries its action: handing over again changes nothing, as long as
the files stay where they are.
"""

from __future__ import annotations

import json
import re
import unicodedata
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from dunning_engine.adapters.deposits import Deposit, Depositing, deposited, line_of
from dunning_engine.adapters.folder import Lines, publish
from dunning_engine.adapters.letters import page
from dunning_engine.adapters.mail import Unfit, addr_spec, compose
from dunning_engine.adapters.recipients import check_handled, no_way
from dunning_engine.adapters.texts import one_line, plain_text
from dunning_engine.domain.parties import OFFERED, Channel
from dunning_engine.domain.verbs import WAYS_BESIDES, Do
from dunning_engine.kernel.calendar import iso, moment
from dunning_engine.kernel.errors import UsageError
from dunning_engine.ports.adapter import Bounced, Outcome, Sent, Withheld

if TYPE_CHECKING:
    from collections.abc import Callable

    from dunning_engine.ports.adapter import Message

NOBODY = "no-reply@creditor.invalid"
"""Stands in the `From` of a mail whose creditor has no address."""

LINES = {
    "sms": "sms.jsonl",
    "call": "calls.jsonl",
    "push": "push.jsonl",
    "portal": "portal.jsonl",
    **{way: f"{way}.jsonl" for way in WAYS_BESIDES},
}

LETTER = ".txt"

_ACTION_ID = re.compile(r"[A-Za-z0-9-]{1,64}")
_UNNAMEABLE = re.compile(r"[^A-Za-z0-9.-]+")


class Files(Depositing):
    """Delivers into a folder, which is made at the first delivery.

    `receipt` says what a written file proves: that the action was sent (default), or, for demonstrations and tests,
    that it reached the debtor.
    """

    __slots__ = ("_delivered", "_lines", "receipt")

    def __init__(self, folder: str | Path, *, receipt: Literal["sent", "delivered"] = "sent") -> None:
        if receipt not in ("sent", "delivered"):
            raise UsageError(f'receipt is "sent" or "delivered", not {receipt!r}')
        super().__init__(folder)
        self.receipt: Literal["sent", "delivered"] = receipt
        self._delivered: dict[str, str] | None = None
        self._lines = {way: Lines(self.folder / name) for way, name in LINES.items()}

    def __repr__(self) -> str:
        return f"Files({str(self.folder)!r}, receipt={self.receipt!r})"

    def __reduce__(self) -> tuple[object, ...]:
        return _files, (self.folder, self.receipt)

    @property
    def name(self) -> str:
        return "files"

    @property
    def handles(self) -> frozenset[Channel | str]:
        return frozenset({*OFFERED, *WAYS_BESIDES})

    def deliver_asking(self, message: Message, *, seconds: float, may_go: Callable[[], bool]) -> Outcome | Withheld:
        """`deliver`, asking when nobody else writes to the folder any more."""
        if not _ACTION_ID.fullmatch(message.action_id):
            raise UsageError(f"{message.action_id!r} cannot end a file name: an action's id is letters and digits")
        check_handled(self, message)
        if why := no_way(message):
            return Bounced(why)
        try:
            deposit = self._deposit(message, _content(message))
        except Unfit as unfit:
            return Bounced(str(unfit))
        outcome = deposited(self.folder, deposit, seconds=seconds, may_go=may_go)
        return replace(outcome, delivered=self.receipt == "delivered") if isinstance(outcome, Sent) else outcome

    def _deposit(self, message: Message, content: bytes) -> Deposit:
        way = message.action.spec.way
        if way in LINES:
            return line_of(self._lines[way], message.action_id, json.loads(content))
        ending = ".eml" if way == Channel.EMAIL.value else LETTER
        name = _file_name(message) + ending

        def known() -> str:
            return self._known().get(message.key, name if (self.folder / name).exists() else "")

        def write() -> str:
            self._enclose(message, ending)
            publish(self.folder / name, content)
            self._known()[message.key] = name
            return name

        return Deposit(known, write)

    def _enclose(self, message: Message, ending: str) -> None:
        """Write what goes with a letter, before the letter: whoever finds that one finds all."""
        for number, document in enumerate(message.attachments if ending == LETTER else (), 1):
            beside = f"{_file_name(message)}.{number}.{_UNNAMEABLE.sub('-', document.name)[-60:]}"
            publish(self.folder / beside, document.data)

    def _known(self) -> dict[str, str]:
        """Finished files by key, looked up once: the names of our own follow."""
        if self._delivered is None:
            names = [path.name for path in self.folder.iterdir() if path.suffix in (".eml", ".txt")]
            self._delivered = {Path(name).stem.rpartition("_")[2]: name for name in names if not name.startswith(".")}
        return self._delivered


def _files(folder: Path, receipt: Literal["sent", "delivered"]) -> Files:
    return Files(folder, receipt=receipt)


def _content(message: Message) -> bytes:
    """What the file or line holds; `Unfit` where the address is none."""
    spec = message.action.spec
    match spec.channel:
        case Channel.EMAIL:
            return compose(message, _from(message)).data
        case Channel.LETTER:
            return page(message).encode()
        case Channel.SMS | Channel.CALL:
            number = one_line(message.receiver.phone or "")
            return _line(message, to=number, text=plain_text(message.text).strip("\n"))
        case Channel.PUSH | Channel.PORTAL:
            to = message.receiver.push if spec.channel is Channel.PUSH else message.receiver.id
            text = plain_text(message.text).strip("\n")
            return _line(message, to=one_line(to or ""), subject=one_line(message.subject), text=text)
        case _:
            if spec.do is Do.HAND_OFF:
                return _line(message, agency=spec.name, placement=_structure(message.text))
            return _line(message, to=spec.name, do=spec.words, details=_structure(message.text))


def _from(message: Message) -> str:
    creditor = message.sender
    return addr_spec(creditor.email) if creditor is not None and creditor.email is not None else NOBODY


def _line(message: Message, **content: object) -> bytes:
    action = message.action
    line = {
        "action": message.action_id,
        "at": iso(message.at, (message.sender and message.sender.zone) or "UTC"),
        "case": action.case_id,
        "debtor": message.debtor.id,
        "step": action.step,
        **content,
    }
    return json.dumps(line).encode()


def _structure(text: str) -> object:
    """A hand-off's text is JSON already: it stands in the line as such, not as a string in a string."""
    try:
        return json.loads(text)
    except ValueError:
        return plain_text(text)


def _file_name(message: Message) -> str:
    """Day, invoice, step and action: sorted by name they are sorted by day."""
    action = message.action
    day = f"{moment(message.at, (message.sender and message.sender.zone) or 'UTC'):%Y-%m-%d}"
    words = (day, *(_slug(word) for word in (*action.invoices[:1], action.step)), message.key)
    return "_".join(word for word in words if word)


def _slug(word: str) -> str:
    plain = unicodedata.normalize("NFKD", word).encode("ascii", "ignore").decode()
    return _UNNAMEABLE.sub("-", plain).strip("-.")[:40]
