"""The auditor against the gate: what one lets pass the other finds clean, and what is planted is found.

`DUNNING_AUDIT_HISTORIES` says how many histories are played (2,000 unless told otherwise), `DUNNING_AUDIT_FIRST` with
which number to begin; a finding names its world, which can then be played alone.
"""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from audit_worlds import LIMITS, World, is_holiday, play

from dunning_engine.compliance.audit.auditor import CHECKS, audit
from dunning_engine.compliance.audit.history import Deed, Held, Known, OptOut, Stretch
from dunning_engine.compliance.audit.scene import Facts
from dunning_engine.compliance.verdict import Blocked, Cleared, Deferred
from dunning_engine.domain.contacts import Contact, Outcome
from dunning_engine.domain.docket import TERMS, Challenge, InconvenientTime, Notice
from dunning_engine.domain.parties import Channel

HISTORIES = int(os.environ.get("DUNNING_AUDIT_HISTORIES", "2000"))
FIRST = int(os.environ.get("DUNNING_AUDIT_FIRST", "0"))
OF_NO_LAW = ("debtor/", "house/", "gate/")
"""What the gate refuses without a rulebook."""


def findings(world, *more):
    """What the auditor says of the world's history, with perhaps one deed more."""
    return audit(world.history(*more), world.books, facts=Facts.REQUIRED, is_holiday=is_holiday)


def of_last(world, deed):
    """The rules that a deed would break which the world does not hold."""
    return {breach.rule: breach for breach in findings(world, deed) if breach.index == len(world.deeds)}


def told(world, attempt, at, breaches):
    lines = [f"world {world.number}, law {world.books[0]['rulebook']}, {attempt} at {at}:"]
    return "\n".join([*lines, *(f"  {b.rule}: {b.words} {b.evidence}" for b in breaches)])


def test_what_the_gate_clears_the_auditor_finds_clean_and_what_it_refuses_a_breach():
    """Each attempt is judged twice; whoever is stricter alone has misread the law."""
    spoke, passed, verdicts = Counter(), Counter(), Counter()
    for number in range(FIRST, FIRST + HISTORIES):
        world = World.of(number)
        kinds = world.limit_kinds()
        for attempt, verdict in play(world):
            verdicts[type(verdict).__name__] += 1
            match verdict:
                case Cleared():
                    passed.update(set(kinds.values()))
                case Blocked(reasons=reasons) | Deferred(reasons=reasons):
                    refused(world, attempt, {reason.rule for reason in reasons})
                    spoke.update(kinds[reason.rule] for reason in reasons if reason.rule in kinds)
            if isinstance(verdict, Deferred):
                waits(world, attempt, verdict)
        found = findings(world)
        assert not found, told(world, "what was cleared", "all times", found)
    if HISTORIES >= 2000:
        assert set(spoke) == set(passed) == set(LIMITS)
        assert min(*spoke.values(), *passed.values(), *verdicts.values()) >= 20, (spoke, passed, verdicts)


def refused(world, attempt, rules):
    """Had it been done all the same, the auditor would find it: by rules that the gate named, and no others."""
    deed = world.deed(attempt, world.now)
    written = {"carries": frozenset(TERMS["carries"].words)}
    found = of_last(world, replace(deed, facts=written | dict(deed.facts)))
    named = {rule for rule in rules if not rule.startswith(OF_NO_LAW)}
    assert set(found) <= named, told(world, attempt, world.now, [b for r, b in found.items() if r not in named])
    assert found or named != rules, told(world, attempt, world.now, []) + f"the gate named {rules}"


def waits(world, attempt, verdict):
    """At `until` the same attempt is clean, and a minute before it is not."""
    there = world.ask(attempt, verdict.until)
    assert isinstance(there, Cleared), f"world {world.number}: deferred to {verdict.until}, where it is {there}"
    deed = world.deed(attempt, verdict.until, there.action.obligations)
    found = of_last(world, deed)
    assert not found, told(world, attempt, verdict.until, found.values())
    if verdict.until - 60 >= world.now:
        early = of_last(world, shifted(deed, -60))
        assert early, told(world, attempt, verdict.until - 60, []) + "nothing, and the gate would have waited"


def shifted(deed, seconds):
    contact = deed.contact and replace(deed.contact, at=deed.at + seconds)
    return replace(deed, at=deed.at + seconds, contact=contact)


# What is planted ------------------------------------------------------------------------------------------------------

NOON, NIGHT = (12, 0), (3, 30)
EVERY_DAY = {"days": [0, 1, 2, 3, 4, 5, 6], "after": "08:00", "before": "21:00"}
COUNT = {"count": 2, "days": 7, "per": "debt", "counting": "both", "channels": ["call"]}


