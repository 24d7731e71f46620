"""What any source of invoices gives: rows that were understood, and findings about those that were not.

A reader makes one `Batch` per file; `gather` makes one `Intake` of all batches. Nothing in here knows a clock or a
policy: a fact keeps its date, and whoever knows the policy's zone says at which instant that day begins.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

from dunning_engine.domain.events import CreditNoteIssued, Fact, PaymentReceived
from dunning_engine.domain.facts import FactPhrase, StepNews, in_currency
from dunning_engine.domain.parties import Party
from dunning_engine.domain.receivables import Invoice
from dunning_engine.kernel.calendar import LocalDate
from dunning_engine.kernel.diagnostics import Diagnostic, Severity
from dunning_engine.kernel.money import Money

SOURCE = "intake"
"""Who tells the facts that come by files: with the identity of the fact it makes telling it twice harmless."""


LINES_SHOWN: Final = 3
"""How many further lines a finding names."""


class Unfit(ValueError):
    """Why the text of one key cannot be what it says."""

    def __init__(self, key: str, text: str, message: str) -> None:
        self.key, self.text = key, text
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class Finding:
    """Something about one line of a file, or also of `more` lines; an error means that they were left out.

    `column` is its name there, `subject` the part of the message in which findings differ that say the same.
    """

    file: str
    line: int
    message: str
    severity: Severity = Severity.ERROR
    column: str = ""
    more: tuple[int, ...] = ()
    subject: str = field(default="", compare=False)

    def __str__(self) -> str:
        column = f"{self.column}: " if self.column else ""
        return f"{self.file}:{self.line}: {self.severity.value}: {column}{self.message}{self._elsewhere()}"

    def _elsewhere(self) -> str:
        if not self.more:
            return ""
        first = ", ".join(map(str, self.more[:LINES_SHOWN]))
        rest = " …" if self.more[LINES_SHOWN:] else ""
        return f"; {len(self.more):,} more like this, in line{'s' if self.more[1:] else ''} {first}{rest}"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a file as values by key."""

    file: str
    number: int
    values: Mapping[str, Any]

    def finding(self, error: ValueError, columns: Mapping[str, str] = MappingProxyType({})) -> Finding:
        """Why the line is left out; `columns` are the names of its columns by key."""
        if isinstance(error, Unfit):
            column = columns.get(error.key, "")
            return Finding(self.file, self.number, str(error), column=column, subject=error.text)
        return Finding(self.file, self.number, str(error))


@dataclass(frozen=True, slots=True, kw_only=True)
class DatedFact:
    """A fact of a day; `None` means "since we know them". It is about a debtor, a case or an invoice, as its file says.

    `event_id` follows from the content, so that the same line gives the same fact in every run.
    """

    date: LocalDate | None
    fact: FactPhrase | PaymentReceived | CreditNoteIssued
    event_id: str
    debtor: str | None = None
    case: str | None = None
    invoice: str | None = None
    file: str = field(compare=False)
    line: int = field(compare=False)

    def event(self, currency: str, zone: str = "UTC") -> Fact | StepNews:
        """The event in a case of this currency and zone; `StepNews` is for whoever knows the case's actions."""
        if isinstance(self.fact, PaymentReceived | CreditNoteIssued):
            return self.fact
        return in_currency(self.fact, currency, zone=zone, source=SOURCE, event_id=self.event_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class IncomingInvoice:
    """An invoice of a debtor, the policy that its line names, and the creditor where the source tells.

    `paid` and `disputed` are what the line says of it as it stands now, in all; `None` where it says nothing.
    """

    debtor: str
    invoice: Invoice
    policy: str | None = None
    creditor: Party | None = None
    paid: Money | None = None
    disputed: bool | None = None
    file: str = field(compare=False)
    line: int = field(compare=False)


@dataclass(frozen=True, slots=True)
class Row:
    """One line about an invoice or credit note: what it says, and the facts that stand in the same line."""

    number: str
    incoming: IncomingInvoice | None
    facts: tuple[DatedFact, ...]
    file: str = field(compare=False)
    line: int = field(compare=False)


@dataclass(frozen=True, slots=True)
class DebtorFacts:
    """What one line tells about a debtor: fields of `Party` by name."""

    id: str
    values: Mapping[str, Any]
    file: str
    line: int


@dataclass(frozen=True, slots=True)
class Batch:
    """One file as far as it could be read. `diagnostics` are mistakes of its mapping: then nothing of it was read."""

    rows: tuple[Row, ...] = ()
    debtors: tuple[DebtorFacts, ...] = ()
    facts: tuple[DatedFact, ...] = ()
    findings: tuple[Finding, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()


@dataclass(frozen=True, slots=True)
class Intake:
    """Everything that came in: open these cases, know these parties, record these facts, tell these findings."""

    receivables: tuple[IncomingInvoice, ...]
    parties: Mapping[str, Party]
    facts: tuple[DatedFact, ...]
    findings: tuple[Finding, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()

    @property
    def errors(self) -> tuple[Finding, ...]:
        """The lines that were left out."""
        return tuple(finding for finding in self.findings if finding.severity is Severity.ERROR)
