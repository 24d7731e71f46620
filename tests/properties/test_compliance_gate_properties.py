"""The gate against an oracle that scans minute by minute and knows nothing of how the gate looks for an instant.

The oracle takes each rule by its words: which minutes are open, how many contacts lie in the window, how long ago the
conversation was. It uses the standard library's zones (with the same data) and plain loops.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from importlib import resources
from zoneinfo import ZoneInfo

import pytest
from gate_answers import FOREVER, ZONES, lawful_from
from hypothesis import assume, event, given, settings
from hypothesis import strategies as st

from dunning_engine.compliance.gate import GateRule, GateRules, gate, own_rule
from dunning_engine.compliance.rulebook import DatedValue
from dunning_engine.compliance.situation import Situation
from dunning_engine.compliance.verdict import Blocked, Cleared, Deferred
from dunning_engine.domain.actions import ActionKey, ActionSpec, Do, ProposedAction
from dunning_engine.domain.arrangements import HoldReason
from dunning_engine.domain.contacts import Contact, ContactLog, Outcome
from dunning_engine.domain.limits import (
    BlockedChannel,
    BlockedPerson,
    ClosedDays,
    ContactLimit,
    CoolingOff,
    Counting,
    Hours,
    Per,
)
from dunning_engine.domain.parties import Channel, Collector, Party
from dunning_engine.kernel.calendar import EVERY_DAY

DAY = 86_400
SCANNED_DAYS = 8
HORIZON = 400 * DAY

# The oracle -----------------------------------------------------------------------------------------------------------


@lru_cache
def rules_of(name):
    with resources.files("tzdata.zoneinfo").joinpath(*name.split("/")).open("rb") as data:
        return ZoneInfo.from_file(data, key=name)


@dataclass
class World:
    """What the oracle knows: the facts, and the rules by name."""

    rules: dict
    zones: tuple
    contacts: tuple
    channel: Channel
    opted_out: frozenset
    holds: frozenset

    def allowed(self, instant):
        return not self.objections(instant)

    def objections(self, instant):
        clocks = [datetime.fromtimestamp(instant, rules_of(name)) for name in self.zones]
        past = [c for c in self.contacts if c.at <= instant]
        return {name for name, (limit, _law) in self.rules.items() if self.objects(limit, instant, clocks, past)}

    def objects(self, limit, instant, clocks, past):
        at_once = self.channel is not Channel.LETTER
        kind = type(limit)
        if kind is Hours:
            is_open = [any(inside(clock, *window, limit.open_edges) for window in limit.windows) for clock in clocks]
            return at_once and not (clocks and all(is_open))
        if kind is ClosedDays:
            return at_once and any(clock.weekday() in limit.weekdays for clock in clocks)
        if kind is BlockedChannel:
            return self.channel in self.opted_out
        if kind is BlockedPerson:
            return bool(limit.reasons & self.holds)
        if limit.channels and self.channel not in limit.channels:
            return False
        if kind is CoolingOff:
            talks = [c for c in past if c.outcome is Outcome.CONVERSATION and about(c, limit)]
            return any(days_ago(c, clock) < limit.days + limit.day_itself for c in talks for clock in clocks)
        counted = [
            c
            for c in past
            if not c.inbound
            and (not limit.channels or c.channel in limit.channels)
            and about(c, limit)
            and not (c.outcome in limit.uncounted and c.channel is Channel.CALL)
        ]
        if limit.counting is Counting.MONTH:
            months = [len([c for c in counted if month_of(c, clock) == (clock.year, clock.month)]) for clock in clocks]
            return max(months) >= limit.count
        by_calendar = [len([c for c in counted if days_ago(c, clock) < limit.days]) for clock in clocks]
        by_the_hour = len([c for c in counted if c.at > instant - limit.days * DAY])
        return (limit.counting is not Counting.ROLLING and max(by_calendar) >= limit.count) or (
            limit.counting is not Counting.CALENDAR and by_the_hour >= limit.count
        )


def inside(clock, first, last, open_edges):
    """Whether a clock shows an open second; with open edges those after the first instant of the minute before count."""
    second = clock.hour * 3600 + clock.minute * 60 + clock.second
    begun = second > (first - 1) * 60 if open_edges else second >= first * 60
    return begun and second < (last + 1) * 60


def about(contact, limit):
    return limit.per is Per.DEBTOR or contact.debts == () or "case-1" in contact.debts


def month_of(contact, clock):
    there = datetime.fromtimestamp(contact.at, clock.tzinfo)
    return there.year, there.month


def days_ago(contact, clock):
    return (clock.date() - datetime.fromtimestamp(contact.at, clock.tzinfo).date()).days


def minutes_after(instant, until):
    """Every full minute after an instant, up to another."""
    minute = instant - instant % 60 + 60
    while minute < until:
        yield minute
        minute += 60


# Worlds ---------------------------------------------------------------------------------------------------------------

TURNS = [  # days around which clocks change somewhere
    int(datetime.fromisoformat(f"{day}T00:00:00+00:00").timestamp())
    for day in (
        "2026-03-08",
        "2026-03-29",
        "2026-04-05",
        "2026-09-06",
        "2026-10-04",
        "2026-10-25",
        "2026-11-01",
        "2027-11-07",
    )
]
NOWS = st.one_of(
    st.integers(1_735_689_600, 1_830_297_600),
    st.builds(lambda turn, seconds: turn + seconds, st.sampled_from(TURNS), st.integers(-2 * DAY, 2 * DAY)),
)
CHANNELS = st.sets(st.sampled_from(Channel), max_size=2).map(frozenset)


@st.composite
def windows(draw):
    edges = sorted(draw(st.sets(st.integers(0, 1440), min_size=2, max_size=4)))
    pairs = list(zip(edges[::2], edges[1::2], strict=False))
    return tuple((first, after - 1) for first, after in pairs)


LIMITS = st.one_of(
    st.sampled_from([Hours(((481, 1259),)), Hours(((540, 1019),)), Hours(((0, 119), (1380, 1439)))]),
    st.builds(Hours, windows(), open_edges=st.booleans()),
    st.builds(ClosedDays, st.sets(st.integers(0, 6), max_size=3).map(frozenset)),
    st.builds(
        ContactLimit,
        st.integers(1, 3),
        st.integers(1, 3),
        CHANNELS,
        st.sampled_from(Per),
        st.sampled_from([Counting.CALENDAR, Counting.ROLLING, Counting.BOTH]),
        uncounted=st.sets(st.sampled_from(Outcome), max_size=2).map(frozenset),
    ),
    st.builds(ContactLimit, st.integers(1, 3), st.just(31), CHANNELS, counting=st.just(Counting.MONTH)),
    st.builds(CoolingOff, st.integers(1, 4), CHANNELS, st.sampled_from(Per), st.booleans()),
)
BARS = st.one_of(
    st.just(BlockedChannel()),
    st.builds(BlockedPerson, st.sets(st.sampled_from(HoldReason), min_size=1, max_size=2).map(frozenset)),
)


@st.composite
def contacts_before(draw, now, most=6):
    """Contacts of the days before an instant, each at a full minute."""
    ages = draw(st.lists(st.integers(0, 5 * 1440), max_size=most))
    return tuple(
        Contact(
            at=now - now % 60 - age * 60,
            channel=draw(st.sampled_from(Channel)),
            debts=draw(st.sampled_from([("case-1",), ("case-2",), ()])),
            outcome=draw(st.sampled_from(Outcome)),
            inbound=draw(st.booleans()),
        )
        for age in ages
    )


@st.composite
def worlds(draw):
    now = draw(NOWS)
    limits = draw(st.lists(LIMITS, min_size=1, max_size=4)) + draw(st.lists(BARS, max_size=1))
    world = World(
        rules={f"rule-{i}": (limit, draw(st.booleans())) for i, limit in enumerate(limits)},
        zones=tuple(sorted(draw(st.sets(st.sampled_from(ZONES), min_size=1, max_size=3)))),
        contacts=draw(contacts_before(now)),
        channel=draw(st.sampled_from(Channel)),
        opted_out=draw(CHANNELS),
        holds=draw(st.sets(st.sampled_from(HoldReason), max_size=2).map(frozenset)),
    )
    return world, now


ANN = Party.consumer(
    "ann", email="a@example.com", phone="+12125550123", social="@ann", push="token", address=("1 Main St",)
)


def gate_rule(name, limit, law):
    return GateRule(id=name, says=name, values=(DatedValue(0, limit),), law=law)


def ask(world, now, rules=None, zones=None, debtor=None):
    """The gate's answer about a contact in this world."""
    spec = ActionSpec(Do.CALL if world.channel is Channel.CALL else Do.SEND, "x", world.channel)
    action = ProposedAction(
        id="a1",
        key=ActionKey("INV-1", "chase", 1, "x"),
        case_id="case-1",
        debtor_id="ann",
        spec=spec,
        planned_at=now,
        invoices=("INV-1",),
        amount=1,
        currency="USD",
    )
    situation = Situation(
        debtor=debtor or ANN,
        zones=world.zones if zones is None else zones,
        contacts=ContactLog(world.contacts),
        debts=("case-1",),
        collector=Collector.THIRD_PARTY,
        opted_out=world.opted_out,
        holds=world.holds,
        zone="Europe/Berlin",
        calendar=EVERY_DAY,
    )
    if rules is None:
        rules = tuple(gate_rule(name, limit, law) for name, (limit, law) in world.rules.items())
    return gate(action, situation, GateRules(rules), now)


