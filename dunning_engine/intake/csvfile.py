"""Tables of invoices, of debtors and of facts, line by line: a bad line is told, the good ones go in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from dunning_engine.domain.events import OptedOut
from dunning_engine.domain.facts import FactPhrase, about, show_fact
from dunning_engine.intake.fields import (
    DEBTOR_FIELDS,
    DEBTOR_NEEDS,
    EVENT_FIELDS,
    EVENT_NEEDS,
    INVOICE_FIELDS,
    LINE_NEEDS,
    PARTY_FIELDS,
    Field,
)
from dunning_engine.intake.invoices import doubts, row_of
from dunning_engine.intake.mapping import FileMapping, by_name, check_columns
from dunning_engine.intake.model import Batch, DatedFact, DebtorFacts, Finding, Line
from dunning_engine.intake.table import LineReader, Table, read_table
from dunning_engine.kernel.diagnostics import Severity, suggest
from dunning_engine.kernel.ids import short_hash

_PARTY_KEYS = (*PARTY_FIELDS, "address")
_DEBTOR_KEYS = (*_PARTY_KEYS, "paid_late", "policy", "contacts", "guarantors", "representative", "accounts", "payer")


def read_invoices(data: str | bytes, mapping: FileMapping, *, file: str) -> Batch:
    """The invoices of a table, with the payments and disputes that stand in the same lines."""
    table = read_table(data, file=file)
    if not table.header:
        return Batch(findings=table.findings)
    if diagnostics := check_columns(mapping, table.header):
        return Batch(diagnostics=diagnostics)
    findings = list(table.findings)
    rows, debtors = [], []
    reader = LineReader(table, mapping, INVOICE_FIELDS, LINE_NEEDS)
    for line in reader.lines(findings):
        try:
            row = row_of(line)
        except ValueError as error:
            findings.append(line.finding(error, reader.names))
            continue
        rows.append(row)
        findings += doubts(row)
        debtors.append(_debtor(line))
    return Batch(rows=tuple(rows), debtors=tuple(debtors), findings=tuple(findings))


def read_debtors(data: str | bytes, mapping: FileMapping | None = None, *, file: str) -> Batch:
    """What a table tells about debtors: one line each. Without a mapping its columns have the names of the keys."""
    table = read_table(data, file=file)
    if not table.header:
        return Batch(findings=table.findings)
    findings = list(table.findings)
    if mapping is None:
        mapping = by_name(table.header, DEBTOR_FIELDS, file=file)
        findings += _header_findings(table, DEBTOR_FIELDS, DEBTOR_NEEDS)
    if diagnostics := check_columns(mapping, table.header):
        return Batch(diagnostics=diagnostics)
    if not set(DEBTOR_NEEDS) <= mapping.origins.keys():
        return Batch(findings=tuple(findings))
    debtors, facts = [], []
    for line in LineReader(table, mapping, DEBTOR_FIELDS, DEBTOR_NEEDS).lines(findings):
        debtors.append(_debtor(line, _DEBTOR_KEYS))
        facts += _standing(line)
    return Batch(debtors=tuple(debtors), facts=tuple(facts), findings=tuple(findings))


def read_events(data: str | bytes, *, file: str) -> Batch:
    """Dated facts from a table with the columns `date`, `case` or `invoice`, and `fact`."""
    table = read_table(data, file=file)
    if not table.header:
        return Batch(findings=table.findings)
    mapping = by_name(table.header, EVENT_FIELDS, file=file)
    findings = [*table.findings, *_header_findings(table, EVENT_FIELDS, EVENT_NEEDS)]
    if diagnostics := check_columns(mapping, table.header):
        return Batch(diagnostics=diagnostics)
    if not set(EVENT_NEEDS) <= mapping.origins.keys():
        return Batch(findings=tuple(findings))
    facts = []
    told: Counter[str] = Counter()
    for line in LineReader(table, mapping, EVENT_FIELDS, EVENT_NEEDS).lines(findings):
        try:
            facts.append(_told(line, told))
        except ValueError as error:
            findings.append(line.finding(error))
    return Batch(facts=tuple(facts), findings=tuple(findings))


def _header_findings(table: Table, fields: Mapping[str, Field], needs: tuple[str, ...]) -> list[Finding]:
    """Columns that a table without a mapping lacks, and those that mean nothing."""
    strange = [name for name in table.header if name not in fields]
    missing = [key for key in needs if key not in table.header]
    findings = [
        Finding(table.file, 1, f'the table has no column "{key}"{_meant(suggest(key, strange))}') for key in missing
    ]
    for name in strange:
        near = suggest(name, fields)
        severity = Severity.WARNING if near else Severity.NOTE
        findings.append(Finding(table.file, 1, f'the column "{name}" is not used{_meant(near)}', severity))
    return findings


def _meant(near: str | None) -> str:
    return f'; did you mean "{near}"?' if near else ""


def _debtor(line: Line, keys: Sequence[str] = _PARTY_KEYS) -> DebtorFacts:
    values = {key: line.values[key] for key in keys if key in line.values}
    return DebtorFacts(line.values["debtor"], values, line.file, line.number)


def _standing(line: Line) -> list[DatedFact]:
    """Consents and holds of a debtor, which have no date: they stand from the beginning."""
    debtor = line.values["debtor"]
    facts: list[FactPhrase] = [OptedOut(channel) for channel in line.values.get("opted_out", ())]
    facts += line.values.get("holds", ())
    return [
        DatedFact(
            date=None,
            fact=fact,
            event_id=f"debtor {debtor}: {show_fact(fact)}",
            debtor=debtor,
            file=line.file,
            line=line.number,
        )
        for fact in facts
    ]


def _told(line: Line, told: Counter[str]) -> DatedFact:
    """A line of a table of facts. The same words twice are two facts, told apart by their count."""
    date, fact = line.values["date"], line.values["fact"]
    case, invoice = line.values.get("case"), line.values.get("invoice")
    if case is None and invoice is None:
        raise ValueError("nothing tells whom it is about: the case or the invoice is missing")
    content = short_hash("event", str(date), case or "", invoice or "", show_fact(fact))
    told[content] += 1
    return DatedFact(
        date=date,
        fact=fact if invoice is None else about(fact, invoice),
        event_id=content if told[content] == 1 else f"{content}-{told[content]}",
        case=case,
        invoice=invoice,
        file=line.file,
        line=line.number,
    )
