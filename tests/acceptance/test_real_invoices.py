"""Real invoices under policies of different shape: every action on its day and hour, none too many, none missing.

The expected days come from `oracle`, which shares no code with the engine.
"""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path

import pytest
from oracle import Act, Oracle, bills

from dunning_engine.domain.parties import ZoneHint
from dunning_engine.engine.casework import casework
from dunning_engine.intake.csvfile import read_invoices
from dunning_engine.intake.gather import gather
from dunning_engine.intake.mapping import load_mapping
from dunning_engine.kernel.errors import UsageError
from dunning_engine.policy.compiler import compile_policy
from dunning_engine.simulation.run import Simulation
from dunning_engine.whereabouts.holidays import Holidays

DATA = Path(__file__).parents[3] / "shared" / "data" / "accounts-receivable.csv"
WHOLE = date(2012, 1, 1), date(2014, 12, 31)
CALENDARS = Holidays()

pytestmark = pytest.mark.skipif(not DATA.exists(), reason="the recorded invoices are not here")

MAPPING = """
invoice: invoiceNumber
debtor: customerID
issued: {column: InvoiceDate, format: "M/D/YYYY"}
due: {column: DueDate, format: "M/D/YYYY"}
amount: InvoiceAmount
currency: {value: USD}
paid_on: {column: SettledDate, format: "M/D/YYYY"}
disputed: {column: Disputed, values: {Yes: true, No: false}}
kind: {value: consumer}
email: {value: someone@example.com}
phone: {value: "+12125550123"}
zone: {value: America/New_York}
country: {value: US}
"""

HEAD = """
policy: ar
version: 1
unit: invoice
"""

POLICIES = {
    "the-whole-ladder": """
time: {zone: America/New_York, business_days: US, send_at: "10:00"}
grace: 3 business days
contact_limits: [3 contacts in 7 days per debtor, 1 call per day per debtor]
quiet_hours: 20:00 to 09:00
steps:
  - step: courtesy
    when: 5 days before due
    send: email upcoming-invoice
  - step: reminder
    when: grace ends
    send: [email reminder with invoice, sms nudge]
  - step: chase
    when: 7 days after reminder
    cadence: every 5 business days up to 3 times
    send: email still-overdue
    call: reminder-script
  - step: ultimatum
    when: 30 days after due
    send: certified letter final-demand or else letter final-demand
    deadline: 14 days
  - step: agency
    when: 7 days after ultimatum expires
    hand_off: agency acme-recovery
    approval: credit-manager
""",
    "every-day-is-a-working-day": """
time: {zone: America/New_York, send_at: "08:30"}
steps:
  - step: heads-up
    when: 10 days after issue
    send: email heads-up
  - step: today
    when: on the due date
    send: sms today
  - step: first
    when: 1 day after due
    send: email first
  - step: second
    when: 8 days after due
    send: [email second, letter second]
  - step: third
    when: 1 week after second
    call: third
""",
    "without-end": """
time: {zone: America/New_York, business_days: US, send_at: "14:00"}
grace: 2 days
steps:
  - step: reminder
    when: 1 business day after due
    cadence: every 3 days
    send: email reminder
  - step: last
    when: 3 weeks after due
    send: letter last
""",
    "one-after-the-other": """
time: {zone: America/New_York, business_days: US, roll: previous, send_at: "09:15"}
min_gap: 2 days
steps:
  - step: notice
    when: 3 business days before due
    send: email notice
  - step: first
    when: 2 days after due
    send: email first
  - step: second
    when: 3 days after previous
    send: sms second
  - step: third
    when: 3 business days after second
    send: [letter third, email third]
  - step: fourth
    when: 1 week after third
    call: fourth
""",
    "a-short-ultimatum": """
time: {zone: America/New_York, business_days: US, send_at: "11:00"}
quiet_days: [monday, public holidays]
steps:
  - step: demand
    when: 3 days after due
    send: letter demand
    deadline: 5 days
  - step: over
    when: demand expires
    send: email over
  - step: agency
    when: 5 business days after demand expires
    hand_off: agency acme-recovery
""",
    "the-end-of-the-month": """
time: {zone: America/New_York, business_days: US, send_at: "10:00"}
grace: 1 week
steps:
  - step: statement
    when: end of month after due
    send: email statement
  - step: again
    when: 1 month after issue
    send: email again
  - step: call
    when: 2 days after grace ends
    call: script
""",
    "so-few-contacts-that-all-compete": """
time: {zone: America/New_York, business_days: US, send_at: "10:00"}
contact_limits: [1 contact in 3 days per debtor, 1 sms in 10 days per debt]
quiet_hours: 12:00 to 09:30
quiet_days: [friday]
steps:
  - step: courtesy
    when: 3 days before due
    send: email courtesy
  - step: reminder
    when: 2 days after due
    cadence: every 4 days until demand
    send: [email reminder, sms reminder]
  - step: demand
    when: 12 days after reminder
    send: letter demand
""",
}

