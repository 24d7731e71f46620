"""Diagnostics of what reads right and does not work."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from dunning_engine.policy.code import Code, code

LINT_CODES: Mapping[str, Code] = MappingProxyType({
    "DUN405": code(
        "An ultimatum without consequence",
        """A warning: the deadline passes, and the ladder only writes on. Who learns that nothing follows pays nobody on
        time. Let a call, a hand-off or another deadline follow; or end the ladder with the ultimatum, whose text then
        says that rights are reserved.""",
        """
        steps:
          - {step: ultimatum, when: 30 days after due, send: letter final-demand, deadline: 14 days}
          - {step: nudge, when: 7 days after ultimatum expires, send: email still-overdue}
        """,
        """
        steps:
          - {step: nudge, when: 21 days after due, send: email still-overdue}
          - {step: ultimatum, when: 30 days after due, send: letter final-demand, deadline: 14 days}
          - {step: agency, when: 7 days after ultimatum expires, hand_off: agency acme-recovery}
        """,
    ),
    "DUN406": code(
        "A repetition without end",
        "A note: the last step comes again and again until the debtor pays. Say how many times, or what follows.",
        """
        steps:
          - {step: reminder, when: 7 days after due, cadence: every 7 days, send: email reminder}
        """,
        """
        steps:
          - {step: reminder, when: 7 days after due, cadence: every 7 days up to 6 times, send: email reminder}
        """,
    ),
    "DUN407": code(
        "An agency before any ultimatum",
        """A warning, for policies that are for consumers: the debt goes to an agency, and no step above has set a deadline
        that says so. Households have to be told before, and may not owe the agency's costs otherwise.""",
        """
        applies_to: [debtor is consumer]
        steps:
          - {step: reminder, when: 7 days after due, send: email reminder}
          - {step: agency, when: 30 days after due, hand_off: agency acme-recovery}
        """,
        """
        applies_to: [debtor is consumer]
        steps:
          - {step: reminder, when: 7 days after due, send: email reminder}
          - {step: ultimatum, when: 30 days after due, send: letter final-demand, deadline: 14 days}
          - {step: agency, when: 7 days after ultimatum expires, hand_off: agency acme-recovery}
        """,
    ),
    "DUN408": code(
        "A deadline within the post",
        """A warning: a deadline counts from the sending of a letter, and a letter may take four days. Give more days, send
        it by certified letter, or write `climb_on: delivered` where delivery is proven.""",
        """
        steps:
          - {step: ultimatum, when: 30 days after due, send: letter final-demand, deadline: 3 days}
        """,
        """
        steps:
          - {step: ultimatum, when: 30 days after due, send: letter final-demand, deadline: 14 days}
        """,
    ),
    "DUN409": code(
        "A contact that a limit always defers",
        """A warning: the contacts of a step, of its repetitions or of the step that it counts from are more than
        `contact_limits` or a rulebook let through in that time, so that one of them always waits.""",
        """
        contact_limits: [1 contact in 7 days per debtor]
        steps:
          - {step: reminder, when: 7 days after due, cadence: every 3 days up to 3 times, send: email reminder}
        """,
        """
        contact_limits: [1 contact in 7 days per debtor]
        steps:
          - {step: reminder, when: 7 days after due, cadence: every 7 days up to 3 times, send: email reminder}
        """,
    ),
    "DUN410": code(
        "Contacts closer than the gap",
        "A warning: `min_gap` keeps contacts apart, so a step or repetition that comes sooner always waits for it.",
        """
        min_gap: 5 days
        steps:
          - {step: reminder, when: 7 days after due, send: email reminder}
          - {step: chase, when: 2 days after reminder, send: email still-overdue}
        """,
        """
        min_gap: 5 days
        steps:
          - {step: reminder, when: 7 days after due, send: email reminder}
          - {step: chase, when: 5 days after reminder, send: email still-overdue}
        """,
    ),
    "DUN411": code(
        "A day that has passed already",
        """A warning: steps are taken in the order of the file, so a step below one with a later day comes after that day.
        Before the due date it may not come at all.""",
        """
        steps:
          - {step: chase, when: 21 days after due, send: email still-overdue}
          - {step: reminder, when: 7 days after due, send: email reminder}
        """,
        """
        steps:
          - {step: reminder, when: 7 days after due, send: email reminder}
          - {step: chase, when: 21 days after due, send: email still-overdue}
        """,
    ),
    "DUN412": code(
        "A condition that holds too late",
        "A warning: a step up to the due date is over when the first day overdue begins.",
        """
        steps:
          - {step: courtesy, when: 5 days before due, only_if: [at least 3 days overdue], send: email upcoming}
        """,
        """
        steps:
          - {step: courtesy, when: 5 days before due, only_if: [balance at least 50.00], send: email upcoming}
        """,
    ),
    "DUN413": code(
        "A balance out of reach",
        "A warning: the step is due when the balance comes to an amount that its own condition excludes.",
        """
        steps:
          - {step: alarm, when: balance reaches 500.00, only_if: [balance below 400.00], send: email alarm}
        """,
        """
        steps:
          - {step: alarm, when: balance reaches 500.00, only_if: [balance below 900.00], send: email alarm}
        """,
    ),
    "DUN414": code(
        "A proof that never comes",
        """A warning: no channel of the step can prove what is asked. Text messages and plain letters prove that they were
        sent; certified letters that they were delivered; e-mails also that they were opened.""",
        """
        steps:
          - {step: nudge, when: 7 days after due, send: sms nudge}
          - {step: chase, when: 14 days after due, requires: nudge delivered, send: email still-overdue}
        """,
        """
        steps:
          - {step: nudge, when: 7 days after due, send: sms nudge}
          - {step: chase, when: 14 days after due, requires: nudge sent, send: email still-overdue}
        """,
    ),
    "DUN415": code(
        "Business days of no calendar",
        """A warning: a span counts business days, and the policy does not say whose. Every day is one then, Sundays and
        holidays included, so that `10 business days` are `10 days`. Name a country under `time`, as in `US` or `DE`, one
        of its parts (`DE-BY`), or `ECB`; or write `days`.""",
        """
        time: {zone: Europe/Berlin}
        steps: [{step: ultimatum, when: 30 days after due, send: letter final-demand, deadline: 10 business days}]
        """,
        """
        time: {zone: Europe/Berlin, business_days: DE}
        steps: [{step: ultimatum, when: 30 days after due, send: letter final-demand, deadline: 10 business days}]
        """,
    ),
    "DUN416": code(
        "A proposal that nobody makes",
        """A warning: the condition asks whether a proposal was left unanswered, and no step above makes one of that kind.
        It is never true.""",
        """
        steps:
          - {step: reminder, when: 7 days after due, send: email reminder}
          - {step: claim, when: 30 days after due, only_if: mediation unanswered for 14 days, prepare: small claim}
        """,
        """
        steps:
          - {step: reminder, when: 7 days after due, send: email reminder}
          - {step: offer, when: 14 days after due, propose: mediation by letter mediation-proposal}
          - {step: claim, when: 30 days after due, only_if: mediation unanswered for 14 days, prepare: small claim}
        """,
    ),
})  # fmt: skip
