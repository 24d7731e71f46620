"""Tables in text files: bytes to lines, lines to cells, cells to values by a mapping; what cannot be read is told."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from dunning_engine.intake.fields import Field
from dunning_engine.intake.mapping import Constant, FileMapping, reader
from dunning_engine.intake.model import Finding, Line
from dunning_engine.kernel.diagnostics import suggest

DELIMITERS: Final = (",", ";", "\t")
RESTARTS: Final = 100
"""How often reading goes on behind a quote that is never closed; a file with more of them is no table."""


@dataclass(frozen=True, slots=True)
class Table:
    """The header of a table, its lines with their numbers, and what could not be read."""

    file: str
    header: tuple[str, ...]
    lines: tuple[tuple[int, list[str]], ...]
    findings: tuple[Finding, ...]


def read_table(data: str | bytes, *, file: str) -> Table:
    """The cells of a text with a header line; cells are separated by commas, semicolons or tabs, as the header shows."""
    if isinstance(data, bytes) and (why := _no_text(data)):
        return Table(file, (), (), (Finding(file, 1, why),))
    text, findings = (data, []) if isinstance(data, str) else _decoded(data, file)
    lines = list(io.StringIO(text.removeprefix("\ufeff"), newline=""))
    records = []
    for number, cells in _records(lines, _delimiter(lines)):
        if isinstance(cells, str):
            findings.append(Finding(file, number, cells))
        elif any(cells):
            records.append((number, cells))
    if not records or (findings and findings[0].line < records[0][0]):
        return Table(file, (), (), (*findings[:1],) or (Finding(file, 1, "the table is empty"),))
    header = tuple(" ".join(cell.split()) for cell in records[0][1])
    return Table(file, header, tuple(_whole(records[1:], header, file, findings)), tuple(findings))


def header_of(data: str | bytes) -> tuple[str, ...]:
    """The names of a table's columns, to check a mapping against."""
    return read_table(data, file="").header


def _no_text(data: bytes) -> str:
    """Why bytes are no table at all; empty where they may be one."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "this is UTF-16, not UTF-8 text: save the table as CSV in UTF-8"
    return "this is not UTF-8 text: save the table as CSV in UTF-8" if b"\0" in data else ""


def _decoded(data: bytes, file: str) -> tuple[str, list[Finding]]:
    """The text of UTF-8 bytes; lines that are not UTF-8 are left out, and their numbers stay."""
    try:
        return data.decode("utf-8-sig"), []
    except UnicodeDecodeError:
        return _decoded_by_line(data, file)


def _decoded_by_line(data: bytes, file: str) -> tuple[str, list[Finding]]:
    texts, findings = [], []
    for number, line in enumerate(data.split(b"\n"), start=1):
        try:
            texts.append(line.decode("utf-8"))
        except UnicodeDecodeError as error:
            texts.append("")
            at = f"byte {error.start + 1}"
            findings.append(Finding(file, number, f"{at} is not UTF-8: save the table in UTF-8", subject=at))
    return "\n".join(texts), findings


def _delimiter(lines: list[str]) -> str:
    head = next((line for line in lines if line.strip()), "")
    outside = "".join(head.split('"')[::2])
    return max(DELIMITERS, key=outside.count)


def _records(lines: list[str], delimiter: str) -> Iterator[tuple[int, list[str] | str]]:
    """Cells of each record with the number of its first line, or why they cannot be read.

    Behind a quote that is never closed reading goes on in the next line, so that one quote costs one line.
    """
    start = 0
    for _ in range(RESTARTS):
        records = csv.reader(iter(lines[start:]), delimiter=delimiter, strict=True)
        base = start
        while True:
            number = base + records.line_num + 1
            try:
                cells = next(records)
            except StopIteration:
                return
            except csv.Error as error:
                yield number, _explained(error)
                start = number
                break
            yield number, cells
    yield start + 1, "too many quotes that are never closed: the rest of the file is left out"


def _explained(error: csv.Error) -> str:
    if "unexpected end" in str(error):
        return "a quote that begins here is never closed"
    if "field larger" in str(error):
        return "a cell is longer than any text; perhaps a quote is never closed"
    return 'a quote stands inside of a quoted text: write it twice ("")'


def _whole(
    records: list[tuple[int, list[str]]], header: tuple[str, ...], file: str, findings: list[Finding]
) -> Iterator[tuple[int, list[str]]]:
    for number, cells in records:
        if len(cells) == len(header):
            yield number, cells
        else:
            message = f"{len(cells)} cells where the header has {len(header)}"
            findings.append(Finding(file, number, message))


@dataclass(slots=True)
class _Plan:
    """How one key is read from a line: positions of its columns, and every answer so far by the text of the cell."""

    key: str
    columns: tuple[int, ...]
    name: str
    parse: Any
    values: Mapping[str, str] | None
    known: dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Bad:
    message: str
    text: str


class LineReader:
    """Reads lines of one table by a mapping; each distinct text is parsed once, for dates are slow to read."""

    def __init__(self, table: Table, mapping: FileMapping, fields: Mapping[str, Field], needs: tuple[str, ...]) -> None:
        self.table = table
        self.needs = needs
        self.constants: dict[str, Any] = {}
        self.plans: list[_Plan] = []
        self.names: dict[str, str] = {}
        for key, origin in mapping.origins.items():
            if isinstance(origin, Constant):
                self.constants[key] = fields[key].parse(origin.text)
                continue
            name = " ".join(column.name for column in origin.columns)
            at = tuple(table.header.index(column.name) for column in origin.columns)
            self.plans.append(_Plan(key, at, name, reader(fields[key], origin), origin.values, {}))
            self.names[key] = name

    def lines(self, findings: list[Finding]) -> Iterator[Line]:
        """The lines without mistakes; those with mistakes are noted in `findings`."""
        for number, cells in self.table.lines:
            values = self.read(number, cells, findings)
            if values is not None:
                yield Line(self.table.file, number, values)

    def read(self, number: int, cells: list[str], findings: list[Finding]) -> dict[str, Any] | None:
        """The values of a line by key, without empty cells."""
        line = dict(self.constants)
        before = len(findings)
        for plan in self.plans:
            text = cells[plan.columns[0]] if len(plan.columns) == 1 else "\n".join(cells[at] for at in plan.columns)
            value = plan.known.get(text, self)
            if value is self:
                value = plan.known[text] = _value(plan, text.strip())
            if value is None:
                continue
            if isinstance(value, _Bad):
                findings.append(Finding(self.table.file, number, value.message, column=plan.name, subject=value.text))
            else:
                line[plan.key] = value
        missing = [key for key in self.needs if key not in line]
        if missing and len(findings) == before:
            names = ", ".join(self.names.get(key, key) for key in missing)
            findings.append(Finding(self.table.file, number, f"{names}: empty, and nothing goes in without it"))
        return line if len(findings) == before else None


def _value(plan: _Plan, text: str) -> Any:
    if plan.values is not None:
        if text not in plan.values:
            return None if not text else _unknown(plan.values, text)
        text = plan.values[text]
    if not text:
        return None
    try:
        return plan.parse(text)
    except ValueError as error:
        return _Bad(str(error), text)


def _unknown(values: Mapping[str, str], text: str) -> _Bad:
    meant = suggest(text, values)
    hint = f'; did you mean "{meant}"?' if meant else ""
    return _Bad(f'"{text}" is not among the values of the mapping ({", ".join(values)}){hint}', text)
