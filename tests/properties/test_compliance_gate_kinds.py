"""The gate over rules of every kind, at once and in any mixture: what holds whatever they say.

Facts lie before the instant of asking: what will happen is nobody's to know. No rule changes its mind twice by the
course of time alone (refuses, then not, then again), as none that ships does.
"""

from __future__ import annotations

from dataclasses import replace

import pytest
from gate_answers import lawful_from
from hypothesis import assume, event, given, settings
from hypothesis import strategies as st

from dunning_engine.compliance.gate import GateRule, GateRules, gate
from dunning_engine.compliance.rulebook import Binds, DatedValue, RuleKind
from dunning_engine.compliance.situation import Situation
from dunning_engine.compliance.verdict import Blocked, Cleared, Deferred
from dunning_engine.domain.actions import ActionKey, ActionSpec, Do, ProposedAction
from dunning_engine.domain.arrangements import HoldReason
from dunning_engine.domain.contacts import Contact, ContactLog, Outcome
from dunning_engine.domain.docket import (
    NOTICES,
    TERMS,
    CallConsent,
    Challenge,
    InconvenientTime,
    Notice,
    Sort,
    TimeConsent,
)
from dunning_engine.domain.limits import (
    EVER,
    BlockedChannel,
    BlockedPerson,
    BureauNotice,
    Carries,
    ClosedDays,
    ContactLimit,
    CoolingOff,
    Counting,
    Hours,
    InconvenientPlaces,
    InconvenientTimes,
    KnownPlace,
    OpenChallenge,
    Per,
    Prerequisites,
    RefusedAddress,
    Spacing,
    Together,
)
from dunning_engine.domain.parties import Channel, Collector, Party
from dunning_engine.domain.questions import Op, Question, Unit
from dunning_engine.kernel.calendar import EVERY_DAY, local_day

DAY = 86_400
ZONES = ("America/New_York", "America/Los_Angeles", "Asia/Tokyo", "Australia/Lord_Howe", "Europe/Berlin")
HOME = "America/New_York"
PLACES = ("US", "US-MA", "US-NY", "GB")
ANN = Party.consumer(
    "ann", email="a@example.com", phone="+12125550123", social="@ann", push="token", address=("1 Main St",)
)
NOWS = st.integers(1_767_225_600, 1_830_297_600)
CHANNELS = st.sets(st.sampled_from(Channel), max_size=3).map(frozenset)
MINUTES = st.integers(0, 1439)


def sets_of(values, least=0, most=3):
    return st.sets(st.sampled_from(sorted(values)), min_size=least, max_size=most).map(frozenset)


# What is known --------------------------------------------------------------------------------------------------------


