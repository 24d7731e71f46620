"""The parts of the reference that the code knows best, written into its pages between marks.

    <!-- table: anchors -->
    …
    <!-- end -->

`python tests/docs/generated.py` writes them anew; a test fails where a page is behind the code.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from enum import Enum
from pathlib import Path
from typing import Any, get_args, get_type_hints

import typer
from typer.models import ArgumentInfo

from dunning_engine.cli.app import app
from dunning_engine.compliance.rulebook import Rule, Rulebook
from dunning_engine.domain.declines import Decline
from dunning_engine.domain.docket import ATTEMPT_TERMS, PERSON_TERMS, RECORDS, TERMS, Sort, Term
from dunning_engine.domain.facts import FACT
from dunning_engine.domain.verbs import ASKED, Do
from dunning_engine.engine import config_findings, templates
from dunning_engine.engine.loading import load_rulebooks
from dunning_engine.engine.variable_names import VARIABLES
from dunning_engine.intake import mapping
from dunning_engine.intake.fields import DEBTOR_FIELDS, DEBTOR_NEEDS, INVOICE_FIELDS, INVOICE_NEEDS
from dunning_engine.kernel.grammar import Grammar, Misfit
from dunning_engine.kernel.spans import SPAN
from dunning_engine.policy import codes, phrases, phrases_actions, phrases_money
from dunning_engine.policy.document import PolicyDocument, RollDocument, StepDocument, TimeDocument
from dunning_engine.policy.document_arrangements import (
    DisputesDocument,
    HoldsDocument,
    PlansDocument,
    PromisesDocument,
)
from dunning_engine.policy.document_money import FeeDocument, InterestDocument
from dunning_engine.policy.explain_steps import action_words
from dunning_engine.policy.phrases_actions import Choices
from dunning_engine.policy.schema import json_schema
from dunning_engine.policy.values import Part
from dunning_engine.reports.law_terms import DOUBTS, binds_words, place_words
from dunning_engine.reports.law_words import over_time
from dunning_engine.testing import reading
from dunning_engine.testing.expectations import EXPECTATION

DOCS = Path(__file__).resolve().parents[2] / "docs"
MARKED = re.compile(r"(<!-- table: (?P<name>[a-z-]+) -->\n).*?(<!-- end -->)", re.DOTALL)

Row = tuple[str, str]

# What phrases mean: pattern → example, meaning ------------------------------------------------------------------------

SPANS: Mapping[str, Row] = {
    "{n} day[s]": ("14 days", "calendar days"),
    "{n} business day[s]": ("3 business days", "working days of `time.business_days`; the day it starts on is day 0"),
    "{n} week[s]": ("2 weeks", "seven calendar days each"),
    "{n} month[s]": ("1 month", "to the same day of the month, or to the last day of a shorter month"),
}

ANCHORS: Mapping[str, Row] = {
    "{span} before due": ("5 days before due", "counted back from the due date; lapses on the day after due"),
    "on the due date": ("on the due date", "lapses on the day after due"),
    "{span} after due": ("30 days after due", "counted from the due date"),
    "{span} after issue": ("60 days after issue", "counted from the issue date"),
    "grace ends": ("grace ends", "the first day after `grace`; without grace the day after due"),
    "{span} after grace ends": ("4 days after grace ends", "counted from that day"),
    "{span} after previous": ("7 days after previous", "counted from the last step that happened"),
    "{span} after resume": ("2 days after resume", "counted from the end of the last hold; never due without one"),
    "{span} after {step}": ("7 days after reminder", "counted from the day on which that step happened"),
    "{step} expires": ("ultimatum expires", "the first day after the deadline of that step"),
    "{span} after {step} expires": ("7 days after ultimatum expires", "counted from that day"),
    "end of month after due": ("end of month after due", "the last day of the month of the day after due"),
    "balance reaches {amount}": ("balance reaches 500.00", "the day on which the open balance came to the amount"),
    "{count} failed payment[s]": ("2 failed payments", "the day of the failed payment that makes the number full"),
}

CADENCES: Mapping[str, Row] = {
    "every {every}": ("every 7 days", "again and again, until a later step begins"),
    "every {every} up to {times} time[s]": ("every 5 business days up to 3 times", "three is three in all"),
    "every {every} until {until}": ("every 7 days until agency", "goes on beside later steps until that one begins"),
    "every {every} up to {times} time[s] until {until}": (
        "every 7 days up to 9 times until agency",
        "whichever comes first",
    ),
}

CONDITIONS: Mapping[str, Row] = {
    "balance at least {amount}": ("balance at least 25.00", "the undisputed open principal of the case"),
    "balance below {amount}": ("balance below 1000.00", "likewise"),
    "overdue amount at least {amount}": ("overdue amount at least 50.00", "its part that is past due"),
    "overdue amount below {amount}": ("overdue amount below 50.00", "likewise"),
    "balance at least {amount} {currency}": (
        "balance at least 25.00 EUR",
        "likewise, and the case is in this currency: nothing is converted",
    ),
    "balance below {amount} {currency}": ("balance below 1000.00 EUR", "likewise"),
    "overdue amount at least {amount} {currency}": ("overdue amount at least 50.00 EUR", "likewise"),
    "overdue amount below {amount} {currency}": ("overdue amount below 50.00 EUR", "likewise"),
    "at least {count} invoice[s] overdue": ("at least 2 invoices overdue", "undisputed invoices past due"),
    "at least {count} day[s] overdue": ("at least 10 days overdue", "days since the due date of the leading invoice"),
    "debtor is consumer": ("debtor is consumer", "a private person"),
    "debtor is business": ("debtor is business", "a firm, public body or trader"),
    "country is {value}": ("country is US", "ISO 3166-1 code of the debtor's country"),
    "currency is {value}": ("currency is USD", "ISO 4217 code of the case's currency"),
    "language is {value}": ("language is de", "the debtor's language; `de` also stands for `de-AT`"),
    "reachable by email": (
        "reachable by email",
        "an address for the channel is known; also `sms`, `push`, `call`, `letter`, `portal`",
    ),
    "opted out of email": (
        "opted out of sms",
        "the debtor refused the channel; also `email`, `push`, `call`, `letter`, `portal`",
    ),
    "{name} sent": ("reminder sent", "an action of that step was handed over"),
    "{name} delivered": ("ultimatum delivered", "and reached the debtor"),
    "{name} bounced": ("reminder bounced", "and came back"),
    "{name} opened": ("reminder opened", "and was opened"),
    "{name} answered": ("chase answered", "and was answered"),
    "{name} accepted": ("mediation accepted", "the debtor agreed to what it proposed"),
    "{name} declined": ("mediation declined", "and did not"),
    "promise broken": ("promise broken", "a promise to pay was not kept"),
    "promise partly kept": ("promise partly kept", "some of a promise came in time, not all of it"),
    "at least {count} promise[s] broken": ("at least 2 promises broken", "so many promises were not wholly kept"),
    "plan broken": ("plan broken", "the latest payment plan was broken, and none was agreed since"),
    "at least {count} instalment[s] missed": (
        "at least 2 instalments missed",
        "so many instalments of the latest plan are over and not paid",
    ),
    "dispute unanswered": ("dispute unanswered", "`disputes: answer_within` is over, and nobody answered"),
    "proposal unanswered for {count} day[s]": (
        "proposal unanswered for 14 days",
        "so long ago the latest `propose` went out, and nobody has answered it; days on hold do not count",
    ),
    "mediation unanswered for {count} day[s]": ("mediation unanswered for 14 days", "likewise, of mediation alone"),
    "arbitration unanswered for {count} day[s]": (
        "arbitration unanswered for 14 days",
        "likewise, of arbitration alone",
    ),
    "fact {name} is {value}": ("fact vip is true", "something that the host records as a `HostFact`"),
    "region is {value}": ("region is US-CA", "ISO 3166-2 code of the debtor's state or province"),
    "group is {value}": ("group is wholesale", "the customer group that the host put the debtor into"),
    "risk is low": ("risk is high", "what a screening of the debtor said; also `low`, `medium`"),
    "customer for at least {span}": ("customer for at least 6 months", "since the debtor's `customer_since`"),
    "customer for less than {span}": ("customer for less than 6 months", "likewise; unknown is neither"),
    "paid late at least {count} time[s] in {span}": (
        "paid late at least 3 times in 12 months",
        "invoices that were paid after their due date, in any case of the debtor and by `paid_late`",
    ),
    "segment is {name}": ("segment is risky", "all conditions of that segment of this file hold"),
}

UNSAID: Mapping[str, str] = {
    "title": "its name",
    "law": "none: lawful contact is left to this file",
    "applies_to": "every debt",
    "allocation": "`[fees, interest, principal]`",
}
UNSAID_OF_STEPS: Mapping[str, str] = {
    "cadence": "it is taken once",
    "deadline": "no ultimatum",
    "climb_on": "`sent`; for a certified letter `delivered`",
    "deemed_delivered": "never: only proof counts",
}

PROOFS: Mapping[str, Row] = {
    "{step} sent": ("reminder sent", "it was handed over"),
    "{step} delivered": ("ultimatum delivered", "it reached the debtor"),
    "{step} opened": ("reminder opened", "it was opened"),
    "{step} answered": ("chase answered", "it was answered"),
    "{step} declined": ("mediation declined", "the debtor did not agree to what it proposed"),
}

SENDS: Mapping[str, Row] = {
    "email {name}": ("email reminder", "an e-mail from the template `email/reminder.liquid`"),
    "email {name} with invoice": ("email reminder with invoice", "the invoice goes along"),
    "sms {name}": ("sms nudge", "a text message"),
    "push {name}": ("push nudge", "a message that your app shows on a device; it needs the `push` token of the debtor"),
    "portal {name}": ("portal notice", "a message in your own site or app, for whoever looks there"),
    "letter {name}": ("letter final-demand", "a letter"),
    "letter {name} with invoice": ("letter final-demand with invoice", "the invoice goes along"),
    "certified letter {name}": (
        "certified letter final-demand",
        "a letter with proof of delivery; its step happens at the delivery",
    ),
    "email {name} to {to}": (
        "email reminder to manager",
        "to a person in place of the debtor: a role of theirs, `guarantor` or `representative`; so every message and call",
    ),
    "certified letter {name} with invoice": ("certified letter final-demand with invoice", "the invoice goes along"),
}

DECLINED: Mapping[Decline, str] = {
    Decline.SOFT: "the issuer may say otherwise another time",
    Decline.INSUFFICIENT_FUNDS: "there was not enough money",
    Decline.EXPIRED_CARD: "the card has expired: it is not tried again",
    Decline.HARD: "the issuer will never approve it: it is not tried again",
}

FACTS: Mapping[str, Row] = {
    "payment of {amount}": ("payment of 240.00", "money came; it settles the oldest due first"),
    "payment of {amount} for {invoice}": ("payment of 240.00 for INV-1042", "it settles this invoice first"),
    "credit note of {amount}": ("credit note of 20.00", "the creditor lowered the debt"),
    "credit note of {amount} for {invoice}": ("credit note of 20.00 for INV-1042", "of this invoice first"),
    "reversal of {amount}": ("reversal of 240.00", "a payment went back: chargeback, refund, bounced cheque"),
    "reversal of {amount} for {invoice}": ("reversal of 240.00 for INV-1042", "of this invoice"),
    "refund of {amount}": ("refund of 20.00", "the creditor paid back: credit of the debtor goes first"),
    "refund of {amount} for {invoice}": ("refund of 20.00 for INV-1042", "of what was paid on this invoice"),
    "chargeback of {amount}": ("chargeback of 240.00", "the bank took a payment back"),
    "chargeback of {amount} for {invoice}": ("chargeback of 240.00 for INV-1042", "of this invoice"),
    "bounced payment of {amount}": ("bounced payment of 240.00", "a cheque or direct debit came back"),
    "bounced payment of {amount} for {invoice}": ("bounced payment of 240.00 for INV-1042", "of this invoice"),
    "cancelled credit note of {amount}": ("cancelled credit note of 20.00", "a credit note was taken back"),
    "cancelled credit note of {amount} for {invoice}": (
        "cancelled credit note of 20.00 for INV-1042",
        "of this invoice",
    ),
    "unapplied payment of {amount}": ("unapplied payment of 50.00", "money that is for nothing yet"),
    "unapplied payment of {amount} for {invoice}": (
        "unapplied payment of 50.00 for INV-1042",
        "with a remark, all the same",
    ),
    "unapplied credit note of {amount}": ("unapplied credit note of 50.00", "a credit note that stands alone"),
    "unapplied credit note of {amount} for {invoice}": ("unapplied credit note of 50.00 for INV-1042", "with a remark"),
    "applied credit of {amount}": ("applied credit of 50.00", "what was for nothing yet settles the debt now"),
    "applied credit of {amount} for {invoice}": ("applied credit of 50.00 for INV-1042", "this invoice first"),
    "discount of {amount}": ("discount of 4.80", "the creditor asks less, as agreed"),
    "discount of {amount} for {invoice}": ("discount of 4.80 for INV-1042", "of this invoice"),
    "write-off of {amount}": ("write-off of 12.00", "the creditor gave up a part; money after that is recovered"),
    "write-off of {amount} for {invoice}": ("write-off of 12.00 for INV-1042", "of this invoice"),
    "fee {name} of {amount}": ("fee late-1 of 15.00", "a fee is owed; the same name again is the same fee"),
    "fee {name} of {amount} for {invoice}": ("fee late-1 of 15.00 for INV-1042", "on this invoice"),
    "interest {name} of {amount}": ("interest march of 2.40", "interest is owed"),
    "interest {name} of {amount} for {invoice}": ("interest march of 2.40 for INV-1042", "on this invoice"),
    "fixed sum {name} of {amount}": ("fixed sum lump-1 of 40.00", "a fixed sum is owed"),
    "fixed sum {name} of {amount} for {invoice}": ("fixed sum lump-1 of 40.00 for INV-1042", "on this invoice"),
    "charge {name} reversed": ("charge late-1 reversed", "it is not owed and never was"),
    "invoice {invoice} corrected to {amount}": ("invoice INV-1042 corrected to 220.00", "it is over this sum"),
    "invoice {invoice} due {day}": ("invoice INV-1042 due 2026-03-20", "it is due on this day"),
    "invoice {invoice} issued {day}": ("invoice INV-1042 issued 2026-02-20", "it was issued on this day"),
    "invoice {invoice} cancelled": ("invoice INV-1042 cancelled", "nothing of it is owed, nor of its charges"),
    "written off": ("written off", "the creditor gave up all that is open"),
    "payment failed": ("payment failed", "a card or direct debit was declined"),
    "promise of {amount} by {by}": (
        "promise of 240.00 by 2026-03-23",
        "the debtor promised to pay by the end of that day",
    ),
    "promise of {amount} for {invoice} by {by}": (
        "promise of 100.00 for INV-1 by 2026-03-10",
        "likewise for one invoice: the others do not wait",
    ),
    "dispute opened": ("dispute opened", "the debt is disputed; in tables of events the invoice that the row names"),
    "dispute opened on {invoice}": ("dispute opened on INV-1042", "this invoice is disputed"),
    "dispute opened on {invoice} over {amount}": (
        "dispute opened on INV-1042 over 40.00",
        "a part of it is disputed: the rest is still asked for",
    ),
    "dispute answered": ("dispute answered", "the debtor got an answer; the dispute goes on"),
    "dispute answered on {invoice}": ("dispute answered on INV-1042", "likewise about this invoice"),
    "dispute closed": ("dispute closed", "every dispute has ended"),
    "dispute closed as {outcome}": (
        "dispute closed as rejected",
        "likewise, with the outcome: `upheld`, `rejected` or `credited`",
    ),
    "dispute closed on {invoice}": ("dispute closed on INV-1042", "the dispute of this invoice has ended"),
    "dispute closed on {invoice} as {outcome}": ("dispute closed on INV-1042 as credited", "with its outcome"),
    "plan of {count} monthly instalment[s] of {amount} from {start}": (
        "plan of 3 monthly instalments of 50.00 from 2026-04-01",
        "the debtor agreed to pay so: the plan is on track, broken or completed as the money comes",
    ),
    "plan of {count} monthly instalment[s] of {amount} for {invoice} from {start}": (
        "plan of 3 monthly instalments of 50.00 for INV-1 from 2026-04-01",
        "for one invoice",
    ),
    "plan of {count} weekly instalment[s] of {amount} from {start}": (
        "plan of 8 weekly instalments of 20.00 from 2026-04-01",
        "week by week",
    ),
    "plan of {count} weekly instalment[s] of {amount} for {invoice} from {start}": (
        "plan of 8 weekly instalments of 20.00 for INV-1 from 2026-04-01",
        "for one invoice",
    ),
    "plan offered of {count} monthly instalment[s] of {amount} from {start}": (
        "plan offered of 3 monthly instalments of 50.00 from 2026-04-01",
        "the debtor was offered a plan: nothing waits for an offer",
    ),
    "plan offered of {count} monthly instalment[s] of {amount} for {invoice} from {start}": (
        "plan offered of 3 monthly instalments of 50.00 for INV-1 from 2026-04-01",
        "for one invoice",
    ),
    "plan offered of {count} weekly instalment[s] of {amount} from {start}": (
        "plan offered of 8 weekly instalments of 20.00 from 2026-04-01",
        "week by week",
    ),
    "plan offered of {count} weekly instalment[s] of {amount} for {invoice} from {start}": (
        "plan offered of 8 weekly instalments of 20.00 for INV-1 from 2026-04-01",
        "for one invoice",
    ),
    "plan agreed": ("plan agreed", "a payment plan was agreed, whose instalments somebody else watches"),
    "plan broken": ("plan broken", "its instalments were missed: the ladder goes on"),
    "plan completed": ("plan completed", "it ended as agreed"),
    "hold placed": ("hold placed", "somebody put the case on hold"),
    "hold placed until {until}": ("hold placed until 2026-05-01", "it ends by itself when that day is over"),
    "hold placed on {invoice}": ("hold placed on INV-1042", "only this invoice waits"),
    "hold placed on {invoice} until {until}": ("hold placed on INV-1042 until 2026-05-01", "both"),
    "hold placed on contacts by {channel}": ("hold placed on contacts by call", "only contacts by this channel wait"),
    "hold placed on contacts by {channel} until {until}": (
        "hold placed on contacts by call until 2026-05-01",
        "until that day is over",
    ),
    "hold lifted": ("hold lifted", "every such hold was taken away"),
    "hold lifted on {invoice}": ("hold lifted on INV-1042", "that of this invoice"),
    "hold lifted on contacts by {channel}": ("hold lifted on contacts by call", "that of this channel"),
    "bankrupt": ("bankrupt", "nobody writes to or calls the debtor any more"),
    "bankruptcy ended": ("bankruptcy ended", "it has ended"),
    "deceased": ("deceased", "the debtor has died"),
    "cease requested": ("cease requested", "the debtor asked that contact stops"),
    "cease withdrawn": ("cease withdrawn", "and allowed it again"),
    "attorney named": ("attorney named", "an attorney represents the debtor"),
    "attorney dismissed": ("attorney dismissed", "no longer"),
    "hardship": ("hardship", "the debtor cannot pay for now; `pause_while` or `stop_when` says what follows"),
    "hardship until {until}": ("hardship until 2026-05-01", "until that day is over"),
    "hardship ended": ("hardship ended", "it has ended"),
    "identity theft reported": ("identity theft reported", "somebody else made the debt in the debtor's name"),
    "identity theft reported on {invoice}": ("identity theft reported on INV-1042", "this invoice of it"),
    "identity theft cleared": ("identity theft cleared", "it was looked into, and is not so"),
    "identity theft cleared on {invoice}": ("identity theft cleared on INV-1042", "of this invoice"),
    "conversation by {channel}": (
        "conversation by call",
        "we reached the debtor and spoke; `email`, `sms`, `call` or `letter`",
    ),
    "inbound conversation by {channel}": ("inbound conversation by call", "the debtor reached us"),
    "opted out of {channel}": ("opted out of sms", "the debtor refuses the channel"),
    "opted into {channel}": ("opted into sms", "and allows it again"),
    "invoice {invoice} ready": ("invoice INV-1042 ready", "from now on the invoice may be asked for"),
    "invoice {invoice} not ready": ("invoice INV-1042 not ready", "it may not: a draft, or goods on their way"),
    "fact {name} is {value}": ("fact vip is true", "something that only the host knows"),
    "recorded {term} is {word}": (
        "recorded monitored is yes",
        "somebody told a fact that law asks for: a word of its list, or `yes` and `no`",
    ),
    "recorded {term} on {day}": (
        "recorded validation_provided on 2026-03-31",
        "likewise, of what happened on a day or was set for one",
    ),
    "approved {step}": ("approved agency", "the person asked agreed to the step's action"),
    "refused {step}": ("refused agency", "and refused it"),
    "skipped {step}": ("skipped ultimatum", "a person leaves the step out"),
    "rewound to {step}": ("rewound to reminder", "a person sets the ladder back to this step"),
    "forced {step}": ("forced ultimatum", "a person lets the step go now"),
    "notice of {step} cancelled": ("notice of reminder cancelled", "a person takes the latest notice of the step back"),
    "{step} delivered": ("ultimatum delivered", "the step's latest action reached the debtor"),
    "{step} bounced": ("reminder bounced", "it came back"),
    "{step} opened": ("reminder opened", "it was opened"),
    "{step} answered": ("chase answered", "it was answered"),
    "{step} accepted": ("mediation accepted", "the debtor agreed to what the step proposed"),
    "{step} declined": ("mediation declined", "and did not"),
    "agency acknowledged": ("agency acknowledged", "the agency has the debt"),
    "agency returned": ("agency returned", "it gives the debt back: the creditor collects again"),
    "agency collected {amount}": ("agency collected 50.00", "the debtor paid the agency; to the debtor it is paid"),
    "agency collected {amount} commission {commission}": (
        "agency collected 50.00 commission 10.00",
        "and the agency keeps a part of it",
    ),
    "payment failed by {scheme}": ("payment failed by visa", "and in whose scheme: `visa`, `mastercard`, `sepa`"),
    **{
        f"payment failed{by} as {one.value}": (f"payment failed{by.format(scheme='visa')} as {one.value}", why)
        for by in ("", " by {scheme}")
        for one, why in DECLINED.items()
    },
}

EXPECTATIONS: Mapping[str, Row] = {
    "{wish}": (
        "email reminder",
        "the action goes out on this day: the words of the policy, `with invoice` may be left out",
    ),
    "{wish} at {at}": ("email reminder at 10:00", "at this hour of the debtor's clock"),
    "{wish} over {over}": ("email reminder over 155.00", "it asks for this sum"),
    "{wish} at {at} over {over}": ("email reminder at 10:00 over 155.00", "both"),
    "owed {over}": ("owed 155.00", "at the end of the day the debtor is asked for this sum"),
    "principal {over}": ("principal 150.00", "likewise, invoices alone"),
    "fees {over}": ("fees 5.00", "likewise, open fees and fixed sums"),
    "interest {over}": ("interest 0.41", "likewise, open interest"),
    "stands upcoming": ("stands upcoming", "at the end of the day nothing is due yet"),
    "stands due": ("stands due", "it is the due date"),
    "stands in grace": ("stands in grace", "the days of grace are not over"),
    "stands overdue": ("stands overdue", "the ladder is being climbed"),
    "stands final": ("stands final", "the last step is done, nothing more comes by itself"),
    "stands paused": ("stands paused", "the case waits"),
    "stands placed": ("stands placed", "an agency has it"),
    "stands closed": ("stands closed", "nothing is owed any more, or the policy has ended it"),
    "credit {over}": ("credit 5.00", "at the end of the day the debtor has paid this much too much"),
    "blocked {wish}": ("blocked sms nudge", "the gate refuses it"),
    "deferred {wish} to {to}": ("deferred call reminder-script to 2026-03-16", "the gate moves it to that day"),
    "closed as written off": ("closed as written off", "what was open was given up"),
    "closed as paid": ("closed as paid", "the case ends"),
    "closed as bankrupt": ("closed as bankrupt", "likewise"),
    "closed as deceased": ("closed as deceased", "likewise"),
    "closed as opted out": ("closed as opted out", "likewise"),
    "closed as hardship": ("closed as hardship", "likewise"),
    "closed as identity theft": ("closed as identity theft", "likewise"),
    "closed as cease": ("closed as cease", "likewise"),
    "closed as attorney": ("closed as attorney", "likewise"),
    "paused": ("paused", "the case begins to wait"),
    "resumed": ("resumed", "it goes on"),
    "reopened": ("reopened", "a closed case owes again"),
    "nothing": ("nothing", "nothing happens on this day"),
}

FOLDED = re.compile(
    r"(?!email \{name\} to).* to \{to\}|(reachable by|opted out of) (sms|push|call|letter|portal)|risk is (medium|high)"
)
"""Forms of a condition that differ from their neighbour in one word only."""

# Keys -----------------------------------------------------------------------------------------------------------------

INVOICE_KEYS: Mapping[str, str] = {
    "policy": "name of the policy that duns the invoice",
    "invoice": "its number, by which people and payments refer to it",
    "debtor": "your identity of the debtor: the customer number",
    "issued": "issue date",
    "due": "due date",
    "amount": "amount, a point before the cents and nothing between thousands",
    "currency": "ISO 4217 code",
    "paid_on": "day of the payment; empty where there was none",
    "paid_amount": "amount of the payment; without it the whole invoice",
    "creditor": "whose invoice it is, where there are several creditors: each has cases of its own",
    "ready": "`true` or `false`: whether the invoice may be asked for yet; `true` where nothing is said",
    "disputed": "`true`: disputed from the issue date until it is settled",
}

PARTY_KEYS: Mapping[str, str] = {
    "name": "name",
    "kind": "`consumer` or `business`",
    "email": "e-mail address",
    "phone": "international phone number: `+12125550123`",
    "push": "token of the device on which the debtor lets your app show messages",
    "zone": "IANA time zone",
    "country": "ISO 3166-1 code",
    "region": "ISO 3166-2 code without its country: `CO`",
    "postal_code": "postal code",
    "language": "language tag: `en`, `de-AT`",
    "contacts": "people by role, separated by `;`: `manager: Eva Sand <eva@example.com> +4930123456`",
    "guarantors": "who answers for the debt, likewise, with `in Europe/Berlin` where they are",
    "representative": "who speaks for the debtor, likewise: `attorney: …`, `guardian: …`",
    "accounts": "accounts of others for which this debtor pays, separated by `;`",
    "payer": "who pays for this account: nothing is opened for it",
    "address": "postal address, its lines separated by `|` or line breaks; also `{columns: [Street, City]}`",
    "opted_out": "channels that the debtor refuses, separated by `;`",
    "risk": "`low`, `medium` or `high`, as whoever screens says",
    "customer_since": "the day on which they became a customer",
    "group": "customer group, as `group is …` asks for it",
    "paid_late": "days on which your ledger saw something paid late, separated by `;`, from before we knew them",
    "policy": "the policy agreed with this debtor alone, for routing",
    "holds": "reasons to wait in the words of facts, separated by `;`: `bankrupt; cease requested`",
}

# Tables ---------------------------------------------------------------------------------------------------------------


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    head = list(head)
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |\n" for line in lines)


def grammar(forms: Grammar[Any], meanings: Mapping[str, Row]) -> Callable[[], str]:
    """Every form of a grammar with an example and its meaning; a form without a meaning is an error here."""

    def rows() -> Iterator[tuple[str, str]]:
        for form in forms.forms:
            if FOLDED.fullmatch(form.pattern):
                continue
            example, meaning = meanings[form.pattern]
            assert not isinstance(forms.parse(example), Misfit), example
            yield f"`{example}`", meaning

    return lambda: table(("phrase, as in", "meaning"), rows())


def actions() -> str:
    """Every phrase of every verb but messages, with what it makes us do."""

    def rows() -> Iterator[tuple[str, str]]:
        for example in phrases_money.CHARGE.examples():
            yield f"`charge: {example}`", f"we charge the {example}"
        for do in ASKED:
            spoken: Choices | None = getattr(phrases_actions, do.name, None)
            if spoken is None:
                continue  # its phrases have a table of their own
            for example in spoken.one.examples() if do is not Do.SEND else ():
                spec = spoken.one.parse(example)
                assert not isinstance(spec, Misfit), example
                yield f"`{do.value}: {example}`", action_words(spec)

    return table(("key and phrase, as in", "meaning"), rows())


def keys(model: type[Part], unsaid: Mapping[str, str]) -> Callable[[], str]:
    """Every key of a part of a policy: what it is for, and what holds where it is left out (`unsaid`: in words)."""

    def rows() -> Iterator[tuple[str, str, str, str]]:
        whole = json_schema()
        parts = whole["$defs"]
        defaults = model.model_construct().model_dump(mode="json", warnings=False)
        for name, schema in (whole if model is PolicyDocument else parts[model.__name__])["properties"].items():
            says = schema.get("description") or parts[schema["$ref"].rpartition("/")[2]]["description"]
            needed = model.model_fields[name].is_required()
            left_out = "needed" if needed else unsaid.get(name) or _left_out(defaults[name])
            yield f"`{name}`", _written_as(schema), says, left_out

    return lambda: table(("key", "written as", "what it says", "if left out"), rows())


def _written_as(schema: Mapping[str, Any]) -> str:
    """The words that a key takes, or some of its phrases; keys of its own have a table of theirs."""
    spoken = [schema, *schema.get("anyOf", ())]
    words = next((one[kind] for one in spoken for kind in ("enum", "examples") if kind in one), ())
    shown = words if len(words) <= SHOWN or any("enum" in one for one in spoken) else [*words[:2], "…"]
    return ", ".join("…" if word == "…" else f"`{word}`" for word in shown)


SHOWN = 4
"""More phrases than these are left to their own table."""


def _left_out(default: object) -> str:
    """What a key without a word of its own amounts to."""
    match default:
        case dict() if default:
            return "what its own keys say"
        case list() if default:
            return f"`[{', '.join(map(str, default))}]`"
        case _:
            return f"`{default}`" if default else "none"


def columns(fields: Mapping[str, Any], needs: Iterable[str], meanings: Mapping[str, str]) -> Callable[[], str]:
    return lambda: table(
        ("key", "value", "needed"), ((f"`{key}`", meanings[key], "yes" if key in needs else "") for key in fields)
    )


def variables() -> str:
    return table(("variable", "value"), ((f"`{name}`", meaning) for name, meaning in VARIABLES.items()))


def commands() -> str:
    """Every command with its arguments and options, from the declarations of the command line."""
    return "\n".join(_commands(app, "dunning"))


def _commands(group: typer.Typer, name: str) -> Iterator[str]:
    for command in group.registered_commands:
        assert command.callback is not None
        yield from _command(command, f"{name} {command.name or command.callback.__name__}")
    for inner in group.registered_groups:
        assert inner.typer_instance is not None
        words = [word for word in (inner.name, inner.typer_instance.info.name) if isinstance(word, str)]
        yield from _commands(inner.typer_instance, " ".join([name, *words[:1]]))


def _command(command: Any, title: str) -> Iterator[str]:
    hints = get_type_hints(command.callback, include_extras=True)
    told = inspect.signature(command.callback).parameters
    parts = [(name, get_args(hints[name])[0], get_args(hints[name])[1], one.default) for name, one in told.items()]
    arguments = [_metavar(name, kind, info) for name, kind, info, _ in parts if isinstance(info, ArgumentInfo)]
    options = ["[OPTIONS]"] if len(parts) > len(arguments) else []
    yield f"## {title}\n\n{inspect.getdoc(command.callback)}\n"
    yield f"```\n{' '.join([title, *arguments, *options])}\n```\n"
    if parts:
        yield table(
            ("", "", "if left out"),
            ((f"`{_written(*part[:3])}`", part[2].help or "", _default(part[3])) for part in parts),
        )
    if command.epilog:
        yield re.sub(r"\[bold\](.*?)\[/\]", r"`\1`", command.epilog) + "\n"


def _written(name: str, kind: Any, info: Any) -> str:
    if isinstance(info, ArgumentInfo):
        return _metavar(name, kind, info)
    spelled = [word for word in (info.default, *(info.param_decls or ())) if isinstance(word, str)]
    return f"{', '.join(spelled or [f'--{name}'.replace('_', '-')])} {_metavar(name, kind, info)}"


def _metavar(name: str, kind: Any, info: Any) -> str:
    if info.metavar:
        return str(info.metavar)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return "|".join(member.value for member in kind)
    return "NUMBER" if kind is int or int in get_args(kind) else name.upper()


def _default(value: Any) -> str:
    if value is inspect.Parameter.empty:
        return "needed"
    value = getattr(value, "value", value)
    return f"`{value}`" if value not in (None, "", False) else ""


# Law ------------------------------------------------------------------------------------------------------------------


def law() -> str:
    """Every rule of every rulebook: what it asks by the day it took effect, its source, how sure we are."""
    books = sorted(load_rulebooks(), key=lambda book: book.name)
    return "\n".join(part for book in books for part in _rulebook(book))


def _rulebook(book: Rulebook) -> Iterator[str]:
    day = date.fromordinal(book.state_of)
    yield f"## {book.name}\n\n{book.title}; place: {place_words(book)}; state of {day.isoformat()}.\n"
    if book.includes:
        yield f"Includes {', '.join(f'`{name}`' for name in book.includes)}.\n"
    if book.rules:
        head = ("rule", "says", "binds", "asks since", "source", "confidence", "readings")
        yield table(head, map(_rule_of_law, book.rules))


def _rule_of_law(rule: Rule) -> tuple[str, ...]:
    source, sure = rule.citation, rule.confidence
    return (
        f"`{rule.id.rpartition('/')[2]}`",
        rule.says,
        binds_words(rule.binds),
        "; ".join(f"**{since.began}** {since.words}" for since in over_time(rule)),
        f"[{source.text}]({source.url})" if source.url else source.text,
        f"**{sure.value}**" if sure.value in DOUBTS else sure.value,
        rule.conflict,
    )


# The docket -----------------------------------------------------------------------------------------------------------

SORTS: Mapping[Sort, str] = {
    Sort.WORD: "word",
    Sort.FLAG: "flag",
    Sort.WORDS: "words",
    Sort.HAPPENED: "instant",
    Sort.DAY: "day",
    Sort.TEXT: "text",
    Sort.RECORDS: "records",
}

WORKED_OUT: Mapping[str, str] = {
    "purpose": "the engine: from what the step does",
    "deadline": "the engine: from the step's deadline",
    "address": "the engine: the debtor's",
    "line": "the engine: texts reach mobiles, calls take `phone_line`",
    "carries": "the engine: the text is read when it is made",
    "first_communication": "the engine, for collectors: from `initial_communication`",
    "first_writing": "the engine, for collectors: from the contact log",
    "challenges": "debt; unless recorded the engine: open disputes",
    "paid": "debt; unless recorded the engine: when the last of it came",
    "initial_communication": "debt; unless recorded the engine, for collectors: from the contact log",
    "last_activity": "debt; unless recorded the engine, for collectors: from the contact log",
}
"""What `decision.briefing` and the engine find out themselves."""


def file_codes() -> str:
    """The codes of the files beside a policy, which say in their message what to write."""
    parts = []
    for title, found in FILE_CODES.items():
        parts.append(f"## {title}")
        parts += [f"### {code}\n\n{text}." for code, text in found.items()]
    return "\n\n".join(parts)


FILE_CODES: Mapping[str, Mapping[str, str]] = {
    "Mappings: columns of invoices and debtors": mapping.CODES,
    "Configurations: `dunning.toml`": config_findings.CODES,
    "Test files": reading.CODES,
    "Templates: texts that debtors read": templates.CODES,
}


def docket() -> str:
    """Every term by who tells it: what it says, its kind, its words."""
    head = ("term", "says", "kind", "words", "who tells it")
    return table(head, ((f"`{name}`", term.says, *_kind(name, term), _teller(name)) for name, term in TERMS.items()))


def _kind(name: str, term: Term) -> tuple[str, str]:
    if term.sort is Sort.RECORDS:
        kind = RECORDS[name]
        return f"records of `{kind.__name__}`", ", ".join(f"`{field}`" for field in kind._fields)
    return SORTS[term.sort], ", ".join(f"`{word}`" for word in term.words)


def _teller(name: str) -> str:
    whose = "the attempt" if name in ATTEMPT_TERMS else "person" if name in PERSON_TERMS else "debt"
    return WORKED_OUT.get(name, whose)


TABLES: Mapping[str, Callable[[], str]] = {
    "spans": grammar(SPAN, SPANS),
    "anchors": grammar(phrases.ANCHOR, ANCHORS),
    "cadences": grammar(phrases.CADENCE, CADENCES),
    "conditions": grammar(phrases.CONDITION, CONDITIONS),
    "proofs": grammar(phrases.PROOF, PROOFS),
    "sends": grammar(phrases_actions.SEND.one, SENDS),
    "actions": actions,
    "facts": grammar(FACT, FACTS),
    "expectations": grammar(EXPECTATION, EXPECTATIONS),
    "policy-keys": keys(PolicyDocument, UNSAID),
    "time-keys": keys(TimeDocument, {}),
    "roll-keys": keys(RollDocument, dict.fromkeys(RollDocument.model_fields.keys() - {"default"}, "as `default`")),
    "step-keys": keys(StepDocument, UNSAID_OF_STEPS),
    "hold-keys": keys(HoldsDocument, dict.fromkeys(HoldsDocument.model_fields, "`[continue, clock stops]`")),
    "dispute-keys": keys(DisputesDocument, {}),
    "promise-keys": keys(PromisesDocument, {"tolerance": "the promised day itself", "at_most": "any number"}),
    "plan-keys": keys(PlansDocument, {"grace": "its day itself", "offer": "any plan, unless a step offers one"}),
    "fee-keys": keys(FeeDocument, {"currency": "that of the case"}),
    "interest-keys": keys(InterestDocument, {}),
    "invoice-keys": columns(INVOICE_FIELDS, INVOICE_NEEDS, {**PARTY_KEYS, **INVOICE_KEYS}),
    "debtor-keys": columns(DEBTOR_FIELDS, DEBTOR_NEEDS, {**INVOICE_KEYS, **PARTY_KEYS}),
    "variables": variables,
    "commands": commands,
    "law": law,
    "docket": docket,
    "policy-codes": codes.page,
    "file-codes": file_codes,
}


def refreshed(text: str) -> str:
    """A page with its marked parts as the code knows them now."""
    return MARKED.sub(lambda mark: f"{mark[1]}\n{TABLES[mark['name']]().rstrip()}\n\n{mark[3]}", text)


def pages() -> Iterator[Path]:
    """The pages that have marked parts."""
    return (page for page in sorted(DOCS.rglob("*.md")) if MARKED.search(page.read_text("utf-8")))


if __name__ == "__main__":
    for page in pages():
        page.write_text(refreshed(page.read_text("utf-8")), encoding="utf-8")