LATE = """
time: {zone: America/New_York, business_days: US, send_at: "10:00"}
quiet_hours: 18:00 to 09:00
contact_limits: [2 contacts in 7 days per debtor]
steps:
  - step: courtesy
    when: 5 days before due
    send: email courtesy
  - step: first
    when: 2 days after due
    send: email first
  - step: second
    when: 5 days after first
    send: [sms second, email second]
  - step: third
    when: 10 days after due
    send: letter third
  - step: agency
    when: 20 days after due
    hand_off: agency acme-recovery
"""

for how in ("next", "jump", "skip"):
    POLICIES[f"taken-in-late-{how}"] = f"catch_up: {how}\n{LATE}"

PERIODS = dict.fromkeys(POLICIES, WHOLE) | {
    f"taken-in-late-{how}": (date(2013, 2, 9), date(2014, 12, 31)) for how in ("next", "jump", "skip")
}


class NewYork:
    """Everybody lives in New York."""

    def hints(self, _party):
        return (ZoneHint("zone", ("America/New_York",)),)


@cache
def intake():
    loaded = load_mapping(MAPPING, file="mapping.yaml")
    assert loaded.mapping is not None, loaded.diagnostics
    return gather(read_invoices(DATA.read_bytes(), loaded.mapping, file=DATA.name))


def policy_of(name):
    compiled = compile_policy(HEAD + POLICIES[name], file=f"{name}.yaml", calendars=CALENDARS, rulebooks=())
    assert compiled.policy is not None, compiled.diagnostics
    return compiled.policy


@cache
def simulated(name):
    policy = policy_of(name)
    start, until = PERIODS[name]
    work = casework(intake(), {"ar": policy}, "ar")
    assert not work.findings
    return Simulation(plans=work.plans, rulebooks={}, zones=NewYork(), start=start, until=until).run()


def cleared(name, *, recalls=False):
    """What went out, in the words of the oracle, or which debts were taken back from their agency."""
    return sorted(
        Act(
            datetime.fromisoformat(line["at"]).replace(tzinfo=None),
            *line["invoices"],
            line["step"],
            line["channel"] or "agency",
        )
        for line in (line.as_json() for line in simulated(name))
        if line["verdict"] == "cleared" and (line["do"] == "recall") is recalls
    )


@cache
def expected(name):
    return Oracle(POLICIES[name]).run(bills(DATA), *PERIODS[name])


every_policy = pytest.mark.parametrize("name", POLICIES)


@every_policy
def test_every_action_has_its_day_and_hour(name):
    """What goes out under a policy is, to the minute, what the policy language says; of rivals the earlier planned."""
    engine, oracle = Counter(cleared(name)), Counter(expected(name))
    assert len(oracle) > 100
    assert (sorted(engine - oracle)[:5], sorted(oracle - engine)[:5]) == ([], [])


@every_policy
def test_nothing_is_blocked_or_left_waiting(name):
    """Everybody here can be reached and every invoice is settled in the end, so every action comes to a good end."""
    assert Counter(line.trace.verdict for line in simulated(name)).keys() == {"cleared"}


@every_policy
def test_nobody_is_reminded_of_what_is_paid_or_disputed(name):
    """No action before its invoice is issued, from the day of its payment on, or while it is disputed."""
    known = {bill.number: bill for bill in bills(DATA)}
    assert [act for act in cleared(name) if not known[act.number].is_open(act.at.date())] == []


@every_policy
def test_what_is_paid_after_its_hand_off_is_taken_back(name):
    """On the day of the payment, and nothing else is."""
    known = {bill.number: bill for bill in bills(DATA)}
    _start, until = PERIODS[name]
    placed = [act.number for act in cleared(name) if act.way == "agency"]
    paid = {(known[number].settled, number) for number in placed if known[number].settled <= until}
    assert {(act.at.date(), act.number) for act in cleared(name, recalls=True)} == paid


@every_policy
def test_nothing_goes_out_twice(name):
    """An invoice, step and way comes once, repeated steps once a day, and no two actions share an identity."""
    assert max(Counter((act.at.date(), act.number, act.step, act.way) for act in cleared(name)).values()) == 1
    once = Counter((act.number, act.step, act.way) for act in cleared(name) if not repeats(name, act.step))
    assert set(once.values()) <= {1}
    identities = [line.trace.action.id for line in simulated(name)]
    assert len(identities) == len(set(identities))


def repeats(name, step):
    return (
        f"step: {step}\n" in POLICIES[name]
        and "cadence" in POLICIES[name].split(f"step: {step}\n")[1].split("- step")[0]
    )