# Properties -----------------------------------------------------------------------------------------------------------


@settings(deadline=None, max_examples=200)
@given(case=worlds())
def test_cleared_is_what_the_oracle_allows(case):
    """Neither more nor less, at any second."""
    world, now = case
    assert isinstance(ask(world, now), Cleared) is world.allowed(now)


@settings(deadline=None, max_examples=60)
@given(case=worlds())
def test_a_deferral_ends_at_the_first_allowed_minute(case):
    """No minute before is lawful, and that one is; what is blocked has no lawful minute in the days that are scanned."""
    world, now = case
    verdict = ask(world, now)
    assume(not isinstance(verdict, Cleared))
    until = lawful_from(verdict, now)
    event(type(verdict).__name__)
    for minute in minutes_after(now, min(until, now + SCANNED_DAYS * DAY)):
        assert not world.allowed(minute), datetime.fromtimestamp(minute, rules_of(world.zones[0]))
    if isinstance(verdict, Deferred):
        assert world.allowed(until)
        assert now < until <= now + HORIZON


@settings(deadline=None, max_examples=100)
@given(case=worlds())
def test_every_rule_that_objects_is_in_the_reasons(case):
    """And at the instant of asking no other rule wants to wait until later than the verdict."""
    world, now = case
    verdict = ask(world, now)
    if not isinstance(verdict, Cleared):
        assert world.objections(now) <= {reason.rule for reason in verdict.reasons}
        assert {reason.rule for reason in verdict.reasons} <= {*world.rules, "gate/horizon"}
        waits = [reason.until for reason in verdict.reasons if reason.until is not None]
        assert all(at <= lawful_from(verdict, now) for at in waits)