def on(world, days, clock):
    """An instant some days after everything in a world, by the clock of the debtor."""
    zone = ZoneInfo(world.zones[0] if world.zones else world.zone)
    day = datetime.fromtimestamp(world.now + (40 + days) * 86_400, zone)
    return int(day.replace(hour=clock[0], minute=clock[1], second=0).timestamp())


def call(at, outcome=Outcome.ATTEMPTED, **facts):
    return Deed.of(Contact(at, Channel.CALL, ("d1",), outcome, line=facts.get("line", "")), facts)


def asked(op, fact, *words):
    return {"op": op, "fact": fact, "words": list(words)}


PLANTS = {
    "open_hours": lambda w: ({"windows": [EVERY_DAY]}, [call(on(w, 0, NIGHT))], {}),
    "holidays": lambda w: ({"calendar": "XX"}, [call(on(w, 0, NOON))], {}),
    "contacts": lambda w: (COUNT, [call(on(w, day, NOON)) for day in (0, 3, 6)], {}),
    "together": lambda w: ([COUNT, COUNT | {"count": 1}], [call(on(w, day, NOON)) for day in (0, 3, 6)], {}),
    "spacing": lambda w: ({"minutes": 5}, [call(on(w, 0, NOON)), call(on(w, 0, (12, 5)))], {}),
    "cooling_off": lambda w: (
        {"days": 7, "per": "debt"},
        [call(on(w, 0, NOON), Outcome.CONVERSATION), call(on(w, 6, NOON))],
        {},
    ),
    "blocked_channels": lambda w: (
        [],
        [call(on(w, 0, NOON))],
        {"opted_out": (OptOut(Channel.CALL, Stretch(on(w, -1, NOON))),)},
    ),
    "blocked_addresses": lambda w: (
        [],
        [call(on(w, 0, NOON), address="+1")],
        {"facts": (Known("refused_addresses", frozenset({"+1"})),)},
    ),
    "blocked_person": lambda w: (
        ["cease"],
        [call(on(w, 0, NOON))],
        {"holds": (Held("cease", Stretch(on(w, -1, NOON), None, ("d1",))),)},
    ),
    "inconvenient_times": lambda w: (
        [],
        [call(on(w, 0, NOON))],
        {"facts": (Known("inconvenient_times", (InconvenientTime(first=720, last=720),)),)},
    ),
    "inconvenient_places": lambda w: (
        [],
        [call(on(w, 0, NOON), line="work")],
        {"facts": (Known("inconvenient_places", frozenset({"work"})),)},
    ),
    "prerequisites": lambda w: (
        {"needs": [asked("is", "form", "plain")]},
        [call(on(w, 0, NOON), form="voicemail")],
        {},
    ),
    "carries": lambda w: (["opt_out"], [call(on(w, 0, NOON), carries=frozenset({"cost_breakdown"}))], {}),
    "open_challenge": lambda w: (
        [],
        [call(on(w, 0, NOON))],
        {"facts": (Known("challenges", (Challenge(on(w, -9, NOON)),)),)},
    ),
    "bureau_notice": lambda w: (
        {"days": 14},
        [Deed(on(w, 0, NOON), None, ("d1",), {"purpose": "furnish", "monitored": True})],
        {"facts": (Known("notices", (Notice("sent", on(w, -14, NOON)),)),)},
    ),
    "retries": lambda w: (
        {"count": 2, "hours": 168},
        [Deed(on(w, day, NOON), None, ("d1",), {"purpose": "retry_payment"}) for day in (0, 3, 6)],
        {},
    ),
}
"""One breach of each kind: the limit, the deeds of which the last breaks it, and what was known."""


@pytest.mark.parametrize("kind", LIMITS)
def test_every_planted_breach_is_found(kind):
    """In the midst of whatever else happened, and by the rule that was broken."""
    for number in range(FIRST, FIRST + 40):
        world = World.of(number)
        list(play(world))
        limit, deeds, more = PLANTS[kind](world)
        rule = {"rule": "planted", "kind": "prohibition", "says": kind, "since": {"2000-01-01": {kind: limit}}}
        book = {"rulebook": "xx/planted", "title": "Planted", "rules": [rule | {"offstage": deeds[-1].contact is None}]}
        history = world.history(*deeds)
        free = (Known("call_consents", (), Stretch(deeds[0].at)), Known("time_consents", (), Stretch(deeds[0].at)))
        known = [replace(known, when=Stretch(deeds[0].at)) for known in more.get("facts", ())]
        history = replace(history, **more | {"facts": (*history.facts, *free, *known)})
        breaches = audit(history, [book], facts=Facts.REQUIRED, is_holiday=lambda calendar, _day: calendar == "XX")
        assert (len(history.deeds) - 1, "xx/planted/planted") in {(b.index, b.rule) for b in breaches}, number


def test_every_kind_is_planted():
    assert set(PLANTS) == set(LIMITS) == set(CHECKS)
