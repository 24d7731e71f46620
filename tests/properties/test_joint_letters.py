"""Laws of one letter for several ladders (`lead: each`), on random ladders, invoices, payments and looks."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dunning_engine.decision.decider import decide
from dunning_engine.decision.progress import UNDER_WAY
from dunning_engine.domain.case import evolve
from dunning_engine.domain.events import (
    CaseOpened,
    DeliveryArmed,
    PaymentReceived,
    ReceiptKind,
    ReceiptRecorded,
    ReceivableAdded,
    Recorded,
)
from dunning_engine.domain.parties import Party, ZoneHint
from dunning_engine.domain.receivables import Invoice
from dunning_engine.kernel.calendar import EVERY_DAY, day_start, local_day, parse_date
from dunning_engine.kernel.money import Money
from dunning_engine.policy.compiler import compile_policy

ZONE = "Europe/Berlin"
FIRST = parse_date("2026-02-01").toordinal()
DEBTOR = Party.business("ann", email="a@example.com", phone="+4930123456", address=("Hafenstr. 1",), country="DE")

relaxed = settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow])


class EveryDay:
    """Calendars without holidays."""

    def calendar(self, name):
        return EVERY_DAY if name == "none" else None

    def names(self):
        return ("none",)


WAYS = st.sampled_from(["email a", "letter b", "[email c, sms d]", "sms e or else email f"])


@st.composite
def ladders(draw):
    """A policy of up to five steps, all at one hour of the day, so that one ladder never holds up another."""
    waits = draw(st.lists(st.integers(1, 12), min_size=1, max_size=4))
    lines = [
        f"  - {{step: s0, when: {draw(st.sampled_from(['3 days before due', '4 days after due']))}, send: email a}}"
    ]
    for number, wait in enumerate(waits, 1):
        more = draw(st.sampled_from(["", ", cadence: every 3 days up to 2 times", ", deadline: 5 days"]))
        lines.append(f"  - {{step: s{number}, when: {wait} days after s{number - 1}, send: {draw(WAYS)}{more}}}")
    head = f"policy: p\nversion: 1\ntime: {{zone: {ZONE}}}\nlead: each\nsteps:\n"
    compiled = compile_policy(head + "\n".join(lines) + "\n", file="p.yaml", calendars=EveryDay(), rulebooks=())
    assert compiled.policy is not None, compiled.diagnostics
    return compiled.policy


debts = st.lists(st.tuples(st.integers(0, 40), st.integers(1, 50_000)), min_size=1, max_size=4)
payments = st.lists(st.tuples(st.integers(0, 80), st.integers(0, 3), st.integers(1, 60_000)), max_size=3)


def lived(policy, owed, paid=()):
    """Every letter of a case that is looked at whenever something can change, with the case as it was then."""
    case, seq, found = None, 0, []

    def tell(at, event):
        nonlocal case, seq
        seq += 1
        case = evolve("case", case, Recorded(seq, at, at, event))

    start = day_start(FIRST - 4, ZONE)  # before anything is planned: what comes late goes out at another hour
    tell(start, CaseOpened(DEBTOR, policy.ref, (ZoneHint("zone", (ZONE,)),)))
    for number, (due, amount) in owed:
        tell(start, ReceivableAdded(Invoice(number, Money.of_minor(amount, "EUR"), due=_date(FIRST + due))))
    facts = sorted((day_start(FIRST + day, ZONE) + 3600, number, amount) for day, number, amount in paid)
    now, end = start, day_start(FIRST + 200, ZONE)
    while now is not None and now < end:
        while facts and facts[0][0] <= now:
            at, number, amount = facts.pop(0)
            tell(at, PaymentReceived(Money.of_minor(amount, "EUR"), number))
        before = case
        decision = decide(case, policy, (), now)
        for event in decision.events:
            tell(now, event)
        for cleared in decision.cleared:
            found.append((now, cleared.action.action, before))
            tell(now, DeliveryArmed(cleared.action.id))
            tell(now, ReceiptRecorded(cleared.action.id, ReceiptKind.SENT))
        looks = [now if decision.cleared else decision.next_look, facts[0][0] if facts else None]
        now = min((look for look in looks if look is not None), default=None)
    return case, found


def _date(day):
    from datetime import date

    return date.fromordinal(day)


def numbered(owed):
    return [(f"I{number}", debt) for number, debt in enumerate(owed)]


def climbed(case, number):
    """What a receivable's ladder has done: which action on which day."""
    return sorted(
        (local_day(d.sent_at, ZONE), d.key.step, d.key.occurrence, d.key.slot)
        for d in case.deliveries.values()
        if d.key.cycle == number and d.sent_at is not None
    )


@relaxed
@given(ladders(), debts)
def test_every_ladder_is_the_one_that_its_receivable_would_climb_alone(policy, owed):
    together, _ = lived(policy, numbered(owed))
    for number, debt in numbered(owed):
        alone, _ = lived(policy, [(number, debt)])
        assert climbed(together, number) == climbed(alone, number)


@relaxed
@given(ladders(), debts, payments)
def test_letters_ask_for_what_they_speak_of_and_for_nothing_twice(policy, owed, paid):
    case, letters = lived(policy, numbered(owed), [(day, f"I{number}", amount) for day, number, amount in paid])
    spoken = [key for _, action, _ in letters for key in (action.levels or (action.key,))]
    assert len(spoken) == len(set(spoken)), "a level went out alone and along"
    assert {d.key for d in case.deliveries.values() if d.state in UNDER_WAY} == set(spoken)
    for at, action, before in letters:
        claims = {r.number: r for r in before.receivables if r.number in action.invoices}
        assert {key.cycle for key in action.levels or (action.key,)} == set(action.invoices)
        assert action.amount == sum(r.open for r in claims.values())
        late = {r.due < local_day(at, ZONE) for r in claims.values()}
        assert len(late) == 1, "what is overdue shares a letter with what is not"
        index = policy.index
        assert index[action.step] == max(index[key.step] for key in action.levels or (action.key,))


@relaxed
@given(ladders(), debts)
def test_what_goes_out_at_one_instant_by_one_channel_is_one_letter(policy, owed):
    _, letters = lived(policy, numbered(owed))
    late = [
        (at, action.spec.channel, before.receivable(action.invoices[0]).due < local_day(at, ZONE))
        for at, action, before in letters
    ]
    assert len(late) == len(set(late))