@settings(deadline=None, max_examples=80)
@given(case=worlds(), data=st.data())
def test_one_more_contact_never_makes_an_action_earlier(case, data):
    """Whatever it was and whenever: a longer log only ever tightens."""
    world, now = case
    before = lawful_from(ask(world, now), now)
    world.contacts += data.draw(contacts_before(now, most=1))
    assert lawful_from(ask(world, now), now) >= before


@settings(deadline=None, max_examples=60)
@given(case=worlds(), data=st.data())
def test_one_more_rule_or_zone_never_makes_an_action_earlier(case, data):
    """The strictest wins."""
    world, now = case
    before = lawful_from(ask(world, now), now)
    if data.draw(st.booleans()):
        world.rules["one-more"] = (data.draw(LIMITS), data.draw(st.booleans()))
    else:
        world.zones = tuple(sorted({*world.zones, data.draw(st.sampled_from(ZONES))}))
    assert lawful_from(ask(world, now), now) >= before


@settings(deadline=None, max_examples=40)
@given(case=worlds())
def test_asking_again_when_the_wait_is_over_clears(case):
    """A deferral is a promise about unchanged facts; asking at any earlier instant gives the same one."""
    world, now = case
    verdict = ask(world, now)
    assume(isinstance(verdict, Deferred))
    assert isinstance(ask(world, verdict.until), Cleared)
    between = now + (verdict.until - now) // 2
    assert lawful_from(ask(world, between), between) == verdict.until


@settings(deadline=None, max_examples=20)
@given(now=NOWS, law=st.booleans(), window=windows())
def test_far_apart_zones_without_a_common_minute_are_blocked(now, law, window):
    """Where the oracle finds no common minute in days, there is none within the horizon."""
    first = window[0][0]
    short = Hours(((first, min(first + 59, 1439)),))
    zones = ("America/Phoenix", "Asia/Kathmandu", "Asia/Tokyo")
    world = World({"h": (short, law)}, zones, (), Channel.SMS, frozenset(), frozenset())
    assert not any(world.allowed(minute) for minute in minutes_after(now, now + 2 * DAY))
    verdict = ask(world, now)
    assert isinstance(verdict, Blocked)
    assert [reason.rule for reason in verdict.reasons] == ["gate/horizon", "h"]


