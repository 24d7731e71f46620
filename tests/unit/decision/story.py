"""One case told day by day: facts at local times, looks at local times, and what went out in the policy's words."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from textwrap import dedent
from zoneinfo import ZoneInfo

from dunning_engine.decision.arming import admit
from dunning_engine.decision.decider import decide
from dunning_engine.domain.arrangements import HoldReason
from dunning_engine.domain.case import Case, evolve
from dunning_engine.domain.contacts import Contact
from dunning_engine.domain.events import (
    CaseOpened,
    CreditNoteIssued,
    DeliveryArmed,
    HoldLifted,
    HoldPlaced,
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
from dunning_engine.engine.loading import load_rulebooks
from dunning_engine.engine.money_shelf import ShippedStatutes
from dunning_engine.kernel.calendar import instant_of, moment, parse_date
from dunning_engine.kernel.money import Money
from dunning_engine.policy.compiler import compile_policy
from dunning_engine.whereabouts.holidays import Holidays

CALENDARS = Holidays()
NEW_YORK = "America/New_York"
DENVER = "America/Denver"
TOKYO = "Asia/Tokyo"
LOS_ANGELES = "America/Los_Angeles"

ANN = Party.consumer(
    "ann",
    email="ann@example.com",
    phone="+12125550123",
    address=("1 Main Street",),
    country="US",
    language="en-US",
)


def policy(text, zone=NEW_YORK):
    """The policy of a text; without a `time` of its own every day is a working day, and ten o'clock the send time."""
    text = dedent(text).strip("\n")
    time = "" if "time:" in text else f"time: {{zone: {zone}}}\n"
    compiled = compile_policy(
        f"policy: p\nversion: 1\n{time}{text}\n",
        file="p.yaml",
        calendars=CALENDARS,
        rulebooks=("us/test",),
        statutes=ShippedStatutes(),
    )
    assert compiled.policy is not None, "\n".join(map(str, compiled.diagnostics))
    return compiled.policy


def at(text, zone=NEW_YORK):
    """The instant of a local time: `2026-03-06 10:00`; a bare date is its first minute."""
    return instant_of(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)))


def local(instant, zone=NEW_YORK):
    """A local time as `at` reads it."""
    return None if instant is None else moment(instant, zone).strftime("%Y-%m-%d %H:%M")


def usd(amount):
    return Money(amount, "USD")


def invoice(number="INV-1", amount="240.00", *, due="2026-03-02", issued="2026-02-01"):
    return Invoice(number, usd(amount), due=due, issued=issued)


def paid(amount="240.00", invoice=None):
    return PaymentReceived(usd(amount), invoice)


def credited(amount, invoice=None):
    return CreditNoteIssued(usd(amount), invoice)


def returned(amount, invoice=None):
    return PaymentReversed(usd(amount), invoice)


def promised(amount, by):
    return PromiseMade(usd(amount), parse_date(by).toordinal())


def disputed(invoice=None):
    return HoldPlaced(HoldReason.DISPUTE, invoice)


def settled_dispute(invoice=None):
    return HoldLifted(HoldReason.DISPUTE, invoice)


def held(reason=HoldReason.MANUAL):
    return HoldPlaced(reason)


def released(reason=HoldReason.MANUAL):
    return HoldLifted(reason)


class Story:
    """A case under a policy; `arrives` is the last receipt that a message gets: delivered, sent, bounced or none."""

    def __init__(
        self, text, *invoices, debtor=ANN, zones=(NEW_YORK,), rulebooks=(), opened="2026-02-01", arrives="delivered"
    ):
        self.policy = policy(text) if isinstance(text, str) else text
        self.rulebooks = (*rulebooks, *load_rulebooks(set(self.policy.books) - set(self.policy.law)))
        self.zone = self.policy.zone
        self.arrives = arrives
        self.case: Case | None = None
        self.seq = 0
        hints = (ZoneHint("zone", zones),) if zones else ()
        self.tell(opened, CaseOpened(debtor, self.policy.ref, hints, terms=self.policy.terms))
        for one in invoices or (invoice(),):
            self.tell(opened, ReceivableAdded(one))

    def at(self, text):
        return at(text, self.zone) if isinstance(text, str) else text

    def tell(self, when, *events):
        """Let facts happen."""
        for event in events:
            self.seq += 1
            instant = self.at(when)
            self.case = evolve("case", self.case, Recorded(self.seq, instant, instant, event))
        return self

    def decide(self, when):
        """What the engine would do, without doing it."""
        return decide(self.case, self.policy, self.rulebooks, self.at(when))

    def admit(self, action, when):
        return admit(self.case, self.policy, self.rulebooks, action, self.at(when))

    def decided(self, when):
        """A decision with its events recorded, and nothing delivered yet."""
        decision = self.decide(when)
        self.tell(when, *decision.events)
        return decision

    def look(self, when):
        """Decide and deliver until nothing more comes; the actions that went out, in words."""
        out = []
        while True:
            decision = self.decided(when)
            if not decision.cleared:
                return out
            for cleared in decision.cleared:
                self.deliver(cleared.action.action, when)
                out.append(f"{cleared.action.action.step}: {cleared.action.action.spec.words}")

    def deliver(self, action, when):
        self.tell(when, DeliveryArmed(action.id))
        for receipt in {"delivered": ("sent", "delivered"), "sent": ("sent",), "bounced": ("sent", "bounced"), "": ()}[
            self.arrives
        ]:
            self.tell(when, ReceiptRecorded(action.id, ReceiptKind(receipt)))

    def follow(self, start, until, facts=()):
        """Look at the first instant, at every fact, and wherever `next_look` says; what went out, by local time."""
        story, now, end = {}, self.at(start), self.at(until)
        waiting = sorted(((self.at(when), event) for when, event in facts), key=lambda fact: fact[0])
        while now is not None and now <= end:
            while waiting and waiting[0][0] <= now:
                self.tell(*waiting.pop(0))
            if out := self.look(now):
                story[local(now, self.zone)] = out
            looks = [self.decide(now).next_look, waiting[0][0] if waiting else None]
            now = min((look for look in looks if look is not None), default=None)
        return story

    def contacted(self, when, channel, **more):
        """Let the debtor be reached in some other case of theirs."""
        contact = Contact(self.at(when), channel, ("another case",), **more)
        self.case = replace(self.case, contacts=self.case.contacts.plus(contact))
        return self
