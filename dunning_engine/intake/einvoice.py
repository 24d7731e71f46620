"""Electronic invoices and credit notes in UBL 2.1 and UN/CEFACT CII: one document, one batch.

Only what opens a case is read, and the amount due for payment (BT-115), which is what is left after prepayments. The
files come from strangers: entities, document types and the network are out, and so are files of unusual size.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final, TypeAlias, TypeVar

from dunning_engine.domain.parties import Party, PartyKind
from dunning_engine.intake.fields import (
    amount_of,
    country_of,
    currency_of,
    date_by,
    email_of,
    phone_of,
    region_of,
    text_of,
)
from dunning_engine.intake.invoices import doubts, row_of
from dunning_engine.intake.model import Batch, DebtorFacts, Finding, Line
from dunning_engine.intake.syntaxes import CREDIT_NOTES, ROOTS, Syntax
from dunning_engine.kernel.calendar import LocalDate
from dunning_engine.kernel.diagnostics import Severity
from dunning_engine.kernel.errors import UsageError
from dunning_engine.kernel.spans import add_months

T = TypeVar("T")

Element: TypeAlias = Any
"""An element of `lxml`, whose published annotations lack half of what is used here."""

BYTES_MAX: Final = 20_000_000
"""Attachments make invoices large; beyond this it is something else."""

_ISO_REGION = re.compile(r"[A-Z]{2}-[A-Z0-9]{1,3}")
_DAY_FORMAT: Final = "102"
"""CCYYMMDD in UNTDID 2379, the only format of a day that EN 16931 allows in CII."""
_DAYS: Final = {"DAY": 1, "WEE": 7}
_MONTH: Final = "MON"


def read_einvoice(data: bytes, *, file: str, policy: str | None = None) -> Batch:
    """The invoice or credit note in an XML document; the buyer is a business."""
    root = _root(data, file)
    if isinstance(root, Finding):
        return Batch(findings=(root,))
    syntax = ROOTS.get(root.tag)
    if syntax is None:
        message = f"{root.tag!r} is no UBL 2.1 invoice, UBL 2.1 credit note or CII invoice"
        return Batch(findings=(Finding(file, _line(root), message),))
    return _Document(root, syntax, file).batch(policy)


def _root(data: bytes, file: str) -> Element | Finding:
    try:
        from lxml import etree
    except ModuleNotFoundError:
        raise UsageError("e-invoices are read with lxml: install dunning-engine[einvoice]") from None
    if len(data) > BYTES_MAX:
        return Finding(file, 1, f"the file has more than {BYTES_MAX:,} bytes")
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True, remove_pis=True
    )
    try:
        root: Element = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        return Finding(file, error.lineno or 1, f"this is no XML: {error.msg}")
    if root.getroottree().docinfo.doctype:
        return Finding(file, 1, "the file has a document type, which no e-invoice has: it may hide entities")
    return root


class _Document:
    """Reads one document; `findings` say where something is missing or cannot be read."""

    def __init__(self, root: Element, syntax: Syntax, file: str) -> None:
        self.root = root
        self.syntax = syntax
        self.file = file
        self.findings: list[Finding] = []

    def batch(self, policy: str | None) -> Batch:
        buyer = self.party(self.syntax.buyer, "buyer")
        seller = self.party(self.syntax.seller, "seller")
        values = self.values()
        if self.refused() or values is None or buyer is None:
            return Batch(findings=tuple(self.findings))
        number = self.find(self.root, self.syntax.number)
        at = _line(self.root if number is None else number)
        identity = buyer.pop("id")
        line = Line(self.file, at, {**values, "debtor": identity, **({"policy": policy} if policy else {})})
        creditor = None if seller is None else Party(**seller)
        try:
            row = row_of(line, creditor)
        except ValueError as error:
            return Batch(findings=(*self.findings, line.finding(error)))
        debtor = DebtorFacts(identity, buyer, self.file, at)
        return Batch(rows=(row,), debtors=(debtor,), findings=(*self.findings, *doubts(row)))

    def values(self) -> dict[str, Any] | None:
        """What the document says about money and days, by the keys of a line."""
        syntax = self.syntax
        number = self.need(syntax.number, text_of, "invoice number")
        issued = self.need(syntax.issued, None, "issue date")
        currency = self.need(syntax.currency, currency_of, "currency")
        amount = self.need(syntax.amount, amount_of, "amount due for payment")
        if number is None or issued is None or currency is None or amount is None:
            return None
        self.same_currency(currency)
        credit = self.is_credit_note()
        if credit and amount < 0:
            self.note(self.root, "a credit note over a negative amount: enter by hand what it means", Severity.ERROR)
        values = {"invoice": number, "issued": issued, "currency": currency, "amount": -amount if credit else amount}
        if values["amount"] < 0:
            preceding = self.preceding()
            return {**values, "credits": preceding} if preceding else values
        return {**values, "due": self.due(issued) if values["amount"] else issued}

    def preceding(self) -> str | None:
        """The invoice that a credit note is about; where it names several, none of them alone."""
        elements = self.root.findall(self.syntax.preceding, dict(self.syntax.namespaces))
        numbers = {number for element in elements if (number := self.parsed(element, text_of, Severity.NOTE))}
        if len(numbers) > 1:
            named = ", ".join(sorted(numbers))
            self.note(elements[0], f"it credits several invoices ({named}): it is about none of them alone")
        return numbers.pop() if len(numbers) == 1 else None

    def is_credit_note(self) -> bool:
        kinds = [self.find(self.root, path) for path in self.syntax.kind]
        codes = {_text(kind) for kind in kinds if kind is not None}
        return self.root.tag.endswith("}CreditNote") or bool(codes & CREDIT_NOTES)

    def same_currency(self, currency: str) -> None:
        element = self.find(self.root, self.syntax.amount)
        if element is not None and element.get("currencyID", currency) != currency:
            message = f"the amount is in {element.get('currencyID')}, the invoice in {currency}"
            self.note(element, message, Severity.ERROR)

    def due(self, issued: LocalDate) -> LocalDate:
        """The due date: as it stands there (the last, where there are instalments), by a period, or on issue."""
        dates = [day for path in self.syntax.due for day in self.days(path)]
        if len(set(dates)) > 1:
            self.note(self.root, f"several due dates: the last one, {max(dates)}, counts for the whole")
        if dates:
            return max(dates)
        for path in self.syntax.period:
            element = self.find(self.root, path)
            if element is not None and (due := _after(issued, element)) is not None:
                return due
        terms = self.read(self.root, self.syntax.terms, text_of)
        self.note(
            self.root, f"no due date: due when issued, on {issued}{f'; its terms say {terms!r}' if terms else ''}"
        )
        return issued

    def days(self, path: str) -> list[LocalDate]:
        elements = self.root.findall(path, dict(self.syntax.namespaces))
        return [day for element in elements if (day := self.parsed(element, None, Severity.ERROR)) is not None]

    def party(self, path: str, who: str) -> dict[str, Any] | None:
        """Fields of a `Party`. What cannot be read of an address or contact is left out and told."""
        element = self.find(self.root, path)
        paths = self.syntax.party
        name = None if element is None else self.first(element, paths.name, text_of)
        identity = None if element is None else self.first(element, paths.identity, text_of)
        if element is None or (name is None and identity is None):
            severity = Severity.ERROR if who == "buyer" else Severity.NOTE
            self.note(self.root if element is None else element, f"the {who} has no name and no number", severity)
            return None
        country = self.read(element, paths.country, country_of)
        postal_code, city = (self.read(element, place, text_of) for place in (paths.postal_code, paths.city))
        region = self.read(element, paths.region, text_of)
        lines = [self.read(element, line, text_of) for line in paths.lines]
        address = [*lines, " ".join(part for part in (postal_code, city) if part), country if any(lines) else None]
        facts = {
            "id": identity or _slug(name or ""),
            "kind": PartyKind.BUSINESS,
            "name": name,
            "address": tuple(line for line in address if line) if any(lines) else (),
            "postal_code": postal_code,
            "country": country,
            "region": region_of(region) if region and _ISO_REGION.fullmatch(region) else None,
        }
        if who == "buyer":
            facts["email"] = self.first(element, paths.email, email_of)
            facts["phone"] = self.read(element, paths.phone, phone_of)
        return {key: value for key, value in facts.items() if value}

    def find(self, element: Element, path: str) -> Element | None:
        return element.find(path, dict(self.syntax.namespaces))

    def need(self, path: str, parse: Callable[[str], T] | None, what: str) -> Any:
        element = self.find(self.root, path)
        if element is None or not _text(element):
            self.note(self.root if element is None else element, f"the {what} is missing ({path})", Severity.ERROR)
            return None
        return self.parsed(element, parse, Severity.ERROR)

    def first(self, element: Element, paths: tuple[str, ...], parse: Callable[[str], T]) -> T | None:
        values = (self.read(element, path, parse) for path in paths)
        return next((value for value in values if value is not None), None)

    def read(self, element: Element, path: str, parse: Callable[[str], T]) -> T | None:
        found = self.find(element, path)
        return None if found is None or not _text(found) else self.parsed(found, parse, Severity.NOTE)

    def parsed(self, element: Element, parse: Callable[[str], T] | None, severity: Severity) -> Any:
        """The value of an element; without `parse` it is a date."""
        try:
            return _date(element) if parse is None else parse(_text(element))
        except ValueError as error:
            self.note(element, str(error) if severity is Severity.ERROR else f"{error}: left out", severity)
            return None

    def note(self, element: Element, message: str, severity: Severity = Severity.NOTE) -> None:
        self.findings.append(Finding(self.file, _line(element), message, severity))

    def refused(self) -> bool:
        return any(finding.severity is Severity.ERROR for finding in self.findings)


def _text(element: Element) -> str:
    return "".join(str(part) for part in element.itertext()).strip()


def _line(element: Element) -> int:
    line: int | None = element.sourceline
    return line or 1


def _date(element: Element) -> LocalDate:
    """A day as `2013-06-30`, perhaps with a zone or time behind it, or as `20130630` (format 102)."""
    form = element.get("format", _DAY_FORMAT)
    if form != _DAY_FORMAT:
        raise ValueError(f"the date has the format {form}: only {_DAY_FORMAT} names a day")
    return date_by(None)(_text(element)[:10])


def _after(issued: LocalDate, element: Element) -> LocalDate | None:
    """A period after the issue date; none where its unit or count is no plain one."""
    count, unit = _text(element), str(element.get("unitCode", ""))
    if not re.fullmatch("[0-9]{1,4}", count):
        return None
    if unit == _MONTH:
        return LocalDate.fromordinal(add_months(issued.toordinal(), int(count)))
    return LocalDate.fromordinal(issued.toordinal() + int(count) * _DAYS[unit]) if unit in _DAYS else None


def _slug(name: str) -> str:
    """An identity made from a name, where a party has no number."""
    return re.sub(r"\W+", "-", name.casefold()).strip("-") or name