def ago(now, most=12 * DAY):
    """An instant before now, or now; mostly on a whole minute."""
    return st.integers(0, most // 60).map(lambda minutes: now - now % 60 - minutes * 60) | st.just(now)


def maybe_ago(now):
    return st.none() | ago(now)


@st.composite
def spans(draw):
    first, last = sorted((draw(MINUTES), draw(MINUTES)))
    return first, last


@st.composite
def inconvenient(draw, now):
    """A time within a day, or one over midnight."""
    through = st.none() | st.integers(-3, 9).map(lambda days: local_day(now, HOME) + days)
    first, last = draw(spans() | spans().map(reversed).map(tuple))
    return InconvenientTime(draw(sets_of(range(7))), first, last, draw(through), draw(maybe_ago(now)))


@st.composite
def time_consents(draw, now):
    return TimeConsent(*draw(spans()), draw(ago(now)), draw(maybe_ago(now)))


def call_consents(now):
    days = st.integers(-9, 9).map(lambda days: local_day(now, HOME) + days)
    debts = st.sampled_from([None, "case-1", "case-2"])
    return st.builds(CallConsent, ago(now), debts, st.none() | days, maybe_ago(now))


RECORDS = {
    "inconvenient_times": inconvenient,
    "time_consents": time_consents,
    "call_consents": call_consents,
    "challenges": lambda now: st.builds(Challenge, ago(now), maybe_ago(now), st.booleans()),
    "notices": lambda now: st.builds(Notice, st.sampled_from(NOTICES), ago(now)),
}


def values_of(name, now):
    """What a term may hold."""
    term = TERMS[name]
    match term.sort:
        case Sort.WORD:
            return st.sampled_from(term.words)
        case Sort.FLAG:
            return st.booleans()
        case Sort.WORDS:
            return sets_of(term.words or ("+12125550123", "a@example.com"))
        case Sort.HAPPENED:
            return ago(now)
        case Sort.DAY:
            return st.integers(-9, 9).map(lambda days: local_day(now, HOME) + days)
        case Sort.TEXT:
            return st.sampled_from(("+12125550123", "a@example.com"))
        case _:
            return st.lists(RECORDS[name](now), max_size=3).map(tuple)


KNOWN = tuple(sorted(name for name, term in TERMS.items() if term.sort is not Sort.RECORDS or name in RECORDS))
"""Every term whose values can be made up here."""

OFTEN = (*RECORDS, "line", "place", "addressee", "reply", "carries", "refused_addresses", "address", "monitored")


@st.composite
def dockets(draw, now, names=()):
    named = draw(st.lists(st.sampled_from(KNOWN) | st.sampled_from((*names, *OFTEN)), max_size=9, unique=True))
    return {name: draw(values_of(name, now)) for name in named}


@st.composite
def contacts(draw, now, most=6):
    return tuple(
        Contact(
            at=draw(ago(now)),
            channel=draw(st.sampled_from(Channel)),
            debts=draw(st.sampled_from([("case-1",), ("case-2",), ()])),
            outcome=draw(st.sampled_from(Outcome)),
            inbound=draw(st.booleans()),
            discussed=draw(st.sampled_from([(), ("case-1",), ("case-2",)])),
            line=draw(st.sampled_from(["", "work", "mobile"])),
            addressee=draw(st.sampled_from(["consumer", "surviving_spouse", "employer"])),
            reply=draw(st.booleans()),
            answered=draw(st.booleans()),
        )
        for _ in range(draw(st.integers(0, most)))
    )


@st.composite
def situations(draw, now, names=()):
    return Situation(
        debtor=ANN,
        zones=tuple(sorted(draw(st.sets(st.sampled_from(ZONES), min_size=1, max_size=2)))),
        contacts=ContactLog(draw(contacts(now))),
        debts=("case-1",),
        collector=Collector.THIRD_PARTY,
        opted_out=draw(CHANNELS | st.just(frozenset())),
        holds=draw(st.sets(st.sampled_from(HoldReason), max_size=1).map(frozenset) | st.just(frozenset())),
        zone=HOME,
        calendar=EVERY_DAY,
        places=draw(st.none() | sets_of(PLACES, 1)),
        docket=draw(dockets(now, names)),
        overrides=draw(sets_of(["rule-0", "rule-1"], most=1)),
    )


# What is asked --------------------------------------------------------------------------------------------------------

TIMELESS = (Op.IS, Op.IS_NOT, Op.KNOWN, Op.UNKNOWN, Op.INCLUDES, Op.HOLDS_ONLY)
BY_SORT = {
    Sort.WORD: (Op.IS, Op.IS_NOT, Op.KNOWN, Op.UNKNOWN),
    Sort.FLAG: (Op.IS, Op.IS_NOT, Op.KNOWN, Op.UNKNOWN),
    Sort.WORDS: (Op.INCLUDES, Op.HOLDS_ONLY, Op.KNOWN, Op.UNKNOWN),
    Sort.HAPPENED: (Op.WITHIN, Op.WAITED, Op.KNOWN, Op.UNKNOWN, Op.AFTER),
    Sort.DAY: (Op.OVER, Op.RUNS, Op.AFTER, Op.KNOWN, Op.UNKNOWN),
    Sort.TEXT: (Op.KNOWN, Op.UNKNOWN),
}
ASKED = ("reply", "purpose", "line", "carries", "deadline", "validation_end", "sms_consent", "last_activity")
"""Facts that questions are about more often than chance would have it, so that several rules share them."""


@st.composite
def questions(draw, ops=tuple(Op)):
    fits = [name for name in KNOWN if TERMS[name].sort in BY_SORT and set(BY_SORT[TERMS[name].sort]) & set(ops)]
    fact = draw(st.sampled_from([name for name in fits if name in ASKED] or fits) | st.sampled_from(fits))
    term = TERMS[fact]
    op = draw(st.sampled_from([op for op in BY_SORT[term.sort] if op in ops]))
    words = ("yes", "no") if term.sort is Sort.FLAG else term.words or ("a@example.com",)
    units = {Op.WITHIN: (Unit.DAYS, Unit.MINUTES), Op.WAITED: (Unit.DAYS, Unit.YEARS)}.get(op, (Unit.DAYS,))
    unit = draw(st.sampled_from(units))
    named = op in (Op.IS, Op.IS_NOT, Op.INCLUDES, Op.HOLDS_ONLY)
    return Question(
        op,
        fact,
        tuple(draw(st.lists(st.sampled_from(words), min_size=1, max_size=3, unique=True))) if named else (),
        draw(st.integers(0, 9)) if unit is not Unit.MINUTES else draw(st.integers(0, 9999)),
        unit,
        draw(st.sampled_from(("deadline", "validation_end", "last_activity"))) if op is Op.AFTER else "",
    )


def lists_of(strategy, least=0, most=2):
    return st.lists(strategy, min_size=least, max_size=most).map(tuple)


def prerequisites(ops=tuple(Op)):
    asked = questions(ops)
    return st.builds(Prerequisites, lists_of(asked), lists_of(lists_of(asked, 1)), lists_of(asked, most=1))


@st.composite
def windows(draw):
    edges = sorted(draw(st.sets(st.integers(0, 1440), min_size=2, max_size=4)))
    return tuple((first, after - 1) for first, after in zip(edges[::2], edges[1::2], strict=False))


@st.composite
def hours(draw):
    weekdays = draw(st.dictionaries(st.integers(0, 6), st.just(()) | windows(), max_size=2))
    zone, open_edges = draw(st.sampled_from(["", "", HOME])), draw(st.booleans())
    return Hours(draw(windows()), tuple(sorted(weekdays.items())), zone, open_edges)


COUNTS = st.builds(
    ContactLimit,
    st.integers(1, 3),
    st.integers(1, 7),
    CHANNELS,
    st.sampled_from(Per),
    st.sampled_from([Counting.CALENDAR, Counting.ROLLING, Counting.BOTH]),
    counted=st.just(frozenset()) | st.sets(st.sampled_from(Outcome), max_size=2).map(frozenset),
    uncounted=st.sets(st.sampled_from(Outcome), max_size=2).map(frozenset),
    lines=sets_of(["", "work", "mobile"], most=2),
    replies=st.booleans(),
    consented=st.booleans(),
    since_conversation=st.booleans(),
    unanswered=st.booleans(),
) | st.builds(ContactLimit, st.integers(1, 3), st.just(31), CHANNELS, counting=st.just(Counting.MONTH))

ONCE_EVER = st.builds(ContactLimit, st.just(1), st.just(EVER), CHANNELS, counting=st.just(Counting.ROLLING))

STEADY = st.one_of(
    hours(),
    st.builds(ClosedDays, sets_of(range(7), most=3)),
    COUNTS,
    COUNTS,
    st.builds(Together, st.lists(COUNTS, min_size=1, max_size=2).map(tuple)),
    st.builds(Spacing, st.integers(1, 90), CHANNELS),
    st.builds(CoolingOff, st.integers(1, 7), CHANNELS, st.sampled_from(Per), st.booleans()),
    st.just(InconvenientTimes()),
    st.builds(Carries, st.sampled_from([("opt_out",), ("opt_out", "cost_breakdown")])),
)
"""Limits that clocks, contacts and the text of the message content sooner or later."""

BARS = st.one_of(
    ONCE_EVER,
    st.sampled_from([BlockedChannel(), RefusedAddress(), InconvenientPlaces(), OpenChallenge(), KnownPlace()]),
    st.builds(BlockedPerson, st.sets(st.sampled_from(HoldReason), min_size=1, max_size=2).map(frozenset)),
    st.builds(BureauNotice, st.integers(1, 14)),
)


@st.composite
def rules(draw, name, bars=True):
    """A rule that changes its mind at most once by the course of time alone."""
    kinds = st.one_of(STEADY, STEADY, prerequisites(), BARS) if bars else STEADY
    limit = draw(kinds)
    in_time = draw(st.sampled_from(["when", "unless", None])) if not isinstance(limit, Prerequisites) else None
    values = (DatedValue(0, limit),)
    if in_time is None and bars and not isinstance(limit, Prerequisites) and draw(st.booleans()):
        values += (DatedValue(draw(st.integers(740_000, 740_800)), draw(STEADY)),)
    asked = {key: draw(lists_of(questions(tuple(Op) if key == in_time else TIMELESS), most=1)) for key in WHEN}
    return GateRule(
        name,
        "A rule",
        values,
        Binds(channels=draw(CHANNELS)) if draw(st.booleans()) else Binds(),
        law=draw(st.booleans()),
        kind=draw(st.sampled_from([None, *RuleKind])),
        place=draw(st.sampled_from(["", "", "US-MA"])),
        **asked,
    )


WHEN = ("when", "unless")


@st.composite
def cases(draw, bars=True, most=4):
    now = draw(NOWS)
    made = tuple(draw(rules(f"rule-{number}", bars=bars)) for number in range(draw(st.integers(1, most))))
    named = [q.fact for rule in made for q in (*rule.when, *rule.unless)]
    return made, draw(situations(now, tuple(named))), draw(st.sampled_from(Channel)), now


def ask(made, situation, channel, now):
    spec = ActionSpec(Do.CALL if channel is Channel.CALL else Do.SEND, "x", channel)
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
    return gate(action, situation, made if isinstance(made, GateRules) else GateRules(made), now)


# Properties -----------------------------------------------------------------------------------------------------------


@settings(deadline=None, max_examples=60)
@given(case=cases(bars=False), data=st.data())
def test_a_deferred_action_is_cleared_at_its_instant_and_at_no_minute_before(case, data):
    """Every minute of the two days before, and some further back."""
    made, situation, channel, now = case
    verdict = ask(made, situation, channel, now)
    event(type(verdict).__name__)
    if not isinstance(verdict, Deferred):
        return
    rules_, until = GateRules(made), verdict.until
    assert isinstance(ask(rules_, situation, channel, until), Cleared)
    start = max(now, until - 2 * DAY)
    minutes = set(range(start - start % 60 + 60, until, 60))
    if start > now:
        minutes |= set(data.draw(st.lists(st.integers(now // 60 + 1, start // 60).map(lambda m: m * 60), max_size=40)))
    assert [minute for minute in sorted(minutes) if isinstance(ask(rules_, situation, channel, minute), Cleared)] == []


@settings(deadline=None, max_examples=80)
@given(case=cases(), data=st.data())
def test_one_more_rule_makes_nothing_earlier_or_more_lenient(case, data):
    """Whatever it says, and wherever it stands."""
    made, situation, channel, now = case
    before = lawful_from(ask(made, situation, channel, now), now)
    place = data.draw(st.integers(0, len(made)))
    more = (*made[:place], data.draw(rules("one-more")), *made[place:])
    assert lawful_from(ask(more, situation, channel, now), now) >= before


KNOWING = tuple(op for op in Op if op is not Op.UNKNOWN)


@settings(deadline=None, max_examples=80)
@given(now=NOWS, data=st.data())
def test_what_nobody_knows_never_clears(now, data):
    """A fact that a rule needs is not made good by forgetting it, whatever it was."""
    needs = data.draw(lists_of(questions(KNOWING), most=3))
    limit = Prerequisites(needs, data.draw(lists_of(lists_of(questions(KNOWING), 1))))
    asked = (*needs, *(question for one in limit.any_of for question in one))
    assume(asked)
    rule = GateRule("law/needs", "A rule", (DatedValue(0, limit),), law=True)
    docket = {name: data.draw(values_of(name, now)) for q in asked for name in (q.fact, q.other) if name}
    situation = data.draw(situations(now))._replace(docket=docket)
    before = lawful_from(ask([rule], situation, Channel.LETTER, now), now)
    gone = data.draw(st.sampled_from(sorted(docket)))
    less = situation._replace(docket={name: value for name, value in docket.items() if name != gone})
    verdict = ask([rule], less, Channel.LETTER, now)
    assert lawful_from(verdict, now) >= before
    if any(gone in (q.fact, q.other) for q in needs):
        assert isinstance(verdict, Blocked)


def told(verdict):
    """An answer without the order of its reasons and duties."""
    match verdict:
        case Cleared(action):
            return "cleared", frozenset(action.obligations)
        case Deferred(until=until, reasons=reasons):
            return until, frozenset((r.rule, r.until, r.code) for r in reasons)
        case Blocked(reasons=reasons):
            return "blocked", frozenset((r.rule, r.until, r.code) for r in reasons)


@settings(deadline=None, max_examples=80)
@given(case=cases(), data=st.data())
def test_the_order_of_rules_contacts_and_facts_does_not_matter(case, data):
    """The same answer with the same reasons and duties."""
    made, situation, channel, now = case
    shuffled = situation._replace(
        contacts=ContactLog(data.draw(st.permutations(situation.contacts.contacts))),
        zones=tuple(data.draw(st.permutations(situation.zones))),
        docket={
            name: tuple(data.draw(st.permutations(value))) if type(value) is tuple else value
            for name, value in data.draw(st.permutations(sorted(situation.docket.items(), key=lambda item: item[0])))
        },
    )
    again = ask(data.draw(st.permutations(made)), shuffled, channel, now)
    assert told(again) == told(ask(made, situation, channel, now))


@settings(deadline=None, max_examples=50)
@given(case=cases(), data=st.data())
def test_what_rules_remember_changes_no_answer(case, data):
    """Rules that were asked about somebody else before answer as new ones do."""
    made, situation, channel, now = case
    used = GateRules(made)
    other = data.draw(situations(now, tuple(situation.docket)))
    for asked in (other, situation._replace(docket={}), situation):
        assert told(ask(used, asked, channel, now)) == told(ask(made, asked, channel, now))


NONSENSE = st.one_of(
    st.none(),
    st.integers(-(10**18), 10**18),
    st.floats(),
    st.text(max_size=3),
    st.booleans(),
    st.lists(st.integers() | st.text(max_size=2), max_size=2),
    st.dictionaries(st.text(max_size=1), st.integers(), max_size=1),
    st.tuples(st.integers()),
    st.frozensets(st.integers(), max_size=2),
)


@settings(deadline=None, max_examples=120)
@given(case=cases(), data=st.data())
def test_the_gate_never_raises(case, data):
    """Whatever stands on the docket, in the rules and among the zones; what cannot be asked refuses."""
    made, situation, channel, now = case
    named = {q.fact for rule in made for q in (*rule.when, *rule.unless)} | {*OFTEN, "purpose"}
    nonsense = data.draw(st.dictionaries(st.sampled_from(sorted(named)), NONSENSE, max_size=5))
    zones = data.draw(st.sampled_from([situation.zones, ("Mars/Olympus_Mons",), ()]))
    strange = situation._replace(docket=situation.docket | nonsense, zones=zones)
    broken = data.draw(st.sampled_from([(), (DatedValue(0, "no limit"),), (DatedValue("a day", Spacing(1)),), (1,)]))
    rule = GateRule("broken", "broken", broken, law=True, when=data.draw(lists_of(questions(), most=1)))
    found = ask((*made, replace(rule, when=())), strange, channel, now)
    assert isinstance(found, Blocked)
    assert "broken" in {reason.rule for reason in found.reasons}
    assert isinstance(ask((*made, rule), strange, channel, now), Cleared | Deferred | Blocked)
    assert isinstance(ask(made, strange, None, now), Cleared | Deferred | Blocked)


@pytest.mark.parametrize("name", sorted(TERMS))
def test_every_fact_can_be_made_up_here(name):
    """A new kind of record has to be told to these properties."""
    assert name in KNOWN
