"""Reports to credit bureaus as a CSV file that one sends to them, one file a bureau.

| column | what stands in it |
|---|---|
| `action` | identity of the report: it occurs once |
| `reported_on` | day of the report, ISO 8601, where the creditor is |
| `account` | the case |
| `debtor`, `name` | your identity of the debtor, and their name |
| `amount`, `currency` | what is overdue, as decimal text, and its ISO 4217 code |
| `first_delinquency` | due date of the oldest invoice that is reported, ISO 8601 |
| `status` | `overdue`, or in a correction `owed`, `disputed` or `paid` |
| `disputed` | `yes` where the debtor disputes the debt, else `no` |
| `correction_of` | `action` of the report that this corrects; empty in a report |
| `note` | what was to be said beside this; empty in what the engine writes |

UTF-8, comma, a head line; a value is quoted where it has to be. A value that a spreadsheet would take for a formula
begins with an apostrophe.
"""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from dunning_engine.adapters.deposits import Depositing, deposited, line_of
from dunning_engine.adapters.folder import Lines
from dunning_engine.adapters.recipients import check_handled
from dunning_engine.adapters.texts import plain_text
from dunning_engine.domain.verbs import Do
from dunning_engine.kernel.calendar import moment
from dunning_engine.kernel.money import Money
from dunning_engine.ports.adapter import Outcome, Withheld

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from dunning_engine.domain.actions import ProposedAction
    from dunning_engine.domain.parties import Channel
    from dunning_engine.ports.adapter import Message

COLUMNS: Final = (
    "action", "reported_on", "account", "debtor", "name", "amount", "currency", "first_delinquency", "status",
    "disputed", "correction_of", "note",
)  # fmt: skip

_UNNAMEABLE: Final = re.compile(r"[^A-Za-z0-9.-]+")
_FORMULA: Final = re.compile(r"^[=+\-@\t]")


class BureauFile(Depositing):
    """Appends reports and corrections to `<folder>/<bureau>.csv`; the folder is made at the first one."""

    __slots__ = ("_files",)

    def __init__(self, folder: str | Path) -> None:
        super().__init__(folder)
        self._files: dict[str, Lines] = {}

    @property
    def name(self) -> str:
        return "bureau file"

    @property
    def handles(self) -> frozenset[Channel | str]:
        return frozenset({"bureau"})

    def deliver_asking(self, message: Message, *, seconds: float, may_go: Callable[[], bool]) -> Outcome | Withheld:
        """`deliver`, asking when nobody else writes to the folder any more."""
        check_handled(self, message)
        name = f"{_UNNAMEABLE.sub('-', message.action.spec.name).strip('-.') or 'bureau'}.csv"
        deposit = line_of(self._lines(name), message.action_id, reported(message))
        return deposited(self.folder, deposit, seconds=seconds, may_go=may_go)

    def _lines(self, name: str) -> Lines:
        if name not in self._files:
            head = ",".join(COLUMNS).encode() + b"\n"
            self._files[name] = Lines(self.folder / name, write=_line, identity=_identity, head=head)
        return self._files[name]


def reported(message: Message) -> dict[str, str]:
    """The row of a report or a correction."""
    action, told = message.action, _told(message.text)
    correction = action.spec.do is Do.CORRECT
    disputed = action.spec.topic == "disputed" if correction else bool(told.get("disputed"))
    return {
        "action": message.action_id,
        "reported_on": f"{moment(message.at, (message.sender and message.sender.zone) or 'UTC'):%Y-%m-%d}",
        "account": action.case_id,
        "debtor": message.debtor.id,
        "name": message.debtor.name or "",
        "amount": f"{Money.of_minor(action.amount, action.currency).amount:f}",
        "currency": action.currency,
        "first_delinquency": min((invoice["due"] for invoice in told.get("invoices", ())), default=""),
        "status": action.spec.topic if correction else "overdue",
        "disputed": "yes" if disputed else "no",
        "correction_of": corrected(action) if correction else "",
        "note": "" if told else message.text,
    }


def corrected(action: ProposedAction) -> str:
    """The identity of the report that a correction is about: their keys differ in the slot alone."""
    slot = action.key.slot.removeprefix("correct ").rpartition(" ")[0]
    return action.key.beside(slot).action_id(action.case_id)


def _told(text: str) -> dict[str, Any]:
    """What the engine says of the case; nothing where a text is none of its."""
    try:
        told = json.loads(text)
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}


def _line(row: Mapping[str, object]) -> bytes:
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow([_cell(str(row[column])) for column in COLUMNS])
    return line.getvalue().encode("utf-8", "replace")


def _cell(text: str) -> str:
    """A value on one line, which no spreadsheet takes for a formula."""
    plain = plain_text(text).strip("\n").replace("\n", " ").replace("\t", " ")
    return f"'{plain}" if _FORMULA.match(plain) else plain


def _identity(raw: bytes) -> str:
    return raw.partition(b",")[0].decode("ascii", "replace")
