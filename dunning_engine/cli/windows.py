"""`dunning windows`: the calendar of hours at which somebody may lawfully be reached, with the rule of each closed one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Final

from dunning_engine.cli.debtor_file import Debtor, read_debtor
from dunning_engine.cli.places_given import check_place
from dunning_engine.cli.screen import print_json
from dunning_engine.domain.parties import Channel, Collector, Party, PartyKind, united, united_places
from dunning_engine.kernel.diagnostics import suggest
from dunning_engine.kernel.errors import UsageError

if TYPE_CHECKING:
    from dunning_engine.compliance.gate import GateRules
    from dunning_engine.compliance.rulebook import Rulebook
    from dunning_engine.compliance.situation import Situation
    from dunning_engine.domain.actions import ProposedAction
    from dunning_engine.reports.lawful_hours_legend import Portrait

HERE: Final = "UTC"
HOMES: Final = (
    *("America/New_York", "America/Chicago", "America/Los_Angeles", "America/Toronto", "America/Vancouver"),
    *("America/Edmonton", "America/Sao_Paulo", "Australia/Sydney", "Europe/London", "Europe/Berlin"),
)
"""Zones that are shown where a place has several."""

THE_DEBT: Final = "this debt"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the command was asked; a debtor's file stands in for the options about the person."""

    law: Sequence[str]
    first: date
    days: int
    step: int
    channel: Channel
    collector: Collector
    regulators: Sequence[str] = ()
    debtor: Path | None = None
    options: Party | None = None


def windows(asked: Asked, format: str) -> None:  # noqa: A002 - the option's name
    """Print the map in one of its formats."""
    portrait = portrait_of(asked)
    match format:
        case "json":
            from dunning_engine.reports.lawful_hours_legend import as_json

            print_json(as_json(portrait))
        case "svg":
            from dunning_engine.reports.lawful_hours_svg import as_svg

            print(as_svg(portrait))
        case "html":
            from dunning_engine.reports.lawful_hours_page import as_html

            print(as_html(portrait))
        case _:
            from dunning_engine.cli.windows_screen import show

            show(portrait, asked.step)


def portrait_of(asked: Asked) -> Portrait:
    """Ask the gate about every hour."""
    from dunning_engine.reports.lawful_hours import Enquiry
    from dunning_engine.reports.lawful_hours_asked import lawful_hours
    from dunning_engine.reports.lawful_hours_legend import Portrait

    books = named_books(asked.law)
    debtor = _debtor(asked)
    situation, zone = situation_of(debtor, asked)
    rules = _rules(books)
    report = lawful_hours(Enquiry(_action(asked.channel), situation, rules, zone, asked.first.toordinal(), asked.days))
    return Portrait(report, _who(debtor.party), books)


def named_books(names: Sequence[str]) -> tuple[Rulebook, ...]:
    """The rulebooks of a command; a name that is none says which was meant."""
    from dunning_engine.engine.loading import load_rulebooks, rulebook_names

    known = rulebook_names()
    for name in names:
        if name not in known:
            near = suggest(name, known)
            meant = f"did you mean {near}?" if near else f"there are {', '.join(known)}"
            raise UsageError(f"no rulebook is called {name}; {meant}")
    if not names:
        raise UsageError(f"--law: name a rulebook; there are {', '.join(known)}")
    return load_rulebooks(names)


def _rules(books: Sequence[Rulebook]) -> GateRules:
    """The rules of the rulebooks and those that hold under every policy."""
    from dunning_engine.compliance.gate import assemble, own_rule
    from dunning_engine.decision.own_rules import SILENCING
    from dunning_engine.domain.limits import BlockedChannel, BlockedPerson

    own = [
        own_rule("house/silence", "nobody writes to or calls this debtor", BlockedPerson(SILENCING)),
        own_rule("house/opt-out", "a channel that the debtor refused is not used", BlockedChannel()),
    ]
    return assemble(own, books)


