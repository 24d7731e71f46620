"""Compile the packs and rate tables of `dunning_engine/compliance/money` to the JSON beside each.

Run it when one was changed. Every mistake is told at once with file, line and column, and nothing is written while there
is one. The JSON holds the SHA-256 of the YAML, so that a test sees a file that was not compiled.
"""

from __future__ import annotations

import hashlib
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any, TypeAlias

from dunning_engine.compliance.money.pack import Counts, Course, LongerIf, pack_of
from dunning_engine.compliance.money.rates import ReadOn, table_of
from dunning_engine.compliance.rulebook import Confidence
from dunning_engine.domain.parties import PartyKind
from dunning_engine.kernel import yamltext
from dunning_engine.kernel.calendar import parse_date
from dunning_engine.kernel.currencies import DIGITS
from dunning_engine.kernel.diagnostics import Diagnostic, Place, in_order, render, suggest
from dunning_engine.kernel.errors import UsageError
from dunning_engine.kernel.ids import canonical_json
from dunning_engine.kernel.yamltext import Mapping as MappingNode
from dunning_engine.kernel.yamltext import Node, Scalar, Sequence

ROOT = Path(__file__).parents[1] / "dunning_engine/compliance/money"


@dataclass
class Reading:
    """One file on its way to JSON; findings gather, and whatever could be read goes on."""

    findings: list[Diagnostic] = field(default_factory=list)

    def note(self, code: str, message: str, place: Place, accepted: tuple[str, ...] = (), word: str = "") -> None:
        likely = suggest(word, accepted) if word else None
        self.findings.append(Diagnostic(code, message, place, suggestion=likely, accepted=accepted))


Reader: TypeAlias = Callable[[Reading, Node], Any]

# Kinds of values ------------------------------------------------------------------------------------------------------


def text(fits: Callable[[str], object], what: str) -> Reader:
    def read(reading: Reading, node: Node) -> str:
        if not isinstance(node, Scalar) or not node.text:
            reading.note("DUN203", f"here stands {what}", node.place)
            return ""
        if not fits(node.text):
            reading.note("DUN204", f'"{node.text}" is not {what}', node.place)
        return node.text

    return read


def number(pattern: str, what: str) -> Reader:
    return text(re.compile(pattern).fullmatch, what)


def whole(what: str) -> Reader:
    plain = number(r"[1-9][0-9]*", what)

    def read(reading: Reading, node: Node) -> int:
        found = plain(reading, node)
        return int(found) if found.isdecimal() else 0

    return read


def word(words: type[Enum]) -> Reader:
    accepted = tuple(str(member.value) for member in words)

    def read(reading: Reading, node: Node) -> str:
        found = str(TEXT(reading, node))
        if found and found not in accepted:
            reading.note("DUN204", f'"{found}" is none of the words that fit here', node.place, accepted, found)
        return found

    return read


def listing(of: Reader, what: str) -> Reader:
    def read(reading: Reading, node: Node) -> list[Any]:
        if isinstance(node, Sequence) and node.items:
            return [of(reading, item) for item in node.items]
        reading.note("DUN203", f"{what} is a list with at least one item", node.place)
        return []

    return read


def keys(what: str, needed: Mapping[str, Reader], more: Mapping[str, Reader] | None = None) -> Reader:
    known = {**needed, **(more or {})}

    def read(reading: Reading, node: Node) -> dict[str, Any]:
        if not isinstance(node, MappingNode):
            reading.note("DUN203", f"{what} has keys of its own", node.place, tuple(known))
            return {}
        for key, _value in node.entries:
            if key.text not in known:
                reading.note("DUN201", f'"{key.text}" is no key of {what}', key.place, tuple(known), key.text)
        for missing in (key for key in needed if node.get(key) is None):
            reading.note("DUN202", f"{what} needs {missing}", node.place)
        return {key.text: known[key.text](reading, value) for key, value in node.entries if key.text in known}

    return read


def by_day(of: Reader, what: str) -> Reader:
    def read(reading: Reading, node: Node) -> dict[str, Any]:
        if not isinstance(node, MappingNode) or not node.entries:
            reading.note("DUN203", f"{what} needs at least one entry: a day and its value", node.place)
            return {}
        return {DAY(reading, day): of(reading, value) for day, value in node.entries}

    return read


def _is_day(written: str) -> bool:
    try:
        return parse_date(written).isoformat() == written
    except UsageError:
        return False


