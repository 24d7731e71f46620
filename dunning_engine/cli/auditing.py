"""`dunning audit`: what was done, judged once more by somebody who knows nothing of the gate."""

from __future__ import annotations

import csv
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from dunning_engine.cli.audit_command import AuditFormat
from dunning_engine.cli.screen import columns, counted, has_colour, note, painted, print_json, progress, room
from dunning_engine.compliance.audit.auditor import Breach, audit
from dunning_engine.compliance.audit.scene import Facts
from dunning_engine.compliance.verdict import DOUBTS
from dunning_engine.domain.parties import Collector
from dunning_engine.engine.audit_files import DEBTOR, Audited, Gathered, Settings, gathered, zones_of
from dunning_engine.engine.auditing import is_holiday, law_texts, stored
from dunning_engine.engine.loading import rulebook_names
from dunning_engine.kernel.calendar import iso, moment
from dunning_engine.kernel.countries import COUNTRIES
from dunning_engine.kernel.diagnostics import suggest
from dunning_engine.kernel.errors import UsageError

if TYPE_CHECKING:
    from dunning_engine.domain.contacts import Contact

SHOWN: Final = 20
"""How many things that could not be read are told."""

COUNTRY_OF: Final = {"UK": "GB"}
"""Folders of rulebooks that are not named like their country."""


@dataclass(frozen=True, slots=True)
class Line:
    """A breach with whose it is and where it stands."""

    audited: Audited
    breach: Breach

    @property
    def zone(self) -> str:
        history = self.audited.history
        return history.zones[0] if history.zones else history.zone

    @property
    def contact(self) -> Contact | None:
        return self.audited.history.deeds[self.breach.index].contact

    @property
    def as_json(self) -> dict[str, Any]:
        breach, contact = self.breach, self.contact
        return {
            "debtor": self.audited.history.debtor,
            "at": iso(breach.at, self.zone),
            "zone": self.zone,
            "channel": contact.channel.value if contact else None,
            "debts": list(self.audited.history.deeds[breach.index].debts),
            "rule": breach.rule,
            "code": breach.code,
            "kind": breach.kind,
            "says": breach.says,
            "words": breach.words,
            "evidence": list(breach.evidence),
            "with": [self.audited.origins[other] for other in breach.others],
            "citation": breach.citation,
            "url": breach.url,
            "confidence": breach.confidence,
            "where": self.audited.origins[breach.index],
        }


def run(
    file: Path | None,
    *,
    laws: Sequence[str],
    database: str | None,
    mapping: Path | None,
    collector: str,
    zone: str | None,
    times_in: str | None,
    facts: str | None,
    format: AuditFormat,  # noqa: A002
) -> int:
    """Print every breach; 0 where all of it could be judged and is clean, else 1."""
    if not laws:
        raise UsageError(f"--law: name a rulebook; there are {', '.join(rulebook_names())}")
    books = law_texts(laws)
    settings = Settings(
        collector=_collector(collector), zone=_zone(zone, "--zone"), times_in=_times(times_in), country=_country(laws)
    )
    told = _gathered(file, database, mapping, settings)
    _tell(told.findings)
    mode = _facts(facts, file)
    lines = tuple(_judged(told.histories, books, mode))
    _SHOWING[format](lines)
    _summary(told, lines, mode)
    return 1 if lines or told.left_out else 0


def _gathered(file: Path | None, database: str | None, mapping: Path | None, settings: Settings) -> Gathered:
    if (file is None) is (database is None):
        raise UsageError("name a file with contacts, or a database with --db: one of them")
    told = gathered(file, mapping, settings) if file is not None else _stored(str(database))
    if not any(one.origins for one in told.histories):
        _tell(told.findings)
        raise UsageError(f"there is nothing to judge in {file or database}")
    return told


def _stored(url: str) -> Gathered:
    """The histories of a database that exists: looking should not make one."""
    from dunning_engine.engine.engine import DunningEngine

    head, _, path = url.partition(":///")
    if head == "sqlite" and not Path(path).is_file():
        raise UsageError(f"there is no database {path}")
    with DunningEngine.open(url, policies=[]) as engine:
        return stored(engine)


def _judged(histories: Sequence[Audited], books: Iterable[Any], facts: Facts) -> Iterator[Line]:
    """The breaches of each debtor, under a bar that only a terminal shows."""
    with progress() if shows_progress() else nullcontext() as bar:
        task = bar.add_task("Auditing", total=len(histories)) if bar else None
        for audited in histories:
            for breach in audit(audited.history, books, facts=facts, is_holiday=is_holiday):
                yield Line(audited, breach)
            if bar and task is not None:
                bar.advance(task)


def shows_progress() -> bool:
    """Whether somebody watches."""
    return sys.stderr.isatty()


