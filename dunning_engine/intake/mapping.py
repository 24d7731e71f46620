"""Mapping files: which column of a table holds what, with every mistake at its place.

invoice: invoiceNumber
due: {column: DueDate, format: "M/D/YYYY"}
disputed: {column: Disputed, values: {Yes: true, No: false}}
currency: {value: USD}
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final, TypeAlias

from dunning_engine.intake.fields import DEBTOR_FIELDS, DEBTOR_NEEDS, INVOICE_FIELDS, INVOICE_NEEDS, Field, date_by
from dunning_engine.kernel import yamltext
from dunning_engine.kernel.diagnostics import Diagnostic, Place, in_order, suggest

CODES: Mapping[str, str] = MappingProxyType({
    "DUN251": "A mapping file is a list of keys, each with its column",
    "DUN252": "A key that mappings do not have",
    "DUN253": "A key that a mapping needs",
    "DUN254": "A column is named by its text or by {column: …}, a constant by {value: …}",
    "DUN255": "A key that a column does not have",
    "DUN256": "Keys of a column that exclude each other",
    "DUN257": "A date format that cannot be read",
    "DUN258": "A list of values that cannot be read",
    "DUN259": "A column that the table does not have",
    "DUN260": "A constant that does not fit its key",
    "DUN261": "A value that does not fit its key",
    "DUN262": "A column whose name the table has twice",
})  # fmt: skip

_PARTS: Final = ("column", "columns", "format", "values", "value")
_TOKEN = re.compile(r"\[[^\[\]]*\]|YYYY|YY|MMMM|MMM|MM|M|Do|DD|D|dddd|ddd|HH|H|hh|h|mm|m|ss|s|S+|A|a|[^A-Za-z\[\]\\]")
_DATE_PARTS = (("YYYY", "YY"), ("MMMM", "MMM", "MM", "M"), ("Do", "DD", "D"))


@dataclass(frozen=True, slots=True)
class Column:
    """A column by its name in the table, and where the mapping names it."""

    name: str
    place: Place


@dataclass(frozen=True, slots=True)
class FromColumns:
    """A value from a cell (several only for an address): by a date format, or by a list of values."""

    columns: tuple[Column, ...]
    layout: str | None = None
    values: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Constant:
    """The same value for every line."""

    text: str


Origin: TypeAlias = FromColumns | Constant


@dataclass(frozen=True, slots=True)
class FileMapping:
    """Where each value of a table's line comes from."""

    file: str
    origins: Mapping[str, Origin]


@dataclass(frozen=True, slots=True)
class Loaded:
    """A mapping without mistakes, or the mistakes."""

    mapping: FileMapping | None
    diagnostics: tuple[Diagnostic, ...] = ()


def load_mapping(text: str, *, file: str, header: tuple[str, ...] | None = None, of: str = "invoices") -> Loaded:
    """The mapping in a YAML text for a table `of` "invoices" or "debtors".

    With the table's header, columns that it does not have are mistakes too.
    """
    parsed = yamltext.parse(text, file=file)
    fields, needs = (DEBTOR_FIELDS, DEBTOR_NEEDS) if of == "debtors" else (INVOICE_FIELDS, INVOICE_NEEDS)
    return shaped(parsed, fields, needs, file=file, header=header)


def shaped(
    parsed: yamltext.Parsed,
    fields: Mapping[str, Field],
    needs: tuple[str, ...] = (),
    *,
    file: str,
    header: tuple[str, ...] | None = None,
) -> Loaded:
    """The mapping in a tree, for a table with keys of its own."""
    if parsed.node is None:
        return Loaded(None, parsed.diagnostics)
    shape = _Shape(fields, needs)
    mapping = FileMapping(file, MappingProxyType(shape.origins(parsed.node)))
    missing = () if header is None else check_columns(mapping, header)
    diagnostics = in_order((*parsed.diagnostics, *shape.findings, *missing))
    return Loaded(None if diagnostics else mapping, diagnostics)