TEXT = text(bool, "a text")
DAY = text(_is_day, "a day such as 2026-01-01")
NAME = number(r"[a-z][a-z0-9-]*", "a name such as ecb-mro")
PATH = number(r"[a-z]{2}/[a-z0-9-]+", "a pack such as uk/late-payment")
WEB = number(r"https://\S+", "an address such as https://www.legislation.gov.uk/ukpga/1998/20")
HALF = number(r"[0-9]{4}-H[12]", "a half-year such as 2026-H1")
PERCENT = number(r"-?[0-9]{1,2}(\.[0-9]{1,4})?", "a number of percent such as 2.15")
AMOUNT = number(r"[0-9]{1,9}\.[0-9]{2}", "an amount such as 40.00")
CURRENCY = text(DIGITS.__contains__, "an ISO 4217 currency code such as EUR")
DAYS = whole("a number of days such as 30")

# Shapes ---------------------------------------------------------------------------------------------------------------

DEBTORS = listing(word(PartyKind), "the list of debtors")
CITATION = keys("a citation", {"text": TEXT, "url": WEB})
PROVISION: Mapping[str, Reader] = {"says": TEXT, "citation": CITATION, "confidence": word(Confidence)}

RATE = keys("a rate", {"debtors": DEBTORS, "percent": PERCENT}, {"over": NAME})
INTEREST = keys(
    "interest",
    {**PROVISION, "course": word(Course), "rates": listing(RATE, "rates")},
    {"agreed_at_least": keys("the least rate", {"times": PERCENT, "of": NAME})},
)
PAYMENT = keys(
    "payment",
    {**PROVISION, "counts": word(Counts)},
    {"days": DAYS, "longest": DAYS, "longer_if": word(LongerIf), "public": DAYS, "public_longest": DAYS},
)
BAND = keys("a band", {"sum": AMOUNT}, {"below": AMOUNT, "up_to": AMOUNT})
FIXED_SUM = keys("a fixed sum", {**PROVISION, "debtors": DEBTORS, "bands": listing(BAND, "bands")})
PACK = keys(
    "a pack",
    {
        "pack": PATH,
        "title": TEXT,
        "state_of": DAY,
        "currency": CURRENCY,
        "binds": DEBTORS,
        "interest": INTEREST,
        "payment": PAYMENT,
        "fixed_sum": FIXED_SUM,
        "costs": keys("costs", PROVISION),
    },
)
ROW = keys("a row", {"rate": PERCENT, "confidence": word(Confidence)})
TABLE = keys(
    "a table",
    {
        "table": NAME,
        "title": TEXT,
        "unit": TEXT,
        "read_on": word(ReadOn),
        "source": CITATION,
        "last_verified": HALF,
        "rates": by_day(ROW, "rates"),
    },
)

# Files ----------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Kind:
    """A folder of files of one shape, and what reads their JSON again."""

    folder: str
    key: str
    shape: Reader
    check: Callable[[dict[str, Any]], None]


def _check_table(data: dict[str, Any]) -> None:
    table = table_of(data)
    if table.with_rows(()).last_verified != table.last_verified or not table.knows(table.last_verified):
        raise UsageError(f"last_verified is {table.last_verified}, but the last rate is of another half-year")


def _check_pack(data: dict[str, Any]) -> None:
    pack_of(data)


KINDS = (Kind("tables", "table", TABLE, _check_table), Kind("packs", "pack", PACK, _check_pack))


def compile_file(data: bytes, file: str, kind: Kind) -> tuple[str, tuple[Diagnostic, ...]]:
    """The JSON of a file's YAML, and what is wrong with it; the JSON is empty where anything is."""
    parsed = yamltext.parse_bytes(data, file=file)
    reading = Reading()
    found = kind.shape(reading, parsed.node) if parsed.node is not None else {}
    if not parsed.diagnostics and not reading.findings:
        _meaning(found, file, kind, reading)
    findings = in_order((*parsed.diagnostics, *reading.findings))
    if findings:
        return "", findings
    return canonical_json({**found, "sha256": hashlib.sha256(data).hexdigest()}) + "\n", ()


def _meaning(found: dict[str, Any], file: str, kind: Kind, reading: Reading) -> None:
    top = Place(file, 1, 1, 1)
    if not file.endswith(f"/{found[kind.key]}.yaml"):
        reading.note("DUN204", f"{found[kind.key]} is not the name of this file", top)
    try:
        kind.check(found)
    except UsageError as error:
        reading.note("DUN204", str(error), top)


def main() -> int:
    compiled: dict[Path, str] = {}
    mistakes = 0
    for kind in KINDS:
        for source in sorted((ROOT / kind.folder).rglob("*.yaml")):
            written, findings = compile_file(source.read_bytes(), source.relative_to(ROOT.parents[2]).as_posix(), kind)
            for finding in findings:
                print(render(finding, source.read_text(encoding="utf-8")), file=sys.stderr)
            mistakes += len(findings)
            compiled[source.with_suffix(".json")] = written
    if not mistakes:
        for target, written in compiled.items():
            target.write_text(written, encoding="utf-8")
    return min(mistakes, 1)


if __name__ == "__main__":
    sys.exit(main())
