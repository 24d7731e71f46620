"""The auditor against the gate: what one lets pass the other finds clean, and what is planted is found.

`DUNNING_AUDIT_HISTORIES` says how many histories are played (2,000 unless told otherwise), `DUNNING_AUDIT_FIRST` with
which number to begin; a finding names its world, which can then be played alone.
"""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import replace

from audit_worlds import LIMITS, World, is_holiday, play

from dunning_engine.compliance.audit.auditor import audit
from dunning_engine.compliance.audit.scene import Facts
from dunning_engine.compliance.verdict import Blocked, Cleared, Deferred
from dunning_engine.domain.docket import TERMS

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