def check_columns(mapping: FileMapping, header: tuple[str, ...]) -> tuple[Diagnostic, ...]:
    """Columns of a mapping that a table does not have, or has twice."""
    findings = []
    for column in _columns(mapping):
        if column.name not in header:
            message = f'the table has no column "{column.name}"'
            meant = suggest(column.name, header)
            findings.append(Diagnostic("DUN259", message, column.place, suggestion=meant, accepted=header))
        elif header.count(column.name) > 1:
            findings.append(Diagnostic("DUN262", f'the table has two columns "{column.name}"', column.place))
    return in_order(findings)


def by_name(header: tuple[str, ...], fields: Mapping[str, Field], *, file: str) -> FileMapping:
    """The mapping of a table whose columns have the names of the keys."""
    places = {name: Place(file, 1, 1, 1) for name in header if name in fields}
    return FileMapping(file, {name: FromColumns((Column(name, place),)) for name, place in places.items()})


def _columns(mapping: FileMapping) -> Iterator[Column]:
    for origin in mapping.origins.values():
        if isinstance(origin, FromColumns):
            yield from origin.columns


class _Shape:
    """One pass over the tree of a mapping file; `findings` are its mistakes."""

    def __init__(self, fields: Mapping[str, Field], needs: tuple[str, ...]) -> None:
        self.fields = fields
        self.needs = needs
        self.findings: list[Diagnostic] = []

    def note(self, code: str, message: str, place: Place, near: str = "", accepted: tuple[str, ...] = ()) -> None:
        meant = suggest(near, accepted) if near else None
        self.findings.append(Diagnostic(code, message, place, suggestion=meant, accepted=accepted))

    def origins(self, node: yamltext.Node) -> dict[str, Origin]:
        if not isinstance(node, yamltext.Mapping):
            self.note("DUN251", CODES["DUN251"].lower(), node.place, accepted=tuple(self.fields))
            return {}
        for key in self.needs:
            if key not in node.keys():  # noqa: SIM118 - a node of the tree is no dict
                self.note("DUN253", f'the key "{key}" is missing', node.place, accepted=(f"{key}: COLUMN",))
        found = {}
        for name, value in node.entries:
            if name.text not in self.fields:
                accepted = tuple(self.fields)
                self.note("DUN252", f'"{name.text}" is no key of a mapping', name.place, name.text, accepted)
            elif origin := self.origin(name.text, value):
                found[name.text] = origin
        return found

    def origin(self, key: str, node: yamltext.Node) -> Origin | None:
        match node:
            case yamltext.Scalar() if node.text:
                return FromColumns((Column(node.text, node.place),))
            case yamltext.Mapping():
                return self.detailed(key, node)
            case _:
                forms = ("COLUMN", "{column: COLUMN}", "{value: CONSTANT}")
                self.note("DUN254", f'"{key}" needs the name of a column, or a constant', node.place, accepted=forms)
                return None

    def detailed(self, key: str, node: yamltext.Mapping) -> Origin | None:
        parts = tuple(part for part in _PARTS if part != "columns" or key == "address")
        before = len(self.findings)
        for name, _ in node.entries:
            if name.text not in parts:
                self.note("DUN255", f'"{name.text}" says nothing about a column', name.place, name.text, parts)
        given = [part for part in parts if node.get(part) is not None]
        if "value" in given:
            self.alone(node, given, "value")
            return self.constant(key, node)
        columns = self.columns(node, given, told=len(self.findings) > before)
        if "format" in given:
            self.alone(node, given, "format")
        layout = self.layout(key, node.get("format"))
        values = self.values(key, node.get("values"))
        return FromColumns(columns, layout, values) if len(self.findings) == before else None

    def alone(self, node: yamltext.Mapping, given: list[str], part: str) -> None:
        others = [other for other in given if other != part and (part, other) != ("format", "column")]
        for other in others:
            place = next(name.place for name, _ in node.entries if name.text == other)
            self.note("DUN256", f'"{other}" and "{part}" exclude each other', place)

    def constant(self, key: str, node: yamltext.Mapping) -> Origin | None:
        value = node.get("value")
        if not isinstance(value, yamltext.Scalar):
            self.note("DUN260", f'the constant of "{key}" is one text', node.place if value is None else value.place)
            return None
        return Constant(value.text) if self.fits("DUN260", key, value.text, value.place) else None

    def fits(self, code: str, key: str, text: str, place: Place) -> bool:
        field = self.fields[key]
        try:
            field.parse(text)
        except ValueError as error:
            self.note(code, f'"{key}": {error}', place, text, field.accepted)
            return False
        return True

    def columns(self, node: yamltext.Mapping, given: list[str], *, told: bool) -> tuple[Column, ...]:
        """The columns of an origin; a missing one is no second mistake where another key is misspelt."""
        if "column" in given and "columns" in given:
            self.note("DUN256", '"column" and "columns" exclude each other', node.place)
            return ()
        if "column" not in given and "columns" not in given:
            if not told:
                self.note("DUN254", 'a column is missing: write "column: …"', node.place)
            return ()
        listed = node.get("columns") or node.get("column")
        nodes = listed.items if isinstance(listed, yamltext.Sequence) and "columns" in given else (listed,)
        for item in nodes:
            if not (isinstance(item, yamltext.Scalar) and item.text):
                self.note("DUN254", "a column is named by its text", node.place if item is None else item.place)
        return tuple(Column(item.text, item.place) for item in nodes if isinstance(item, yamltext.Scalar))

    def layout(self, key: str, node: yamltext.Node | None) -> str | None:
        if node is None:
            return None
        if not isinstance(node, yamltext.Scalar):
            self.note("DUN257", "a format is one text such as M/D/YYYY", node.place)
        elif not self.fields[key].is_date:
            dates = tuple(name for name, field in self.fields.items() if field.is_date)
            self.note("DUN257", f'"{key}" is no date: only dates have a format', node.place, accepted=dates)
        elif not _readable(node.text):
            upper = node.text.upper()
            message = f'"{node.text}" is no format of a date: it needs a year (YYYY), a month (M) and a day (D)'
            accepted = ("YYYY-MM-DD", "M/D/YYYY", "DD.MM.YYYY", "D MMM YYYY")
            meant = upper if _readable(upper) else None
            self.findings.append(Diagnostic("DUN257", message, node.place, suggestion=meant, accepted=accepted))
        else:
            return node.text
        return None

    def values(self, key: str, node: yamltext.Node | None) -> Mapping[str, str] | None:
        if node is None:
            return None
        if not isinstance(node, yamltext.Mapping):
            self.note("DUN258", "values are written {text in the table: what it means}", node.place)
            return None
        meanings = {}
        for name, value in node.entries:
            if not isinstance(value, yamltext.Scalar):
                self.note("DUN258", f'the meaning of "{name.text}" is one text', value.place)
            elif not value.text or self.fits("DUN261", key, value.text, value.place):
                meanings[name.text.strip()] = value.text
        return MappingProxyType(meanings)


def _readable(layout: str) -> bool:
    """Whether a layout names year, month and day once, and else holds only a time of day and signs."""
    tokens = [match[0] for match in _TOKEN.finditer(layout)]
    named = [[token for token in tokens if token in part] for part in _DATE_PARTS]
    return "".join(tokens) == layout and all(len(part) == 1 for part in named)


def reader(field: Field, origin: Origin) -> Callable[[str], Any]:
    """How the text of a cell becomes a value for a key."""
    if field.is_date and isinstance(origin, FromColumns) and origin.layout is not None:
        return date_by(origin.layout)
    return field.parse
