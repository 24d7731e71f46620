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

PERIODS = {name: WHOLE for name in POLICIES} | {
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


def cleared(name):
    """What went out, in the words of the oracle."""
    return sorted(
        Act(
            datetime.fromisoformat(line["at"]).replace(tzinfo=None),
            *line["invoices"],
            line["step"],
            line["channel"] or "agency",
        )
        for line in (line.as_json() for line in simulated(name))
        if line["verdict"] == "cleared"
    )


@cache
def expected(name):
    return Oracle(POLICIES[name]).run(bills(DATA), *PERIODS[name])


every_policy = pytest.mark.parametrize("name", POLICIES)


@every_policy
def test_every_action_has_its_day_and_hour(name):
    """What goes out under a policy is, to the minute, what the policy language says."""
    engine, oracle = Counter(cleared(name)), Counter(expected(name))
    print(name, len(engine), len(oracle), len(engine-oracle), len(oracle-engine))
    assert len(oracle) > 300
    assert sorted(engine - oracle)[:5] == []
    assert sorted(oracle - engine)[:5] == []