# Options --------------------------------------------------------------------------------------------------------------


def _collector(word: str) -> Collector:
    words = [collector.value for collector in Collector]
    if word not in words:
        near = suggest(word, words)
        raise UsageError(
            f"--collector: {word!r} is none of {', '.join(words)}{f'; did you mean {near}?' if near else ''}"
        )
    return Collector(word)


def _zone(name: str | None, option: str) -> str | None:
    """A zone by its IANA name, or by a short word that stands for one."""
    if name is None:
        return None
    try:
        zones = zones_of(name)
    except ValueError as error:
        raise UsageError(f"{option}: {error}") from None
    if len(zones) != 1:
        raise UsageError(f"{option}: {name!r} may be {' or '.join(zones)}: name one")
    return zones[0]


def _times(name: str | None) -> str | None:
    return name if name == DEBTOR else _zone(name, "--times-in")


def _facts(word: str | None, file: Path | None) -> Facts:
    """A foreign table holds no facts; our own JSON does."""
    if word is None:
        return Facts.REQUIRED if file is not None and file.suffix.lower() == ".json" else Facts.ASSUMED
    words = [mode.value for mode in Facts]
    if word not in words:
        raise UsageError(f"--facts: {word!r} is none of {', '.join(words)}")
    return Facts(word)


def _country(laws: Sequence[str]) -> str | None:
    """The one country whose law is asked: addresses without a country are read as its own."""
    heads = {law.partition("/")[0].upper() for law in laws}
    found = {COUNTRY_OF.get(head, head) for head in heads}
    return found.pop() if len(found) == 1 and found <= COUNTRIES else None


# What people read -----------------------------------------------------------------------------------------------------


def _tell(findings: Sequence[str]) -> None:
    note(*findings[:SHOWN])
    if len(findings) > SHOWN:
        note(f"and {len(findings) - SHOWN:,} more that could not be read")


def _row(line: Line) -> tuple[str, ...]:
    channel = line.contact.channel.value if line.contact else "-"
    there = moment(line.breach.at, line.zone)
    at = f"{there:%Y-%m-%d %H:%M:%S %Z}" if there.second else f"{there:%Y-%m-%d %H:%M %Z}"
    return line.audited.history.debtor, at, channel, line.breach.rule, line.breach.citation


HEAD: Final = ("debtor", "when", "channel", "rule", "citation")


def _as_table(lines: Sequence[Line]) -> None:
    """A line for each breach, and below it what is wrong: that is the part which nobody wants to see cut off."""
    if not lines:
        return
    head, *body = columns(HEAD, [_row(line) for line in lines], room=room(), whole=(0, 1, 2, 3))
    on = has_colour(sys.stdout)
    print(painted(head, "bold", on=on))
    for text, line in zip(body, lines, strict=True):
        doubt = DOUBTS.get(line.breach.confidence, "")
        words = f"{line.breach.words} ({doubt})" if doubt else line.breach.words
        print(text, painted(f"    {words}", "red", on=on), sep="\n")


def _as_csv(lines: Sequence[Line]) -> None:
    keys = (
        "debtor",
        "at",
        "channel",
        "rule",
        "code",
        "kind",
        "words",
        "evidence",
        "citation",
        "url",
        "confidence",
        "where",
    )
    out = csv.writer(sys.stdout, lineterminator="\n")
    out.writerow(keys)
    for line in lines:
        cells = line.as_json | {"evidence": "; ".join(line.breach.evidence)}
        out.writerow([cells[key] for key in keys])


_SHOWING: Final = {
    AuditFormat.TABLE: _as_table,
    AuditFormat.JSON: lambda lines: print_json([line.as_json for line in lines]),
    AuditFormat.CSV: _as_csv,
}


def _summary(told: Gathered, lines: Sequence[Line], facts: Facts) -> None:
    """How much was judged, what was found, and what could not be judged at all."""
    judged = sum(len(one.origins) for one in told.histories)
    broken = len({(id(line.audited), line.breach.index) for line in lines})
    left = f", {told.left_out:,} not understood" if told.left_out else ""
    debtors = counted(len(told.histories), "debtor")
    note(
        f"{debtors}: {judged:,} judged{left}; {broken:,} broke a rule, {counted(len(lines), 'breach', 'breaches')} in all"
    )
    for rule, times in Counter(line.breach.rule for line in lines).most_common():
        note(f"  {times:,} × {rule}")
    nowhere = [one for one in told.histories if not one.history.zones]
    if nowhere and facts is Facts.ASSUMED:
        contacts = sum(len(one.origins) for one in nowhere)
        note(
            f"of {counted(len(nowhere), 'debtor')} nobody knows the time zone: hours of {contacts:,} were not judged (--zone)"
        )
