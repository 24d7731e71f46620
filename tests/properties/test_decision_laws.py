"""Laws that every decision obeys, whatever the policy and whatever happens: checked on random policies and facts."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from dataclasses import replace
from functools import lru_cache
from itertools import pairwise

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from dunning_engine.decision.decider import decide
from dunning_engine.domain.arrangements import HoldReason
from dunning_engine.domain.case import evolve
from dunning_engine.domain.events import (
    CaseOpened,
    CreditNoteIssued,
    DeliveryArmed,
    HoldLifted,
    HoldPlaced,
    PaymentFailed,
    PaymentReceived,
    PaymentReversed,
    PromiseMade,
    ReceiptKind,
    ReceiptRecorded,
    ReceivableAdded,
    Recorded,
)
from dunning_engine.domain.parties import Party, ZoneHint
from dunning_engine.domain.receivables import Invoice
from dunning_engine.kernel.calendar import EVERY_DAY, BusinessCalendar, day_start, parse_date
from dunning_engine.kernel.money import Money
from dunning_engine.policy.compiler import compile_policy

HOUR = 3600
DAY = 24 * HOUR
ZONE = "America/New_York"
START = day_start(parse_date("2026-02-01").toordinal(), ZONE)
DEBTOR = Party.consumer("ann", email="a@example.com", phone="+12125550123", address=("1 Main Street",), country="US")

relaxed = settings(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much]
)


class Weekends:
    """A market that is closed on weekends, and one that never is."""

    def calendar(self, name):
        return {"US": BusinessCalendar("US"), "none": EVERY_DAY}.get(name)

    def names(self):
        return ("US", "none")


# Random policies -----------------------------------------------------------------------------------------------------

BEFORE = st.sampled_from(["5 days before due", "2 business days before due", "on the due date"])
AFTER = st.sampled_from(
    [
        "1 day after due",
        "3 business days after due",
        "9 days after due",
        "grace ends",
        "2 weeks after due",
        "end of month after due",
    ]
)
CHAINED = st.sampled_from(["4 days after {previous}", "3 business days after {previous}", "2 days after previous"])
ACTIONS = st.sampled_from(
    [
        "send: email a",
        "send: [email a, sms b]",
        "send: letter c or else email a",
        "call: d",
        "send: sms b, call: d",
        "send: letter c",
    ]
)
CONDITIONS = st.sampled_from(
    ["", "", "", "only_if: balance at least 60.00", "only_if: at least 6 days overdue", "unless: promise broken"]
)
CADENCES = st.sampled_from(
    ["", "", "cadence: every 3 days up to 3 times", "cadence: every 5 business days up to 2 times"]
)
DEADLINES = st.sampled_from(["", "", "", "deadline: 5 days"])
HEADS = {
    "grace": ["grace: 3 business days", "grace: 2 days"],
    "limits": [
        "",
        "",
        "contact_limits: [2 contacts in 7 days]",
        "contact_limits: [1 contact per day, 1 sms in 9 days]",
    ],
    "quiet": ["", "quiet_hours: 20:00 to 09:00", "quiet_days: [sunday]"],
    "gap": ["", "min_gap: 3 days"],
    "catch": ["", "catch_up: next", "catch_up: jump", "catch_up: skip"],
    "pause": ["pause_while: [promise open, plan on track]", ""],
}


@st.composite
def policies(draw, **fixed):
    """A policy of one to four steps; `fixed` words replace what is drawn for the head."""
    roll = draw(st.sampled_from(["business_days: US", "business_days: US, roll: previous", "business_days: none"]))
    head = [fixed.get(key) if key in fixed else draw(st.sampled_from(words)) for key, words in HEADS.items()]
    steps, previous = [], ""
    for number in range(draw(st.integers(1, 4))):
        name = f"s{number}"
        early = not steps and draw(st.booleans())
        when = (
            draw(BEFORE)
            if early
            else draw(CHAINED if previous and draw(st.booleans()) else AFTER).format(previous=previous)
        )
        parts = [f"step: {name}", f"when: {when}", draw(ACTIONS), draw(CONDITIONS)]
        parts += [] if early else [draw(CADENCES), draw(DEADLINES)]
        steps.append("  - {" + ", ".join(part for part in parts if part) + "}")
        previous = name
    text = "\n".join(
        [
            "policy: p",
            "version: 1",
            f"time: {{zone: {ZONE}, {roll}}}",
            *(words for words in head if words),
            "steps:",
            *steps,
        ]
    )
    assume(read(text) is not None)
    return text


@lru_cache(maxsize=64)
def read(text):
    """The policy of a text, or None where it means nothing."""
    return compile_policy(text, file="p.yaml", calendars=Weekends(), rulebooks=()).policy


# Random facts --------------------------------------------------------------------------------------------------------


def usd(amount):
    return Money(amount, "USD")


FACTS = st.one_of(
    st.sampled_from(["10.00", "50.00", "100.00"]).map(lambda amount: PaymentReceived(usd(amount))),
    st.just(CreditNoteIssued(usd("20.00"))),
    st.just(PaymentReversed(usd("50.00"))),
    st.just(PaymentFailed()),
    st.sampled_from([HoldReason.DISPUTE, HoldReason.MANUAL, HoldReason.PLAN]).flatmap(
        lambda reason: st.sampled_from([HoldPlaced(reason), HoldLifted(reason)])
    ),
    st.sampled_from(["2026-03-04", "2026-03-12"]).map(lambda by: PromiseMade(usd("40.00"), parse_date(by).toordinal())),
    st.just(ReceivableAdded(Invoice("INV-2", usd("80.00"), due="2026-03-09", issued="2026-02-10"))),
)
HOURS = st.integers(min_value=1, max_value=60 * 24)
STORIES = st.lists(st.tuples(HOURS, FACTS), max_size=6, unique_by=lambda fact: fact[0]).map(
    lambda facts: sorted(facts, key=lambda fact: fact[0])
)


class Course:
    """A case under a policy, with what went out."""

    def __init__(self, policy, facts=()):
        self.policy = read(policy) if isinstance(policy, str) else policy
        self.seq = 0
        self.case = None
        self.out = []
        self.facts = [(START + hours * HOUR, fact) for hours, fact in facts]
        self.tell(START, CaseOpened(DEBTOR, self.policy.ref, (ZoneHint("zone", (ZONE,)),)))
        self.tell(START, ReceivableAdded(Invoice("INV-1", usd("100.00"), due="2026-02-20", issued="2026-02-01")))

    def tell(self, at, event):
        self.seq += 1
        self.case = evolve("case", self.case, Recorded(self.seq, at, at, event))

    def decide(self, at):
        return decide(self.case, self.policy, (), at)

    def look(self, at):
        """Hear what has happened up to now, then decide and deliver until nothing more comes; the next look."""
        while self.facts and self.facts[0][0] <= at:
            self.tell(*self.facts.pop(0))
        while True:
            decision = self.decide(at)
            for event in decision.events:
                self.tell(at, event)
            for cleared in decision.cleared:
                self.tell(at, DeliveryArmed(cleared.action.id))
                self.tell(at, ReceiptRecorded(cleared.action.id, ReceiptKind.DELIVERED))
                self.out.append((at, cleared.action.action))
            if not decision.cleared:
                return decision

    def hourly(self, start, end, every=HOUR):
        for at in range(start, end, every):
            self.look(at)
        return self

    def following(self, start, end):
        now = start
        while now is not None and now < end:
            wake = self.look(now).next_look
            told = self.facts[0][0] if self.facts else None
            now = min((at for at in (wake, told) if at is not None), default=None)
        return self

    @property
    def actions(self):
        return [(at, action.id, action.step, action.spec.words) for at, action in self.out]


END = START + 75 * DAY


@relaxed
@given(policies(), STORIES)
def test_looking_hourly_or_only_when_told_gives_the_same_actions(policy, facts):
    """Following `next_look` misses nothing that somebody who looks every hour would see, and invents nothing."""
    assert Course(policy, facts).following(START, END).actions == Course(policy, facts).hourly(START, END).actions


@relaxed
@given(policies(), STORIES)
def test_looking_twice_gives_the_same_actions(policy, facts):
    """A second look at the same instant adds no event."""
    course = Course(policy, facts)
    for at in range(START, START + 60 * DAY, 7 * HOUR):
        course.look(at)
        assert course.decide(at).events == ()


@relaxed
@given(policies(), STORIES, st.integers(min_value=0, max_value=2**32))
def test_nothing_changes_before_the_next_look(policy, facts, seed):
    """At no minute before `next_look` is there anything to record."""
    course, chance = Course(policy, facts), random.Random(seed)
    now = START
    for _ in range(25):
        wake = course.look(now).next_look
        told = course.facts[0][0] if course.facts else None
        following = min((at for at in (wake, told) if at is not None), default=None)
        last = (following or now + 120 * DAY) - 60
        for at in {last, *(chance.randrange(now, last + 1) for _ in range(6) if last > now)}:
            assert at < now or course.decide(at).events == (), at
        if following is None:
            break
        now = following


@relaxed
@given(policies(), STORIES)
def test_no_action_has_the_identity_of_another(policy, facts):
    """Nothing goes out twice."""
    identities = [action.id for _, action in Course(policy, facts).following(START, END).out]
    assert len(identities) == len(set(identities))


@relaxed
@given(policies(), STORIES, HOURS)
def test_nothing_goes_out_after_payment(policy, facts, hours):
    """From the instant on at which everything is paid, nothing is sent, however one looks."""
    facts = [fact for fact in facts if fact[0] < hours]
    course = Course(policy, [*facts, (hours, PaymentReceived(usd("500.00")))]).following(START, END)
    assert [at for at, _ in course.out if at >= START + hours * HOUR] == []


@relaxed
@given(policies(), STORIES, HOURS, st.sampled_from([r for r in HoldReason if r is not HoldReason.PLAN]))
def test_a_hold_adds_no_contact(policy, facts, hours, reason):
    """At any instant a hold on the whole case lets out nothing that would not have gone out without it."""
    at = START + hours * HOUR
    course = Course(policy, facts).following(START, at - HOUR)
    while course.facts and course.facts[0][0] <= at:
        course.tell(*course.facts.pop(0))
    free = {cleared.action.id for cleared in course.decide(at).cleared}
    course.tell(at, HoldPlaced(reason))
    contacts = {c.action.id for c in course.decide(at).cleared if c.action.action.spec.channel is not None}
    assert contacts <= free
    if reason in (HoldReason.DISPUTE, HoldReason.MANUAL, HoldReason.CEASE, HoldReason.DECEASED):
        assert contacts == set()


@relaxed
@given(policies(catch="catch_up: next", limits="", pause=""), st.integers(min_value=0, max_value=60))
def test_looking_once_late_catches_up_by_the_rule(policy, days):
    """Under `catch_up: next` a late case gets every later step that a timely one gets, never earlier, a gap apart."""
    steps = tuple(replace(step, only_if=(), unless=(), cadence=None) for step in read(policy).steps)
    assume(not steps[0].when.before_or_on_due)  # what has lapsed meanwhile is another law
    ladder = replace(read(policy), steps=steps)
    on_time = first_times(Course(ladder).following(START, END))
    late_at = START + (20 + days) * DAY
    late = first_times(Course(ladder).following(late_at, late_at + 200 * DAY))
    assert set(late) == set(on_time)
    assert all(late[step] >= max(on_time[step], late_at) for step in late if step in on_time)
    assert list(late) == [step.name for step in ladder.steps if step.name in late]
    times = list(late.values())
    assert all(after - before >= DAY - HOUR * 14 for before, after in pairwise(times))


def first_times(course):
    found = {}
    for at, action in course.out:
        found.setdefault(action.step, at)
    return found


@relaxed
@given(policies(), STORIES, st.randoms(use_true_random=False), HOURS)
def test_the_order_in_which_facts_become_known_does_not_matter(policy, facts, chance, hours):
    """The same facts at the same instants, recorded in any order, lead to the same decision."""
    at = START + hours * HOUR
    known = [fact for fact in facts if fact[0] <= hours]
    shuffled = chance.sample(known, len(known))
    decisions = []
    for order in (known, shuffled):
        course = Course(policy)
        for when, fact in order:
            course.tell(START + when * HOUR, fact)
        decisions.append(course.decide(at))
    assert decisions[0] == decisions[1]


@relaxed
@given(policies(), STORIES, HOURS)
def test_deciding_is_pure(policy, facts, hours):
    """The same question has the same answer, and asking changes nothing."""
    course = Course(policy, facts).following(START, START + hours * HOUR)
    before = repr(course.case)
    one, other = course.decide(START + hours * HOUR), course.decide(START + hours * HOUR)
    assert one == other
    assert one.explain() == other.explain()
    assert repr(course.case) == before


TALE = """
import sys
sys.path.insert(0, {folder!r})
from test_decision_laws import Course, END, START, Weekends, FACTS, HoldPlaced, HoldLifted, HoldReason, PaymentReceived, usd
from dunning_engine.ports.codec import encode_event

