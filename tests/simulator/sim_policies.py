"""The policies that the simulator plays: small ones that use what may race, and one of the library with its law."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final

from dunning_engine.engine.loading import load_policy, policy_of
from dunning_engine.policy.model import Policy

LADDER: Final = """
policy: ladder
version: 1
title: "One case per debtor, with everything that waits"
law: []
applies_to: [currency is EUR]
time: {zone: Europe/Berlin, business_days: DE, send_at: "10:00"}
grace: 2 days
tolerance: 1.00 EUR
min_gap: 1 day
contact_limits: [3 contacts in 7 days per debtor, 2 contacts per day per debtor]
quiet_hours: 20:00 to 08:00
quiet_days: [sunday]
steps:
  - step: reminder
    when: grace ends
    send: [email reminder, sms nudge]
    on_uncertain: resend
  - step: chase
    when: 3 days after reminder
    cadence: every 2 days up to 3 times
    send: email chase or else letter chase
    on_uncertain: skip
  - step: ultimatum
    when: 4 days after chase
    send: letter ultimatum
    deadline: 7 days
    climb_on: sent
  - step: agency
    when: 2 days after ultimatum expires
    hand_off: agency acme
    approval: manager
pause_while: [disputed, promise open, plan on track, on hold]
stop_when: [paid, bankrupt, deceased]
"""

BILLS: Final = """
policy: bills
version: 1
title: "One case per invoice, limits across all of a debtor's"
law: []
applies_to: [currency is EUR]
time: {zone: Europe/Berlin, business_days: none, send_at: "09:00"}
unit: invoice
contact_limits: [2 contacts in 3 days per debtor, 1 call per day per debtor]
steps:
  - step: first
    when: 1 day after due
    send: email first
    on_uncertain: resend
  - step: second
    when: 2 days after first
    send: sms second
    call: script
  - step: third
    when: 3 days after second
    send: letter third
    on_uncertain: resend
pause_while: [disputed, promise open, on hold]
stop_when: [paid, bankrupt, deceased]
"""

LIBRARY: Final = Path(__file__).resolve().parents[2] / "policies"


@cache
def policies() -> tuple[Policy, ...]:
    """Every policy of the simulator, always the same objects."""
    return (
        policy_of(LADDER, "ladder.yaml"),
        policy_of(BILLS, "bills.yaml"),
        load_policy(LIBRARY / "us-consumer.yaml"),
    )
