"""Tables of contacts, from any dialler: a line each, by a mapping or by the headings that diallers use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

from dunning_engine.domain.contacts import Outcome
from dunning_engine.domain.parties import Channel
from dunning_engine.intake.contact_times import of_day, time_by
from dunning_engine.intake.contact_words import CONTACT_FIELDS, known_headings
from dunning_engine.intake.mapping import Column, FileMapping, FromColumns, check_columns
from dunning_engine.intake.model import Finding, Line
from dunning_engine.intake.table import LineReader, Table, read_table
from dunning_engine.kernel.diagnostics import Diagnostic, Place, Severity

WHERE: Final = ("phone", "zone", "region", "postal_code", "country")
"""What a line says of where the debtor may be."""


@dataclass(frozen=True, slots=True)
class ContactRow:
    """One contact as its line tells it. `at` may lack an offset; `where` tells, as text, where the debtor may be."""

    file: str
    line: int
    debtor: str
    at: datetime
    channel: Channel
    outcome: Outcome
    inbound: bool
    debts: tuple[str, ...] = ()
    told: Mapping[str, Any] = field(default_factory=dict)
    where: Mapping[str, str] = field(default_factory=dict)

    def finding(self, message: str, severity: Severity = Severity.ERROR, column: str = "") -> Finding:
        return Finding(self.file, self.line, message, severity, column)


@dataclass(frozen=True, slots=True)
class ContactRows:
    """A table as far as it could be read; `total` counts its lines, `diagnostics` are mistakes of its mapping."""

    rows: tuple[ContactRow, ...] = ()
    findings: tuple[Finding, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()
    total: int = 0


def read_contacts(data: str | bytes, mapping: FileMapping | None = None, *, file: str) -> ContactRows:
    """The contacts of a table. Without a mapping its columns are known by their headings."""
    table = read_table(data, file=file)
    if not table.header:
        return ContactRows(findings=table.findings)
    total = len(table.lines) + len(table.findings)
    used = mapping or _by_headings(table)
    lacking = _lacking(used)
    if mapping is not None and (diagnostics := (*check_columns(used, table.header), *lacking)):
        return ContactRows(diagnostics=diagnostics, total=total)
    if lacking:
        words = [f"{finding.message}; the headings are {', '.join(table.header)}" for finding in lacking]
        return ContactRows(findings=tuple(Finding(file, 1, each) for each in words), total=total)
    rows, findings = _rows(table, used)
    return ContactRows(rows, (*table.findings, *_notes(table, used, by_hand=mapping is not None), *findings), (), total)


def _by_headings(table: Table) -> FileMapping:
    places = {name: Place(table.file, 1, 1, 1) for name in table.header}
    known = known_headings(table.header).items()
    return FileMapping(table.file, {key: FromColumns((Column(name, places[name]),)) for key, name in known})


def _lacking(mapping: FileMapping) -> tuple[Diagnostic, ...]:
    """What no contact can do without: when it was, and whom it was with."""
    keys, place = mapping.origins.keys(), Place(mapping.file, 1, 1, 1)
    lacking = []
    if "at" not in keys and not {"date", "time"} <= keys:
        lacking.append(Diagnostic("DUN253", 'no column says when: map "at", or "date" and "time"', place))
    if not {"debtor", "debt", "phone"} & keys:
        lacking.append(Diagnostic("DUN253", 'no column says whom: map "debtor", "debt" or "phone"', place))
    return tuple(lacking)


def _notes(table: Table, mapping: FileMapping, *, by_hand: bool) -> list[Finding]:
    """What is taken for granted about the whole table."""
    notes = []
    if not by_hand:
        known = {k: origin.columns[0].name for k, origin in mapping.origins.items() if isinstance(origin, FromColumns)}
        read = ", ".join(f"{key} from {name}" for key, name in known.items())
        notes.append(f"read by its headings: {read}")
        unread = [name for name in table.header if name not in known.values()]
        notes += [f"not read: {', '.join(unread)}"] if unread else []
    for key, words in (
        ("channel", "no column says the channel: every contact is taken for a call"),
        ("direction", "no column says who began: every contact is taken for the collector's"),
        ("outcome", "no column says what came of it: every contact is taken for an attempt"),
        ("debt", "no column says which debt it was about: each contact counts for all debts of the debtor"),
    ):
        notes += [words] if key not in mapping.origins else []
    return [Finding(table.file, 1, words, Severity.NOTE) for words in notes]


def _rows(table: Table, mapping: FileMapping) -> tuple[tuple[ContactRow, ...], list[Finding]]:
    layouts = {key: origin.layout for key, origin in mapping.origins.items() if isinstance(origin, FromColumns)}
    plain = {
        key: replace(origin, layout=None) if isinstance(origin, FromColumns) else origin
        for key, origin in mapping.origins.items()
    }
    reader = LineReader(table, FileMapping(mapping.file, plain), CONTACT_FIELDS, ())
    rows: list[ContactRow] = []
    findings: list[Finding] = []
    for line in reader.lines(findings):
        try:
            rows.append(_row(line, layouts))
        except ValueError as error:
            findings.append(line.finding(error, {"at": reader.names.get("at") or reader.names.get("date", "")}))
    return tuple(rows), findings


def _row(line: Line, layouts: Mapping[str, str | None]) -> ContactRow:
    values = line.values
    debts: tuple[str, ...] = values.get("debt", ())
    debtor = values.get("debtor") or " ".join(debts) or values.get("phone")
    if not debtor:
        raise ValueError("nothing tells whom it was with")
    told = {
        key: values[key]
        for key in ("line", "addressee", "reply", "answered", "kind", "purpose", "form", "address")
        if key in values
    }
    return ContactRow(
        file=line.file,
        line=line.number,
        debtor=debtor,
        at=_time(values, layouts),
        channel=values.get("channel", Channel.CALL),
        outcome=values.get("outcome", Outcome.ATTEMPTED),
        inbound=values.get("direction", False),
        debts=debts,
        told=told,
        where={key: values[key] for key in WHERE if key in values},
    )


def _time(values: Mapping[str, Any], layouts: Mapping[str, str | None]) -> datetime:
    if "at" in values:
        return time_by(values["at"], layouts.get("at"))
    if "date" not in values or "time" not in values:
        raise ValueError("nothing tells at which time it was")
    layout = layouts.get("date")
    day = values["date"] if layout is None else f"{time_by(values['date'], layout):%Y-%m-%d}"
    return time_by(f"{day}T{of_day(values['time'])}", None)
