"""The diagnostics of money that a policy adds or offers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from dunning_engine.policy.code import Code, code

MONEY_CODES: Final[Mapping[str, Code]] = {
    "DUN332": code(
        "A share of the debt as the cost of a reminder",
        """Who is in default in Germany makes good the loss that this caused (BGB §§ 280(2), 286): for a reminder that is what
        sending it cost, whatever the debt is. The flat 40 euro are for businesses only (BGB § 288(5)).""",
        """
        applies_to: [debtor is consumer, country is DE]
        fees: {reminder-cost: {percent: 2 %, basis: BGB sections 280 and 286}}
        steps: [{step: reminder, when: 14 days after due, send: letter reminder, charge: fee reminder-cost}]
        """,
        """
        applies_to: [debtor is consumer, country is DE]
        fees: {reminder-cost: {fixed: 1.20, basis: BGB sections 280 and 286}}
        steps: [{step: reminder, when: 14 days after due, send: letter reminder, charge: fee reminder-cost}]
        """,
    ),
    "DUN333": code(
        "A fee beside the statutory fixed sum",
        """The fixed sum compensates for the costs of collecting; only what goes beyond it can be asked besides (Directive
        2011/7/EU art. 6, BGB § 288(5), Late Payment of Commercial Debts (Interest) Act 1998 s. 5A). Keep the fixed sum, or make sure that
        the fee is for something else.""",
        """
        applies_to: [debtor is business]
        interest: uk/late-payment
        steps:
          - {step: claim, when: 14 days after due, send: letter claim, charge: [statutory fixed sum, fee of 15.00]}
        """,
        """
        applies_to: [debtor is business]
        interest: uk/late-payment
        steps:
          - {step: claim, when: 14 days after due, send: letter claim, charge: [statutory fixed sum, interest to date]}
        """,
    ),
    "DUN335": code(
        "A fee that does not exist",
        "A step charges a fee by the name under which `fees` describes it: small letters, digits and hyphens.",
        """
        applies_to: [debtor is business]
        fees: {late-fee: {fixed: 15.00}}
        steps:
          - {step: reminder, when: 7 days after due, send: email reminder, charge: fee late-fee}
          - {step: second, when: 14 days after due, send: email second, charge: fee lat-fee}
        """,
        """
        applies_to: [debtor is business]
        fees: {late-fee: {fixed: 15.00}}
        steps:
          - {step: reminder, when: 7 days after due, send: email reminder, charge: fee late-fee}
          - {step: second, when: 14 days after due, send: email second, charge: fee late-fee}
        """,
    ),
    "DUN336": code(
        "A fee without a sum, or with two",
        """A fee is a fixed sum, a percentage, both together, or bands from the lowest amount to the highest; what it is kept
        between fits together.""",
        """
        applies_to: [debtor is business]
        fees: {late-fee: {at_least: 5.00}}
        steps: [{step: reminder, when: 7 days after due, send: email reminder, charge: fee late-fee}]
        """,
        """
        applies_to: [debtor is business]
        fees: {late-fee: {percent: 2 %, at_least: 5.00}}
        steps: [{step: reminder, when: 7 days after due, send: email reminder, charge: fee late-fee}]
        """,
    ),
    "DUN337": code(
        "Interest without a rate, or with two",
        """A step can only charge interest where `interest` says once at what rate: the name of a statute's pack, or a rate.
        A fixed sum needs a statute.""",
        """
        steps: [{step: reminder, when: 7 days after due, send: email reminder, charge: interest to date}]
        """,
        """
        interest: {rate: 8 %}
        steps: [{step: reminder, when: 7 days after due, send: email reminder, charge: interest to date}]
        """,
    ),
    "DUN338": code(
        "Statutory money that does not exist",
        "Packs and reference rates are those that ship; the page of statutory money lists them.",
        """
        interest: uk/late-paiment
        steps: [{step: reminder, when: 7 days after due, send: email reminder, charge: interest to date}]
        """,
        """
        interest: uk/late-payment
        steps: [{step: reminder, when: 7 days after due, send: email reminder, charge: interest to date}]
        """,
    ),
    "DUN339": code(
        "A statute that binds no debtor of this policy",
        """The law of most countries gives its interest and fixed sums against businesses only, and only where it is the law.
        Against anybody else nothing is charged, and the decision says why.""",
        """
        applies_to: [debtor is consumer]
        interest: uk/late-payment
        steps: [{step: reminder, when: 7 days after due, send: email reminder, charge: interest to date}]
        """,
        """
        applies_to: [debtor is business]
        interest: uk/late-payment
        steps: [{step: reminder, when: 7 days after due, send: email reminder, charge: interest to date}]
        """,
    ),
    "DUN340": code(
        "A fee without a legal basis",
        """A consumer owes a fee only where a contract or a statute says so. Write where it stands as the fee's `basis`, which
        each charge then quotes, or keep the policy for businesses.""",
        """
        steps: [{step: reminder, when: 7 days after due, send: email reminder, charge: fee of 15.00}]
        """,
        """
        fees: {late-fee: {fixed: 15.00, basis: General terms section 7}}
        steps: [{step: reminder, when: 7 days after due, send: email reminder, charge: fee late-fee}]
        """,
    ),
    "DUN341": code(
        "An offer that nobody hears of",
        "An offer is made with the message of its step, and counts from there.",
        """
        steps:
          - step: place
            when: 60 days after due
            hand_off: agency acme-recovery
            offer: settlement of 80 % within 14 days
        """,
        """
        steps:
          - step: settle
            when: 60 days after due
            send: letter settlement
            offer: settlement of 80 % within 14 days
        """,
    ),
    "DUN342": code(
        "Money that no step charges",
        "Fees and interest are charged by steps, each with `charge`; what only stands at the top of the file is never asked.",
        """
        interest: {rate: 8 %}
        """,
        """
        interest: {rate: 8 %}
        steps: [{step: reminder, when: 7 days after due, send: email reminder, charge: interest to date}]
        """,
    ),
    "DUN343": code(
        "A charge before anything is late",
        "Interest runs from the day after the due date, and a fee for late payment needs one.",
        """
        applies_to: [debtor is business]
        steps: [{step: courtesy, when: 3 days before due, send: email courtesy, charge: fee of 15.00}]
        """,
        """
        applies_to: [debtor is business]
        steps: [{step: courtesy, when: 3 days after due, send: email courtesy, charge: fee of 15.00}]
        """,
    ),
    "DUN344": code(
        "Interest on charges",
        """Interest is simple: it runs on the open principal, and neither on fees nor on interest. The statutes whose packs ship
        give it on the debt alone (BGB § 289 forbids more), and where a contract may have it depends on the country and the
        debtor, which a policy file cannot know. Whoever may charge it computes it outside and records a ChargeAssessed.""",
        """
        interest: {rate: 8 %, on_charges: yes}
        steps: [{step: reminder, when: 7 days after due, send: email reminder, charge: interest to date}]
        """,
        """
        interest: {rate: 8 %, on_charges: no}
        steps: [{step: reminder, when: 7 days after due, send: email reminder, charge: interest to date}]
        """,
    ),
}
