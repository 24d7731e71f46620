"""Claims as folders, ready for a court or a law firm: one folder for each bundle that a case has prepared.

    cust-17-INV-1042_small-claim_3f…9a/
      index.md       what is in the folder
      claim.md       parties, amounts, invoices, charges with their working, payments
      history.md     what was done, every contact, and when the case waited
      terms.md       the terms on which interest and fees rest
      case.json      all of it, for machines
      documents/     copies of the invoices, as far as they are to be had

A folder appears whole or not at all, and once for an action.
"""

from __future__ import annotations

import json
import re
import shutil
from typing import TYPE_CHECKING, Any, Final

from dunning_engine.adapters.deposits import Deposit, Depositing, deposited
from dunning_engine.adapters.folder import Unsure, sync
from dunning_engine.adapters.recipients import check_handled
from dunning_engine.adapters.texts import one_line, plain_text
from dunning_engine.kernel.errors import UsageError
from dunning_engine.ports.adapter import Outcome, Withheld

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from dunning_engine.domain.parties import Channel
    from dunning_engine.ports.adapter import Message

_ACTION_ID: Final = re.compile(r"[A-Za-z0-9-]{1,64}")
_UNNAMEABLE: Final = re.compile(r"[^A-Za-z0-9.-]+")


class LegalBundle(Depositing):
    """Writes `prepare: small claim`, `court order` and `file for law firm` as folders below one folder."""

    __slots__ = ()

    @property
    def name(self) -> str:
        return "legal bundle"

    @property
    def handles(self) -> frozenset[Channel | str]:
        return frozenset({"legal"})

    def deliver_asking(self, message: Message, *, seconds: float, may_go: Callable[[], bool]) -> Outcome | Withheld:
        """`deliver`, asking when nobody else writes to the folder any more."""
        if not _ACTION_ID.fullmatch(message.action_id):
            raise UsageError(
                f"{message.action_id!r} cannot end the name of a folder: an action's id is letters and digits"
            )
        check_handled(self, message)
        deposit = Deposit(lambda: self._known(message), lambda: self._write(message))
        return deposited(self.folder, deposit, seconds=seconds, may_go=may_go)

    def _known(self, message: Message) -> str:
        return next((path.name for path in self.folder.glob(f"[!.]*_{message.key}")), "")

    def _write(self, message: Message) -> str:
        """Everything under a hidden name, which a crash leaves behind, then under its own."""
        topic = _slug(message.action.spec.topic) or "bundle"
        whole = self.folder / f"{_slug(message.action.case_id)}_{topic}_{message.key}"
        part = self.folder / f".{whole.name}.part"
        shutil.rmtree(part, ignore_errors=True)
        (part / "documents").mkdir(parents=True)
        for name, text in pages(message).items():
            (part / name).write_bytes(text.encode("utf-8", "replace"))
        for number, document in enumerate(message.attachments, 1):
            (part / "documents" / f"{number}-{_UNNAMEABLE.sub('-', document.name)[-80:]}").write_bytes(document.data)
        for path in (*part.rglob("*"), part):
            sync(path)
        part.rename(whole)
        try:
            sync(self.folder)
        except OSError as trouble:
            raise Unsure(str(trouble)) from trouble
        return whole.name


def pages(message: Message) -> dict[str, str]:
    """The files of a bundle by their names; a text that describes no case is the claim as it stands."""
    try:
        told = json.loads(message.text)
    except ValueError:
        told = None
    if not isinstance(told, dict):
        found = {"claim.md": plain_text(message.text) + "\n"}
    else:
        found = {
            "claim.md": _page(f"Claim: {message.action.spec.topic}", _claim(told)),
            "history.md": _page("History", _history(told)),
            "terms.md": _page("Terms", _terms(told)),
            "case.json": plain_text(message.text) + "\n",
        }
    return {"index.md": _index(message, found), **found}


def _index(message: Message, found: Mapping[str, str]) -> str:
    action = message.action
    lines = [f"- [{name}]({name})" for name in found]
    lines += [f"- documents: {_cell(document.name)}" for document in message.attachments]
    lines += [f"- missing: {_cell(lacking)}" for lacking in message.lacking]
    about = f"Case {_cell(action.case_id)}, debtor {_cell(message.debtor.id)}, action {action.id}."
    return _page(f"{action.spec.topic or action.spec.name}: contents", [about, "", *lines])


def _claim(told: Mapping[str, Any]) -> Iterable[str]:
    currency, amounts = told["currency"], told["amounts"]
    yield from ("## Parties", "")
    for role in ("creditor", "debtor"):
        yield f"- {role}: {_party(told[role])}"
    yield from ("", "## Amounts", "")
    yield from (f"- {name}: {amount} {currency}" for name, amount in amounts.items())
    if told.get("disputed"):
        yield "- the debtor disputes the debt"
    yield from ("", "## Invoices", "")
    yield from _table(told["invoices"], ("number", "issued", "due", "amount", "open", "days_overdue"))
    yield from ("", "## Charges and how they were worked out", "")
    worked = ("kind", "rule", "invoice", "base", "rate", "days", "first", "last", "amount", "open", "citation")
    yield from _table(told.get("charges", ()), worked)
    yield from ("", "## Payments", "")
    yield from _table(told["payments"], ("at", "amount", "invoice"))


def _history(told: Mapping[str, Any]) -> Iterable[str]:
    yield from ("## What was done", "")
    yield from _table(told["history"], ("at", "action", "state"))
    yield from ("", "## Contacts", "")
    yield from _table(told.get("contacts", ()), ("at", "channel", "outcome", "by"))
    yield from ("", "## When the case waited", "")
    yield from _table(told.get("holds", ()), ("reason", "from", "until", "invoice"))


def _terms(told: Mapping[str, Any]) -> Iterable[str]:
    terms, policy = told.get("terms", {}), told["policy"]
    yield f"Collected under the policy {_cell(policy['name'])}, version {policy['version']}: {_cell(terms.get('policy', ''))}."
    yield ""
    yield from (f"- {_cell(sentence)}" for sentence in terms.get("money", ()))


def _party(party: Mapping[str, Any]) -> str:
    known = [
        party.get("name"),
        *(party.get("address") or ()),
        party.get("country"),
        party.get("email"),
        party.get("phone"),
    ]
    return f"{', '.join(_cell(each) for each in known if each)} ({_cell(party['id'])}, {party['kind']})"


def _table(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> Iterable[str]:
    """A table in Markdown; the word none where it would be empty."""
    if not rows:
        yield "none"
        return
    yield f"| {' | '.join(column.replace('_', ' ') for column in columns)} |"
    yield f"|{' --- |' * len(columns)}"
    for row in rows:
        yield f"| {' | '.join('' if row.get(column) is None else _cell(row[column]) for column in columns)} |"


def _cell(value: object) -> str:
    """Text of others on one line: what would begin a cell, a tag or a link is escaped."""
    return re.sub(r"([|<>\[\]`\\])", r"\\\1", one_line(str(value)))


def _page(title: str, lines: Iterable[str]) -> str:
    return "\n".join([f"# {one_line(title)}", "", *lines]) + "\n"


def _slug(word: str) -> str:
    return _UNNAMEABLE.sub("-", word).strip("-.")[:60]