LIMITED = {
    # count, days, way (or any), and whose contacts are counted together
    "the-whole-ladder": [(3, 7, None, "customer"), (1, 1, "call", "customer")],
    "so-few-contacts-that-all-compete": [(1, 3, None, "customer"), (1, 10, "sms", "number")],
    "taken-in-late-next": [(2, 7, None, "customer")],
    "taken-in-late-jump": [(2, 7, None, "customer")],
    "taken-in-late-skip": [(2, 7, None, "customer")],
}


@pytest.mark.parametrize(("name", "limit"), [(name, limit) for name, limits in LIMITED.items() for limit in limits])
def test_no_limit_is_broken(name, limit):
    """In no window of calendar days, today included, are there more contacts than the policy allows."""
    count, days, way, whose = limit
    customer = {bill.number: bill.customer for bill in bills(DATA)}
    contacts = defaultdict(list)
    for act in cleared(name):
        if act.way != "agency" and way in (None, act.way):
            contacts[customer[act.number] if whose == "customer" else act.number].append(act.at.date())
    fullest = max(
        sum(first <= day < first + timedelta(days) for day in log) for log in contacts.values() for first in log
    )
    assert fullest <= count
    assert fullest == count or way == "call"  # the limit was felt


def test_limits_put_contacts_off_and_say_so():
    """Where limits bind, what waited says since when it did, and which rule let it wait."""
    waited = [line.as_json() for line in simulated("so-few-contacts-that-all-compete") if line.trace.deferred_from]
    assert len(waited) > 200
    rules = {
        f"policy/{rule}"
        for rule in ("contact-limit-1", "contact-limit-2", "quiet-days", "quiet-hours", "business-days")
    }
    assert all(
        line["deferred_from"] < line["at"] and line["reasons"] and set(line["reasons"]) <= rules for line in waited
    )


@every_policy
def test_contacts_keep_to_their_hours_and_days(name):
    """No contact in quiet hours or on quiet days, and none on a day without business unless every day is one."""
    plain = Oracle(POLICIES[name])
    for act in cleared(name):
        if act.way != "agency":
            assert plain.is_business(act.at.date()), act
        if act.way in ("email", "sms", "call"):
            assert not quiet(plain, act.at), act


def quiet(plain, at):
    day = at.strftime("%A").lower() in plain.quiet_days or (
        "public holidays" in plain.quiet_days and plain.is_holiday(at.date())
    )
    start, end = plain.quiet if len(plain.quiet) == 2 else ("00:00", "00:00")
    clock = at.strftime("%H:%M")
    return day or (start <= clock < end if start <= end else clock >= start or clock < end)


def test_the_history_takes_seconds():
    """Three years of 2,466 invoices go through the whole ladder in one pass, in well under twenty seconds."""
    simulated.cache_clear()
    begun = time.perf_counter()
    simulated("the-whole-ladder")
    assert time.perf_counter() - begun < 20


LAWFUL = """
law: [us/reg-f-limits]
time: {zone: America/New_York, send_at: "07:00"}
steps:
  - step: call
    when: 1 day after due
    cadence: every 1 day
    call: script
"""


@cache
def lawful():
    """Daily calls that want to be made too early, under the limits of Regulation F."""
    loading = pytest.importorskip("dunning_engine.engine.loading")
    try:
        books = loading.load_rulebooks(("us/reg-f-limits",))
    except (OSError, UsageError):
        pytest.skip("the rulebook is not built")
    compiled = compile_policy(HEAD + LAWFUL, file="lawful.yaml", calendars=CALENDARS, rulebooks=("us/reg-f-limits",))
    assert compiled.policy is not None, compiled.diagnostics
    work = casework(intake(), {"ar": compiled.policy}, "ar")
    by_name = {book.name: book for book in books}
    return Simulation(plans=work.plans, rulebooks=by_name, zones=NewYork(), start=WHOLE[0], until=WHOLE[1]).run()


def test_calls_under_regulation_f_stay_within_its_hours():
    """A call that is planned for 07:00 waits for the first convenient minute, 08:01, and none comes after 20:59."""
    clocks = Counter(line.as_json()["at"][11:16] for line in lawful() if line.trace.verdict == "cleared")
    assert clocks.most_common(1)[0][0] == "08:01"
    assert min(clocks) >= "08:01"
    assert max(clocks) <= "20:59"


def test_calls_under_regulation_f_are_seven_in_seven_days_per_debt():
    """Never more than seven calls about a debt, in seven calendar days or in seven times 24 hours; seven there are."""
    calls = defaultdict(list)
    for line in lawful():
        if line.trace.verdict == "cleared":
            calls[line.trace.action.case_id].append(datetime.fromisoformat(line.as_json()["at"]))
    rolling = [sum(first <= at < first + timedelta(7) for at in log) for log in calls.values() for first in log]
    calendar = [sum(0 <= (at.date() - first.date()).days < 7 for at in log) for log in calls.values() for first in log]
    assert max(rolling) <= 7
    assert max(calendar) <= 7
    assert max(calendar) == 7
