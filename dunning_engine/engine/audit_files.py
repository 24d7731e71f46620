"""Histories to audit, from files: a table of any dialler, our own JSON; each deed with the place where it stands."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from dunning_engine.compliance.audit.history import Deed, History
from dunning_engine.domain.contacts import CONSUMER, Contact
from dunning_engine.domain.parties import Collector, Party, PartyKind, ZoneHint, united, united_places
from dunning_engine.engine.paths import file_bytes, shown
from dunning_engine.engine.toml_places import Places as TomlPlaces
from dunning_engine.intake.contact_table import ContactRow, read_contacts
from dunning_engine.intake.contact_words import CONTACT_FIELDS, ZONES, folded
from dunning_engine.intake.fields import country_of, phone_of, region_of
from dunning_engine.intake.findings import folded as told_once
from dunning_engine.intake.history_json import Told, read_histories
from dunning_engine.intake.mapping import FileMapping, shaped
from dunning_engine.intake.model import Finding
from dunning_engine.kernel import yamltext
from dunning_engine.kernel.calendar import instant_of, zone
from dunning_engine.kernel.diagnostics import Severity
from dunning_engine.kernel.errors import PolicyInvalid, UsageError
from dunning_engine.whereabouts.places import Places
from dunning_engine.whereabouts.zones import Whereabouts

if TYPE_CHECKING:
    from datetime import datetime

DEBTOR: Final = "debtor"
"""The word for "in the debtor's own zone"."""

NORTH_AMERICA: Final = frozenset({"US", "CA"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What is true of a whole file.

    `zone` is where debtors are of whom nothing tells; `times_in` the zone of times without an offset, or `debtor`;
    `country` the one of addresses that name none.
    """

    collector: Collector = Collector.THIRD_PARTY
    zone: str | None = None
    times_in: str | None = None
    country: str | None = None


@dataclass(frozen=True, slots=True)
class Audited:
    """A history, and where each of its deeds stands (`dialler.csv:14`)."""

    history: History
    origins: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Gathered:
    """Everything that a file told; `left_out` counts contacts that could not be read."""

    histories: tuple[Audited, ...] = ()
    findings: tuple[str, ...] = ()
    left_out: int = 0


def gathered(path: Path, mapping: Path | None, settings: Settings) -> Gathered:
    """The histories of a file; raises `PolicyInvalid` with every mistake of its mapping."""
    data = file_bytes(path)
    if path.suffix.lower() != ".json":
        return _of_table(data, path, mapping, settings)
    if mapping is not None:
        raise UsageError(f"{shown(path)} is JSON: only tables have a mapping")
    told = read_histories(data, file=shown(path))
    histories = tuple(_of_told(one, settings) for one in told.debtors)
    judged = sum(len(one.origins) for one in histories)
    return Gathered(histories, told.findings, told.total - judged)


# Where a debtor may be ------------------------------------------------------------------------------------------------


class _Whereabouts:
    """Hints from what lines tell of one debtor, as text; what cannot be read is told."""

    def __init__(self, debtor: str, kind: PartyKind, settings: Settings) -> None:
        self.party = Party(id=debtor, kind=kind)
        self.settings = settings
        self.zones: dict[ZoneHint, None] = {}
        self.places: dict[Any, None] = {}

    def add(self, told: Mapping[str, str]) -> Iterator[tuple[str, str]]:
        """Take hints from one line; gives each key that cannot be read, and why.

        The usual country helps to read an address or number; alone it says nothing of anybody.
        """
        particulars: dict[str, Any] = {}
        for key, text in told.items():
            try:
                if key == "zone":
                    self.zones[ZoneHint("zone", zones_of(text))] = None
                else:
                    particulars[key] = self._read(key, text)
            except ValueError as error:
                yield key, str(error)
        if self.settings.country and {"region", "postal_code"} & particulars.keys():
            particulars.setdefault("country", self.settings.country)
        party = replace(self.party, **particulars)
        self.zones.update(dict.fromkeys(Whereabouts().hints(party)))
        self.places.update(dict.fromkeys(Places().places(party)))

    def _read(self, key: str, text: str) -> str:
        digits = re.sub(r"[^0-9+]", "", text)
        if key == "phone" and self.settings.country in NORTH_AMERICA and re.fullmatch(r"1?[2-9][0-9]{9}", digits):
            return f"+1{digits[-10:]}"
        return str(_READERS[key](text))

    @property
    def found(self) -> tuple[tuple[str, ...], frozenset[str] | None]:
        """Every zone and place in which the debtor may be; a country alone counts where no line tells more."""
        zones = tuple(hint for hint in self.zones if hint.origin != "country") or tuple(self.zones)
        places = tuple(hint for hint in self.places if hint.origin != "country") or tuple(self.places)
        usual = (self.settings.zone,) if self.settings.zone and not zones else ()
        return united(zones) or usual, united_places(places)


_READERS: Final[Mapping[str, Any]] = {
    "phone": phone_of,
    "region": region_of,
    "country": country_of,
    "postal_code": str,
}


def zones_of(text: str) -> tuple[str, ...]:
    """The zones of a word: an IANA name, or a short one such as ET."""
    word = folded(text).removesuffix(" time").removesuffix(" standard").removesuffix(" daylight")
    if word in ZONES:
        return ZONES[word]
    zone(text)
    return (text,)


# Tables ---------------------------------------------------------------------------------------------------------------