@settings(deadline=None, max_examples=50)
@given(
    case=worlds(),
    broken=st.integers(0, 4),
    error=st.sampled_from([ValueError, KeyError, ZeroDivisionError, RecursionError]),
)
def test_an_error_inside_any_rule_blocks(case, broken, error):
    """Wherever it stands among the others, and whatever they say."""

    class Broken(GateRule):
        def limit(self, now):
            raise error("broken")

    world, now = case
    rules = [gate_rule(name, limit, law) for name, (limit, law) in world.rules.items()]
    rules.insert(broken, Broken(id="broken", says="broken", values=()))
    verdict = ask(world, now, rules=tuple(rules))
    assert isinstance(verdict, Blocked)
    assert "broken" in {reason.rule for reason in verdict.reasons}


@settings(deadline=None, max_examples=30)
@given(case=worlds())
def test_a_missing_fact_blocks_and_is_named(case):
    """No zone where a clock counts, no address at all: no waiting brings them."""
    world, now = case
    assume(world.channel is not Channel.PORTAL)
    bare = ask(world, now, debtor=Party.consumer("ann"))
    assert isinstance(bare, Blocked)
    assert bare.reasons[0].rule in {"debtor/email", "debtor/phone", "debtor/address", "debtor/social", "debtor/push"}
    assume(world.channel is not Channel.LETTER)
    nowhere = ask(world, now, rules=(own_rule("quiet", "quiet", Hours(((481, 1259),))),), zones=())
    assert isinstance(nowhere, Blocked)
    assert "time zone" in nowhere.reasons[0].words


@settings(deadline=None, max_examples=60)
@given(now=NOWS, days=st.integers(1, 2_000), count=st.integers(1, 3), law=st.booleans())
def test_nothing_is_put_off_beyond_the_horizon(now, days, count, law):
    """A wait of up to 400 days is a deferral; a longer one is no plan but a refusal."""
    contacts = tuple(Contact(now, Channel.CALL, ("case-1",)) for _ in range(count))
    limit = ContactLimit(count, days, counting=Counting.ROLLING)
    world = World({"l": (limit, law)}, ("Europe/Berlin",), contacts, Channel.LETTER, frozenset(), frozenset())
    verdict = ask(world, now)
    assert lawful_from(verdict, now) == (now + days * DAY if days <= 400 else FOREVER)


@settings(deadline=None, max_examples=80)
@given(now=NOWS, days=st.integers(1, 10), law=st.booleans(), talk=st.booleans(), data=st.data())
def test_unknown_zones_are_never_treated_more_kindly_by_a_law_than_any_zone(now, days, law, talk, data):
    """Where nobody knows the zone, a law's calendar days are over when they are over anywhere."""
    limit = CoolingOff(days, per=Per.DEBTOR) if talk else ContactLimit(1, days)
    contacts = (Contact(now - data.draw(st.integers(0, 2 * DAY)), Channel.CALL, (), Outcome.CONVERSATION),)
    name = data.draw(st.sampled_from(ZONES))
    world = World({"l": (limit, True)}, (name,), contacts, Channel.LETTER, frozenset(), frozenset())
    assert lawful_from(ask(world, now, zones=()), now) >= lawful_from(ask(world, now), now)


@pytest.mark.parametrize("turn", TURNS)
@pytest.mark.parametrize(
    "name", ["America/Havana", "America/Santiago", "Atlantic/Azores", "Australia/Lord_Howe", "Europe/Berlin"]
)
def test_every_quarter_of_an_hour_around_a_change_of_clocks(turn, name):
    """Windows that begin or end within the hour that is skipped or comes twice, asked throughout the night."""
    for window in ((30, 89), (60, 119), (75, 150), (130, 170), (0, 0), (120, 120)):
        world = World({"h": (Hours((window,)), False)}, (name,), (), Channel.SMS, frozenset(), frozenset())
        start = turn - timedelta(hours=14) // timedelta(seconds=1)
        expected = FOREVER
        for now in range(start + 3 * DAY, start, -900):
            for minute in range(now + 840, now - 60, -60):
                expected = minute if world.allowed(minute) else expected
            if expected is not FOREVER:
                assert lawful_from(ask(world, now), now) == expected