TEXT = '''
policy: p
version: 1
time: {{zone: America/New_York, business_days: US}}
contact_limits: [1 contact per day, 1 sms in 9 days]
quiet_days: [sunday, friday]
pause_while: [promise open, plan on track]
stop_when: [bankrupt, deceased]
steps:
  - {{step: one, when: 3 days after due, cadence: every 3 days up to 3 times, send: [email a, sms b], call: d}}
  - {{step: two, when: 4 days after one, send: letter c or else email a, approval: manager}}
'''
course = Course(TEXT, [(480, PaymentReceived(usd("10.00"))), (600, HoldPlaced(HoldReason.MANUAL)), (700, HoldLifted(HoldReason.MANUAL))])
print(course.policy.hash)
now = START
while now is not None and now < END:
    decision = course.look(now)
    print(decision.explain())
    for event in decision.events:
        print(encode_event(event))
    now = decision.next_look or (course.facts[0][0] if course.facts else None)
for at, action in course.out:
    print(at, action.id, action.spec.words, action.amount, action.invoices)
"""


def test_decisions_are_the_same_bytes_under_every_hash_seed():
    """Ids, texts and events do not depend on how Python happens to hash in a process."""
    script = TALE.format(folder=os.path.dirname(__file__))  # noqa: PTH120
    told = {
        subprocess.run(
            [sys.executable, "-c", script],
            env={**os.environ, "PYTHONHASHSEED": seed, "TZ": zone, "LC_ALL": "C"},
            capture_output=True,
            check=True,
        ).stdout
        for seed, zone in (("0", "UTC"), ("1", "Asia/Tokyo"), ("4242", "America/Denver"))
    }
    (text,) = told
    assert b"cleared: email a" in text or b"email a" in text
