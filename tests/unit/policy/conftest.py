"""A small world for policies: three calendars, two rulebooks, and a policy that only lacks what a test is about."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from dunning_engine.domain.limits import ContactLimit, Counting, Hours, Per
from dunning_engine.domain.parties import Channel, Collector, PartyKind
from dunning_engine.engine.money_shelf import ShippedStatutes
from dunning_engine.kernel.calendar import EVERY_DAY, BusinessCalendar
from dunning_engine.policy.compiler import Compiled, compile_policy
from dunning_engine.policy.law import BookLaw, Bound
from dunning_engine.policy.model import Condition, Policy, Test
from dunning_engine.policy.routing_compiler import CompiledRouting, compile_routing

COLLECTORS = Bound(frozenset({Collector.THIRD_PARTY}), frozenset({PartyKind.CONSUMER}))
HOURS = Hours(((481, 1259),))
CALLS = ContactLimit(7, 7, frozenset({Channel.CALL}), Per.DEBT, Counting.BOTH)
LIMITS = {
    name: BookLaw((bound,), ((bound, HOURS), (bound, CALLS)))
    for name, bound in {"us/reg-f": COLLECTORS, "us/reg-f-limits": Bound()}.items()
}
RULEBOOKS = tuple(LIMITS)

BASE = {
    "policy": "policy: example",
    "version": "version: 1",
    "time": "time: {zone: Europe/Berlin, business_days: DE}",
    "steps": "steps:\n  - step: reminder\n    when: 7 days after due\n    send: email reminder",
    "quiet_hours": "quiet_hours: 21:00 to 09:00",
}


EXAMPLE = Policy(name="example", version=1, title="", hash="1", calendar=EVERY_DAY, steps=())
CONSUMERS = replace(EXAMPLE, name="consumers", applies_to=(Condition(Test.DEBTOR_KIND, "consumer"),))
"""Policies that routing may choose."""


class Calendars:
    """Calendars without holidays."""

    def calendar(self, name: str) -> BusinessCalendar | None:
        if name == "none":
            return EVERY_DAY
        return BusinessCalendar(name) if name in self.names() else None

    def names(self) -> tuple[str, ...]:
        return ("DE", "ECB", "US")


def completed(part: str) -> str:
    """A policy from some of its top-level keys; the others are those of a policy without findings."""
    if part.startswith(("policy:", "routing:")):
        return part + "\n"
    blocks = re.split(r"\n(?=[^\s#])", part.strip("\n")) if part else []
    return "\n".join({**BASE, **{block.split(":")[0]: block for block in blocks}}.values()) + "\n"


@pytest.fixture(scope="session")
def compiled():
    """Compiles a whole policy."""

    def compile_text(text: str) -> Compiled | CompiledRouting:
        if re.search("^routing:", text, re.MULTILINE):
            return compile_routing(text, file="r.yaml", policies={one.name: one for one in (EXAMPLE, CONSUMERS)})
        return compile_policy(
            text, file="p.yaml", calendars=Calendars(), rulebooks=RULEBOOKS, limits=LIMITS, statutes=ShippedStatutes()
        )

    return compile_text


@pytest.fixture(scope="session")
def part(compiled):
    """Compiles a policy from the keys that a test is about."""
    return lambda text: compiled(completed(text))


@pytest.fixture(scope="session")
def findings(part):
    """What is found in a policy from the keys that a test is about, as `code` → message."""
    return lambda text: [(finding.code, finding.message) for finding in part(text).diagnostics]