def _of_table(data: bytes, path: Path, mapping: Path | None, settings: Settings) -> Gathered:
    read = read_contacts(data, None if mapping is None else load_contact_mapping(mapping), file=shown(path))
    if read.diagnostics:
        raise PolicyInvalid(read.diagnostics)
    debtors: dict[str, list[ContactRow]] = {}
    for row in read.rows:
        debtors.setdefault(row.debtor, []).append(row)
    findings = list(read.findings)
    histories = tuple(_of_rows(debtor, rows, settings, findings) for debtor, rows in debtors.items())
    judged = sum(len(one.origins) for one in histories)
    return Gathered(histories, tuple(map(str, told_once(findings))), read.total - judged)


def _of_rows(debtor: str, rows: list[ContactRow], settings: Settings, findings: list[Finding]) -> Audited:
    kind = next((row.told["kind"] for row in rows if "kind" in row.told), PartyKind.CONSUMER)
    whereabouts = _Whereabouts(debtor, kind, settings)
    for row in rows:
        findings += [row.finding(why, Severity.WARNING, key) for key, why in whereabouts.add(row.where)]
    zones, places = whereabouts.found
    deeds = []
    for row in rows:
        try:
            deeds.append((f"{row.file}:{row.line}", _deed(row, _instant(row.at, zones, settings))))
        except ValueError as error:
            findings.append(row.finding(str(error)))
    return _audited(
        History(debtor=debtor, kind=kind, collector=settings.collector, zones=zones, places=places), deeds, settings
    )


def _deed(row: ContactRow, at: int) -> Deed:
    told = row.told
    contact = Contact(
        at=at,
        channel=row.channel,
        debts=row.debts,
        outcome=row.outcome,
        inbound=row.inbound,
        line=told.get("line", ""),
        addressee=told.get("addressee", CONSUMER),
        reply=told.get("reply", False),
        answered=told.get("answered", False),
    )
    return Deed.of(contact, {key: told[key] for key in ("purpose", "form", "address") if key in told})


def _instant(at: datetime, zones: tuple[str, ...], settings: Settings) -> int:
    """The instant of a time; one without an offset is read in the zone that somebody named for it."""
    if at.tzinfo is not None:
        return instant_of(at)
    name = settings.times_in or settings.zone
    if name is None:
        raise ValueError(
            f"a time without an offset: say with --times-in ZONE (or --times-in {DEBTOR}) where it is shown"
        )
    if name == DEBTOR:
        if len(zones) != 1:
            where = f"in one of {', '.join(zones)}" if zones else "anywhere"
            raise ValueError(f"a time without an offset, and the debtor may be {where}")
        (name,) = zones
    return _resolved(at, name)


def _resolved(at: datetime, name: str) -> int:
    """The first of two instants where clocks were set back; a time that was skipped is no time."""
    rules: ZoneInfo = zone(name)
    instant = instant_of(at.replace(tzinfo=rules))
    if at.fromtimestamp(instant, rules).replace(tzinfo=None) != at:
        raise ValueError(f"clocks in {name} never showed {at:%Y-%m-%d %H:%M}")
    return instant


def _audited(history: History, deeds: Iterable[tuple[str, Deed]], settings: Settings) -> Audited:
    """The history with its deeds in order of time, and a zone to tell the collector's days in."""
    ordered = sorted(deeds, key=lambda one: one[1].at)
    named = settings.times_in if settings.times_in not in (None, DEBTOR) else settings.zone
    own = named or (history.zones[0] if history.zones else "UTC")
    whole = replace(history, deeds=tuple(deed for _, deed in ordered), zone=own)
    return Audited(whole, tuple(origin for origin, _ in ordered))


# JSON -----------------------------------------------------------------------------------------------------------------


def _of_told(told: Told, settings: Settings) -> Audited:
    whereabouts = _Whereabouts(told.debtor, told.kind, settings)
    for _ in whereabouts.add(told.where):
        pass  # what cannot be read leaves the zone or place unknown, which is told where it matters
    zones, places = whereabouts.found
    history = History(
        debtor=told.debtor,
        kind=told.kind,
        collector=told.collector or settings.collector,
        zones=told.zones or zones,
        places=told.places or places,
        regulators=told.regulators,
        facts=told.facts,
        holds=told.holds,
        opted_out=told.opted_out,
    )
    return _audited(history, told.deeds, settings)


# Mappings -------------------------------------------------------------------------------------------------------------


def load_contact_mapping(path: Path) -> FileMapping:
    """The mapping of a file, in YAML or TOML; raises `PolicyInvalid` with every mistake."""
    text = file_bytes(path).decode("utf-8-sig", "replace")
    file = shown(path)
    parsed = _toml(text, file) if path.suffix.lower() == ".toml" else yamltext.parse(text, file=file)
    loaded = shaped(parsed, CONTACT_FIELDS, file=file)
    if loaded.mapping is None:
        raise PolicyInvalid(loaded.diagnostics)
    return loaded.mapping


def _toml(text: str, file: str) -> yamltext.Parsed:
    places = TomlPlaces(text, file)
    try:
        return yamltext.Parsed(_node(tomllib.loads(text), (), places), ())
    except tomllib.TOMLDecodeError as error:
        return yamltext.Parsed(None, (places.no_toml(str(error), "DUN251"),))


def _node(value: Any, path: tuple[str | int, ...], places: TomlPlaces) -> yamltext.Node:
    """A value of TOML as the tree that mappings are read from: all text."""
    place = places.of(path)
    if isinstance(value, dict):
        items = (
            (yamltext.Scalar(key, places.of((*path, key))), _node(item, (*path, key), places))
            for key, item in value.items()
        )
        return yamltext.Mapping(tuple(items), place)
    if isinstance(value, list):
        return yamltext.Sequence(tuple(_node(item, (*path, at), places) for at, item in enumerate(value)), place)
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return yamltext.Scalar(text, place)