def _action(channel: Channel) -> ProposedAction:
    from dunning_engine.domain.actions import ActionKey, ActionSpec, Do, ProposedAction

    do = Do.CALL if channel is Channel.CALL else Do.SEND
    return ProposedAction(
        id="asked",
        key=ActionKey("", "", 1, ""),
        case_id=THE_DEBT,
        debtor_id="",
        spec=ActionSpec(do, "asked", channel),
        planned_at=0,
        invoices=(),
        amount=0,
        currency="USD",
    )


def _debtor(asked: Asked) -> Debtor:
    if asked.debtor is not None and asked.options is not None:
        raise UsageError("--debtor names a file with everything about the person: leave out the other options")
    if asked.debtor is not None:
        return read_debtor(asked.debtor, zone_of)
    if asked.options is None:
        raise UsageError("say who it is about: --debtor FILE, or --zip, --phone, --state, --country, --zone")
    return Debtor(asked.options)


def party_of(kind: str, place: Mapping[str, str | None]) -> Party | None:
    """A debtor of whom only a place is known; `None` where nothing was given."""
    given = {key: value for key, value in place.items() if value is not None}
    if not given:
        return None
    check_place(given)
    if "country" not in given and ("postal_code" in given or "region" in given):
        given["country"] = "US"
    return Party(
        id="somebody",
        kind=PartyKind(kind),
        phone=given.get("phone"),
        postal_code=given.get("postal_code"),
        region=given.get("region", "").upper() or None,
        country=given.get("country", "").upper() or None,
        zone=given.get("zone"),
    )


def zone_of(party: Party) -> str:
    """The zone in which a debtor's days are shown: of the first indication of where they are."""
    from dunning_engine.whereabouts.zones import Whereabouts

    return usual_zone(next((hint.zones for hint in Whereabouts().hints(party) if hint.zones), ()))


def usual_zone(zones: tuple[str, ...]) -> str:
    """Of several zones of one place the one in which most people live, as far as we know it."""
    return next((zone for zone in HOMES if zone in zones), zones[0] if zones else HERE)


def situation_of(debtor: Debtor, asked: Asked) -> tuple[Situation, str]:
    """What the gate is told about the debtor, and the zone that is shown."""
    from dunning_engine.compliance.situation import Situation
    from dunning_engine.kernel.calendar import EVERY_DAY
    from dunning_engine.whereabouts.places import Places
    from dunning_engine.whereabouts.zones import Whereabouts

    party = debtor.party
    hints = Whereabouts().hints(party)
    zone = zone_of(party)
    situation = Situation(
        debtor=_reachable(party),
        zones=united(hints),
        contacts=debtor.contacts,
        debts=debtor.debts or (THE_DEBT,),
        collector=asked.collector,
        opted_out=debtor.opted_out,
        holds=debtor.holds,
        zone=zone,
        calendar=EVERY_DAY,
        hints=tuple(hints),
        places=united_places(Places().places(party)),
        regulators=frozenset(asked.regulators),
        docket={"purpose": "collect", **debtor.docket},
    )
    return situation, zone


def _reachable(party: Party) -> Party:
    """The debtor with an address for every channel: the map asks for hours, not for addresses."""
    return replace(
        party,
        email=party.email or "somebody@example.com",
        phone=party.phone or "+10000000000",
        social=party.social or "somebody",
        push=party.push or "somebody",
        address=party.address or ("somewhere",),
    )


def _who(party: Party) -> str:
    """The debtor in a few words: by name, or by what was given."""
    if party.name:
        return party.name
    place = " ".join(part for part in (party.region, party.postal_code, party.country) if part)
    numbers = f"at {party.phone}" if party.phone else ""
    described = " ".join(part for part in (f"in {place}" if place else "", numbers) if part)
    kind = "a consumer" if party.kind is PartyKind.CONSUMER else "a business"
    return f"{kind} {described}" if described else f"{kind} in {party.zone}" if party.zone else kind
