"""Worlds for the audit of what the gate cleared: random laws, debtors, facts and attempts, step by step.

Everything follows from the number of a world, so that a finding can be looked at again. Facts begin and end, and each
attempt is put before the gate with what is known at its instant; the history keeps the same facts with their dates.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from random import Random
from zoneinfo import ZoneInfo

from gate_answers import ZONES

from dunning_engine.compliance.audit.history import Deed, Held, History, Known, OptOut, Stretch
from dunning_engine.compliance.gate import assemble, gate
from dunning_engine.compliance.rulebook import rulebook_of
from dunning_engine.compliance.situation import Situation
from dunning_engine.compliance.verdict import Cleared
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
from dunning_engine.domain.parties import Channel, Collector, Party, PartyKind
from dunning_engine.engine.auditing import law_texts
from dunning_engine.engine.loading import default_calendars, rulebook_names
from dunning_engine.kernel.calendar import EVERY_DAY

DAY = 86_400
PLACES = ("US", "US-MA", "US-NY", "US-NY-NYC", "US-NY-REST", "US-CA", "US-TX", "GB", "CA-ON", "IN")
DEBTS = ("d1", "d2", "d3")
TURNS = [
    int(datetime.fromisoformat(f"{day}T00:00:00+00:00").timestamp())
    for day in (
        "2021-11-29",
        "2026-03-08",
        "2026-03-29",
        "2026-04-05",
        "2026-10-04",
        "2026-10-25",
        "2026-11-01",
        "2024-02-29",
    )
]
STEPS = (1, 59, 60, 299, 300, 301, 3600, 7 * 3600, DAY - 1, DAY, DAY + 1, 6 * DAY, 7 * DAY - 60, 7 * DAY, 14 * DAY)
HOURS = (60, 8 * 60, 9 * 60, 12 * 60, 13 * 60, 16 * 60, 21 * 60, 22 * 60)
ATTEMPT_TERMS = tuple(TERMS)[: tuple(TERMS).index("refused_addresses")]
CONTACT_TERMS = tuple(term for term in ATTEMPT_TERMS if term not in ("scheme", "decline"))
STANDING_TERMS = tuple(term for term in TERMS if term not in ATTEMPT_TERMS)
RECORDS = tuple(term for term in STANDING_TERMS if TERMS[term].sort is Sort.RECORDS)
AT_ONCE = [channel.value for channel in Channel if channel.reaches_at_once]

# Laws -----------------------------------------------------------------------------------------------------------------


def clock(minute):
    return f"{minute // 60:02}:{minute % 60:02}"


def some_hours(r):
    days = list(range(7)) if r.random() < 0.5 else sorted(r.sample(range(7), r.randint(3, 6)))
    first = r.randrange(0, 12 * 60)
    windows = [{"days": days, "after": clock(first), "before": clock(r.randrange(first + 2, 24 * 60))}]
    if r.random() < 0.2:
        windows.append({"days": [r.randrange(7)], "after": "00:00", "before": "06:00"})
    return {"windows": windows} | ({"zone": r.choice(ZONES)} if r.random() < 0.2 else {})


def some_channels(r):
    return {"channels": r.choice([["call"], ["email"], ["call", "sms"], AT_ONCE])} if r.random() < 0.5 else {}


def some_count(r):
    counting = r.choice(["calendar", "rolling", "both", "month"])
    limit = {"count": r.randint(0, 3) or 1, "days": r.choice([1, 2, 7, 30]), "per": r.choice(["debt", "debtor"])}
    limit |= {"counting": counting} | ({"days": 31} if counting == "month" else {}) | some_channels(r)
    for chance, more in (
        (0.3, {"uncounted": ["not connected", "wrong number"]}),
        (0.1, {"counted": ["conversation"]}),
        (0.1, {"lines": r.choice([["work"], ["home", "mobile", "personal", ""]])}),
        (0.2, {"replies": False}),
        (0.2, {"consented": False, "channels": ["call"]}),
        (0.15, {"since_conversation": True}),
        (0.15, {"unanswered": True}),
    ):
        limit |= more if r.random() < chance else {}
    return limit


def some_rest(r):
    return {
        "days": r.choice([1, 3, 7]),
        "per": r.choice(["debt", "debtor"]),
        "day_itself": r.random() < 0.5,
    } | some_channels(r)


def some_question(r, terms=tuple(TERMS)):
    fact = r.choice([term for term in terms if TERMS[term].sort is not Sort.RECORDS and term != "carries"])
    term = TERMS[fact]
    if r.random() < 0.2:
        return {"op": r.choice(["known", "unknown"]), "fact": fact}
    words = ("yes", "no") if term.sort is Sort.FLAG else term.words
    match term.sort:
        case Sort.WORD | Sort.FLAG:
            return {
                "op": r.choice(["is", "is not"]),
                "fact": fact,
                "words": r.sample(words, r.randint(1, len(words) - 1)),
            }
        case Sort.WORDS if words:
            return {"op": r.choice(["includes", "holds only"]), "fact": fact, "words": r.sample(words, 1)}
        case Sort.HAPPENED:
            unit = {"op": "within", "unit": r.choice(["minutes", "days"])} if r.random() < 0.5 else {"op": "waited"}
            return (
                {"unit": r.choice(["days", "years"])} | unit | {"fact": fact, "count": r.choice([0, 1, 1, 3, 3, 6, 60])}
            )
        case Sort.DAY:
            if r.random() < 0.3:
                others = [name for name in TERMS if TERMS[name].sort in (Sort.DAY, Sort.HAPPENED)]
                return {"op": "after", "fact": fact, "count": r.choice([0, 1, 35]), "other": r.choice(others)}
            return {"op": r.choice(["over", "runs"]), "fact": fact}
        case _:
            return {"op": "known", "fact": fact}


def some_prerequisites(r):
    limit = {}
    if r.random() < 0.5:
        limit["needs"] = [some_question(r)]
    if r.random() < 0.4:
        limit["any_of"] = [[some_question(r) for _ in range(r.randint(1, 2))] for _ in range(r.randint(1, 3))]
    if not limit or r.random() < 0.5:
        limit["refuses"] = [some_question(r)]
    return limit


LIMITS = {
    "open_hours": some_hours,
    "holidays": lambda r: {"calendar": r.choice(["US", "CA-ON", "DE"])},
    "contacts": some_count,
    "together": lambda r: [some_count(r) for _ in range(r.randint(1, 2))],
    "spacing": lambda r: {"minutes": r.choice([5, 60])} | some_channels(r),
    "cooling_off": some_rest,
    "blocked_channels": lambda _: [],
    "blocked_addresses": lambda _: [],
    "blocked_person": lambda r: r.sample([reason.value for reason in HoldReason], 2),
    "inconvenient_times": lambda _: [],
    "inconvenient_places": lambda _: [],
    "prerequisites": some_prerequisites,
    "carries": lambda r: r.sample(TERMS["carries"].words, r.randint(1, 2)),
    "open_challenge": lambda _: [],
    "bureau_notice": lambda _: {"days": 14},
    "retries": lambda r: {"count": r.randint(1, 3), "hours": r.choice([1, 24, 168])},
}
OUT_OF_SIGHT = ("prerequisites", "bureau_notice", "retries")
"""Kinds that may speak about acts which reach no debtor."""


def some_rule(r, name, kind):
    rule = {
        "rule": name,
        "kind": r.choice(["prohibition", "presumption", "requirement"]),
        "says": f"{kind} {name}",
        "code": kind.upper(),
        "since": {"2000-01-01": {kind: LIMITS[kind](r)}},
        "citation": {"text": f"section {name}"},
        "confidence": "house",
    }
    if kind in ("bureau_notice", "retries") or (kind == "prerequisites" and r.random() < 0.2):
        rule["offstage"] = True
    elif r.random() < 0.2:
        rule["binds"] = {"channels": r.sample([channel.value for channel in Channel], 3)}
    if r.random() < 0.15:
        rule["since"]["2026-03-09"] = {kind: LIMITS[kind](r)}
    for key in ("when", "unless"):
        if r.random() < 0.12:
            rule[key] = [
                some_question(r, ("purpose", "addressee", "reply", "line", "paid", "debt_kind", "limitation_expired"))
            ]
    return rule


@lru_cache(maxsize=512)
def invented(number):
    """A rulebook of a few rules, of which the first is of each kind in turn."""
    r = Random(f"law {number}")
    kinds = [kind for kind in LIMITS if kind != "retries"]
    chosen = [kinds[number % len(kinds)], *r.choices(kinds, k=r.randint(0, 2))]
    book = {"rulebook": f"xx/law-{number}", "title": f"Law {number}", "state_of": "2026-01-01"}
    book["rules"] = [some_rule(r, f"r{at}-{kind.replace('_', '-')}", kind) for at, kind in enumerate(chosen)]
    if r.random() < 0.2:
        book["place"] = r.choice(PLACES)
    if r.random() < 0.1:
        book["place_needed"] = True
    return rules_of((book,))


def rules_of(books):
    """Some rulebooks as the auditor reads them, and as the gate does."""
    laws = [rulebook_of(book) for book in books]
    calendar = default_calendars_once().calendar
    return books, assemble(
        (), [replace(law, calendars={name: calendar(name) for name in law.holidays}) for law in laws]
    )


@lru_cache(maxsize=128)
def shipped(name):
    return rules_of(law_texts([name]))


@lru_cache(maxsize=1)
def shipped_names():
    return rulebook_names()


@lru_cache(maxsize=100_000)
def is_holiday(calendar, day):
    return default_calendars_once().calendar(calendar).is_holiday(day.toordinal())


@lru_cache(maxsize=1)
def default_calendars_once():
    return default_calendars()


# Facts ----------------------------------------------------------------------------------------------------------------


def some_value(r, term, at):
    """A value that a term may hold; instants and days lie near."""
    kind = TERMS[term]
    near = at + r.choice(
        [
            -1096 * DAY,
            -1095 * DAY,
            -366 * DAY,
            -365 * DAY,
            -200 * DAY,
            -60 * DAY,
            -61 * DAY,
            -7 * DAY,
            -3 * DAY,
            -DAY,
            -60,
            0,
            60,
            DAY,
            3 * DAY,
        ]
    )
    match kind.sort:
        case Sort.WORD:
            return r.choice(kind.words)
        case Sort.FLAG:
            return r.random() < 0.5
        case Sort.WORDS:
            if not kind.words:
                return frozenset(r.sample(("a1", "a2"), r.randint(1, 2)))
            return frozenset(r.sample(kind.words, r.randint(0, min(3, len(kind.words)))))
        case Sort.HAPPENED:
            return near
        case Sort.DAY:
            return datetime.fromtimestamp(near, UTC).toordinal()
        case Sort.TEXT:
            return r.choice(["a1", "a2"])
    return some_records(r, term, at)


def some_records(r, term, at):
    def near():
        return at + r.choice([-9 * DAY, -6 * DAY, -2 * DAY, -DAY, -3600, 0, 3600, 2 * DAY])

    def past():
        return at - r.choice([9 * DAY, 6 * DAY, 2 * DAY, DAY, 3600, 0])

    def perhaps(value):
        return value if r.random() < 0.4 else None

    today = datetime.fromtimestamp(at, UTC).toordinal()
    first = r.choice([0, 8 * 60, 12 * 60])

    def inconvenient():
        """Within a day or over midnight."""
        last = (first + r.choice([0, 60, 600, 1020])) % 1440
        days = frozenset(r.sample(range(7), r.randint(0, 3)))
        return InconvenientTime(days, first, last, perhaps(today + 2), perhaps(past()))

    make = {
        "inconvenient_times": inconvenient,
        "time_consents": lambda: TimeConsent(first, first + 480, past(), perhaps(near())),
        "call_consents": lambda: CallConsent(past(), perhaps(r.choice(DEBTS)), perhaps(today + 1), perhaps(near())),
        "challenges": lambda: Challenge(near() + r.randrange(60), perhaps(near()), r.random() < 0.5),
        "notices": lambda: Notice(r.choice(NOTICES), at - r.choice([1, 13, 14, 15, 20, 40]) * DAY + r.randrange(DAY)),
    }[term]
    return tuple(make() for _ in range(r.randint(0, 3)))


RECORDS_OF = {
    "open_hours": ("time_consents",),
    "contacts": ("call_consents",),
    "together": ("call_consents",),
    "cooling_off": ("call_consents",),
    "inconvenient_times": ("inconvenient_times",),
    "inconvenient_places": ("inconvenient_places",),
    "blocked_addresses": ("refused_addresses",),
    "open_challenge": ("challenges", "duplicate_notice"),
    "bureau_notice": ("notices", "monitored"),
}
"""What a kind of limit looks at besides the facts that its questions name."""

FAVOURABLE = {
    "email_basis": "direct_consent",
    "sms_basis": "direct_consent",
    "electronic_consent": True,
    "esign_consent": True,
    "validation_provided": 1_500_000_000,
    "sms_reassigned": False,
    "address_led_to_others": False,
    "monitored": True,
    "debt_kind": "consumer",
}


# Worlds ---------------------------------------------------------------------------------------------------------------


@dataclass
class World:
    """One debtor under one law, as it goes on."""

    number: int
    r: Random
    books: tuple
    rules: tuple
    zones: tuple
    places: frozenset | None
    collector: Collector
    kind: PartyKind
    zone: str
    regulators: frozenset
    now: int
    standing: dict = field(default_factory=dict)
    facts: list = field(default_factory=list)
    holds: list = field(default_factory=list)
    opted_out: list = field(default_factory=list)
    deeds: list = field(default_factory=list)
    terms: list = field(default_factory=list)

    @classmethod
    def of(cls, number):
        r = Random(f"world {number}")
        names = shipped_names()
        books, rules = shipped(names[number // 2 % len(names)]) if number % 2 else invented(number // 2 % 500)
        world = cls(
            number=number,
            r=r,
            books=books,
            rules=rules,
            zones=tuple(sorted(r.sample(ZONES, r.choice([0, 1, 1, 1, 1, 2, 3])))),
            places=r.choice(
                [None, frozenset(r.sample(PLACES, r.randint(1, 2))), frozenset({r.choice(books).get("place") or "US"})]
            ),
            collector=r.choice([*Collector, Collector.THIRD_PARTY, Collector.THIRD_PARTY]),
            kind=r.choice([PartyKind.CONSUMER, PartyKind.CONSUMER, PartyKind.CONSUMER, PartyKind.BUSINESS]),
            zone=r.choice(ZONES),
            regulators=frozenset(r.sample(["fca", "rbi"], r.randint(0, 2))),
            now=r.choice(TURNS) + r.randrange(-10 * DAY, 3 * DAY),
        )
        world.begin()
        return world

    def relevant(self):
        """Terms of which the law speaks, so that what happens matters."""
        rules = [rule for book in self.books for rule in book["rules"]]
        kinds = {kind for rule in rules for limit in rule["since"].values() for kind in limit}
        asked = {question["fact"] for rule in rules for question in questions_of(rule)}
        return sorted(({term for kind in kinds for term in RECORDS_OF.get(kind, ())} | asked) & set(STANDING_TERMS))

    def begin(self):
        for term, value in FAVOURABLE.items():
            if self.r.random() < 0.8:
                self.learn(term, value)
        for term in ("sms_consent", "sms_checked", "initial_communication"):
            self.learn(term, self.now - self.r.choice([1, 3, 30]) * DAY)
        self.terms = self.relevant() or list(RECORDS)
        for term in self.terms:
            if TERMS[term].sort is Sort.RECORDS and self.r.random() < 0.5:
                self.learn(term, some_records(self.r, term, self.now))

    # What is known, and since when

    def learn(self, term, value):
        """From now on the term holds this value, for one debt or all of them."""
        self.forget(term)
        debts = (self.r.choice(DEBTS),) if self.r.random() < 0.1 else ()
        self.standing[term] = len(self.facts)
        self.facts.append(Known(term, value, Stretch(self.now if self.deeds else None, None, debts)))

    def forget(self, term):
        at = self.standing.pop(term, None)
        if at is not None:
            self.facts[at] = replace(self.facts[at], when=replace(self.facts[at].when, end=self.now))

    def happen(self):
        """Something changes before the next attempt."""
        r = self.r
        for _ in range(r.choice([0, 0, 1, 2])):
            term = r.choice(self.terms if r.random() < 0.7 else STANDING_TERMS)
            self.learn(term, some_value(r, term, self.now))
        if self.standing and r.random() < 0.2:
            self.forget(r.choice(list(self.standing)))
        if r.random() < 0.1:
            debts = (r.choice(DEBTS),) if r.random() < 0.4 else ()
            end = self.now + r.choice([1, DAY, 9 * DAY]) if r.random() < 0.6 else None
            self.holds.append(Held(r.choice(list(HoldReason)).value, Stretch(self.now, end, debts)))
        if r.random() < 0.1:
            end = self.now + r.choice([1, DAY, 9 * DAY]) if r.random() < 0.6 else None
            self.opted_out.append(OptOut(r.choice(list(Channel)), Stretch(self.now, end)))
        if r.random() < 0.1:
            self.deeds.append(Deed.of(some_contact(r, self.now, r.choice(list(Channel)), some_debts(r), inbound=True)))

    def known(self, at, debts):
        """The docket of an instant, as somebody who keeps it would have it."""
        return {
            known.term: known.value
            for known in self.facts
            if (known.when.start is None or known.when.start <= at)
            and (known.when.end is None or at < known.when.end)
            and (not known.when.debts or set(known.when.debts) & set(debts))
        }

    # What is proposed

    def propose(self):
        r = self.r
        retries = self.books[0]["rulebook"] == "cards/retries" and r.random() < 0.9
        channel = None if retries or r.random() < 0.12 else r.choice([*Channel, Channel.CALL, Channel.CALL])
        facts = {term: some_value(r, term, self.now) for term in r.sample(CONTACT_TERMS, r.randint(0, 3))}
        if channel is None:
            facts["purpose"] = r.choice(["furnish", "furnish", "apply_payment", "delete_records"])
            if retries:
                facts["purpose"] = "retry_payment"
                facts |= {term: some_value(r, term, self.now) for term in ("scheme", "decline")}
        return Attempt(channel, some_debts(r), facts)

    def ask(self, attempt, now):
        debts = attempt.debts
        docket = self.known(now, debts) | attempt.facts
        situation = Situation(
            debtor=DEBTOR if self.kind is PartyKind.CONSUMER else FIRM,
            zones=self.zones,
            contacts=ContactLog(deed.contact for deed in self.deeds if deed.contact is not None),
            debts=debts,
            collector=self.collector,
            opted_out=frozenset(o.channel for o in self.opted_out if in_force(o.when, now, debts)),
            holds=frozenset(HoldReason(h.reason) for h in self.holds if in_force(h.when, now, debts)),
            zone=self.zone,
            calendar=EVERY_DAY,
            places=self.places,
            regulators=self.regulators,
            docket=docket,
            tries=tuple(
                deed.at
                for deed in self.deeds
                if deed.contact is None
                and deed.facts.get("purpose") == "retry_payment"
                and set(deed.debts) & set(debts)
            ),
        )
        return gate(attempt.action(now), situation, self.rules, now)

    def deed(self, attempt, now, obligations=()):
        """What the history keeps of an attempt; a text that nobody had written carries what it had to."""
        facts = dict(attempt.facts)
        if obligations:
            facts["carries"] = frozenset(obligations)
        if attempt.channel is None:
            return Deed(now, None, attempt.debts, facts)
        contact = some_contact(self.r, now, attempt.channel, attempt.debts, inbound=False)
        own = {"line": facts.get("line", ""), "reply": facts.get("reply", False)}
        return Deed.of(replace(contact, **own, addressee=facts.get("addressee", "consumer")), facts)

    def history(self, *more):
        return History(
            debtor=f"world {self.number}",
            kind=self.kind,
            collector=self.collector,
            zones=self.zones,
            places=self.places,
            regulators=self.regulators,
            zone=self.zone,
            deeds=(*self.deeds, *more),
            facts=tuple(self.facts),
            holds=tuple(self.holds),
            opted_out=tuple(self.opted_out),
        )

    def limit_kinds(self):
        """The kind of limit of each rule by its identity."""
        return {
            f"{book['rulebook']}/{rule['rule']}": next(iter(limit))
            for book in self.books
            for rule in book["rules"]
            for limit in rule["since"].values()
        }


def questions_of(node):
    """Every question in a rule, however deep."""
    if isinstance(node, dict):
        if "op" in node:
            yield node
        for value in node.values():
            yield from questions_of(value)
    elif isinstance(node, list):
        for value in node:
            yield from questions_of(value)


def in_force(when, at, debts):
    lasts = when.end is None or at < when.end
    return when.start <= at and lasts and (not when.debts or bool(set(when.debts) & set(debts)))


@dataclass
class Attempt:
    """What somebody wants to do."""

    channel: Channel | None
    debts: tuple
    facts: dict

    def action(self, now):
        do = Do.HAND_OFF if self.channel is None else Do.CALL if self.channel is Channel.CALL else Do.SEND
        return ProposedAction(
            id="a",
            key=ActionKey("c", "step", 1, ""),
            case_id=self.debts[0],
            debtor_id="ann",
            spec=ActionSpec(do, "words", self.channel),
            planned_at=now,
            invoices=(),
            amount=100,
            currency="USD",
        )


PARTICULARS = {
    "email": "a@b.example",
    "phone": "+12125550123",
    "social": "@ann",
    "push": "token",
    "address": ("1 Main Street",),
}
DEBTOR = Party.consumer("ann", **PARTICULARS)
FIRM = Party.business("ann", **PARTICULARS)


def some_debts(r):
    return tuple(sorted(r.sample(DEBTS, r.choice([1, 1, 1, 2]))))


def some_contact(r, at, channel, debts, *, inbound):
    outcome = r.choice([*Outcome, Outcome.ATTEMPTED, Outcome.MESSAGE]) if channel is Channel.CALL else Outcome.ATTEMPTED
    return Contact(
        at=at,
        channel=channel,
        debts=() if r.random() < 0.05 and inbound else debts,
        outcome=Outcome.CONVERSATION if inbound and r.random() < 0.5 else outcome,
        inbound=inbound,
        discussed=(r.choice(DEBTS),) if r.random() < 0.1 else (),
        answered=r.random() < 0.2,
    )


def later(world):
    """When the next attempt comes: any time, or where something begins or ends."""
    r, now = world.r, world.now
    if r.random() < 0.4:
        return now + r.choice(STEPS)
    edges = [edge for edge in (some_edge(world) for _ in range(4)) if now < edge < now + 40 * DAY]
    return r.choice(edges) if edges and r.random() < 0.6 else now + r.randrange(1, 3 * DAY)


def some_edge(world):
    """An instant about which laws may be read in two ways: a day's end, an hour's, a round time after something."""
    r = world.r
    marks = [deed.at for deed in world.deeds[-6:]] + [world.now]
    for term in RECORDS:
        for record in world.known(world.now, DEBTS).get(term, ()):
            marks += [part for part in record if isinstance(part, int) and part > 1_000_000_000]
    mark = r.choice(marks)
    if r.random() < 0.3:
        return mark + r.choice([0, 60, 5 * 60, DAY, 2 * DAY, 7 * DAY, 30 * DAY]) + r.choice([-1, 0, 1])
    zone = ZoneInfo(r.choice((*world.zones, world.zone)))
    day = datetime.fromtimestamp(mark, zone).replace(tzinfo=None, hour=0, minute=0, second=0)
    minute = r.choice(HOURS) if r.random() < 0.5 else 0
    there = day + timedelta(days=r.choice([0, 1, 2, 3, 6, 7, 8, 14, 15]), minutes=minute)
    return int(there.replace(tzinfo=zone, fold=r.randint(0, 1)).timestamp()) + r.choice([-60, -1, 0, 1, 59])


def play(world):
    """Attempts of one world, each with its verdict; only what was cleared is recorded."""
    for _ in range(world.r.randint(3, 15)):
        if world.r.random() < 0.9:
            world.now = later(world)
            world.happen()
        attempt = world.propose()
        verdict = world.ask(attempt, world.now)
        yield attempt, verdict
        if isinstance(verdict, Cleared):
            world.deeds.append(world.deed(attempt, world.now, verdict.action.obligations))
