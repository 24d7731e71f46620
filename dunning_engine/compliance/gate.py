"""The gate: may this action go out now? Asked when it is decided, and again inside the transaction that arms it.

Every rule that fits the action is asked; the strictest wins and every rule that spoke is in the answer. Where waiting
helps, the answer carries the earliest instant at which all of them are content. The gate fails closed: a missing fact
refuses, an error inside a rule refuses, and so does an instant further away than `HORIZON_DAYS`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple, Self, TypeAlias

from dunning_engine.compliance import prerequisites
from dunning_engine.compliance.answers import ANSWERS
from dunning_engine.compliance.evidence import evidence
from dunning_engine.compliance.prerequisites import is_true, turn
from dunning_engine.compliance.rulebook import EVERYBODY, Binds, DatedValue, Rule, Rulebook, RuleKind
from dunning_engine.compliance.situation import Answer, Refusal, Situation, Wait
from dunning_engine.compliance.verdict import Blocked, Cleared, Deferred, Reason, Verdict
from dunning_engine.domain.actions import ClearedAction, ProposedAction
from dunning_engine.domain.arrangements import HoldReason
from dunning_engine.domain.limits import (
    BlockedChannel,
    BlockedPerson,
    Carries,
    InconvenientPlaces,
    InconvenientTimes,
    KnownPlace,
    Limit,
    OpenChallenge,
    Prerequisites,
    RefusedAddress,
)
from dunning_engine.domain.parties import Channel, Collector, PartyKind, may_be_in
from dunning_engine.domain.questions import Question
from dunning_engine.kernel.calendar import DAY_SECONDS, BusinessCalendar, Instant

HORIZON_DAYS: Final = 400
FITS_KEPT: Final = 4096
_EPOCH_DAY: Final = 719_163

STAYS: Final = frozenset({HoldReason.BANKRUPTCY, HoldReason.DECEASED})
"""Holds under which the debt is not handed on either: a rule of this house, wherever no law has it."""

_ADDRESS: Final = {
    Channel.EMAIL: ("debtor/email", "no e-mail address is known"),
    Channel.SMS: ("debtor/phone", "no phone number is known"),
    Channel.CALL: ("debtor/phone", "no phone number is known"),
    Channel.LETTER: ("debtor/address", "no postal address is known"),
    Channel.SOCIAL: ("debtor/social", "no account on a social network is known"),
    Channel.VISIT: ("debtor/address", "no postal address is known"),
    Channel.PUSH: ("debtor/push", "no device is known on which the app may show messages"),
}


@dataclass(frozen=True, slots=True)
class GateRule:
    """A rule as the gate asks it, whoever wrote it: a policy's own limit, or one of a rulebook (`law`)."""

    id: str
    says: str
    values: tuple[DatedValue, ...]
    binds: Binds = EVERYBODY
    citation: str = ""
    confidence: str = ""
    law: bool = False
    code: str = ""
    url: str = ""
    kind: RuleKind | None = None
    place: str = ""
    when: tuple[Question, ...] = ()
    unless: tuple[Question, ...] = ()
    offstage: bool = False
    calendars: Mapping[str, BusinessCalendar] = field(default_factory=dict)
    heard: dict[tuple[object, ...], Answer] = field(default_factory=dict, compare=False, repr=False)
    """Answers that follow from zones and instant alone: cases that are decided together ask the same."""

    def limit(self, now: Instant) -> Limit | None:
        """What it asks at an instant (the day is UTC's: no law of ours begins at noon)."""
        newest = self.values[-1]
        day = now // DAY_SECONDS + _EPOCH_DAY
        if newest.since <= day:
            return newest.limit
        return next((value.limit for value in reversed(self.values) if value.since <= day), None)

    def at_most(self, until: Instant, situation: Situation, now: Instant) -> Instant:
        """An answer, or the instant before it at which the rule asks something else or nothing: it is asked again then."""
        starts = [(value.since - _EPOCH_DAY) * DAY_SECONDS for value in self.values]
        turns = [turn(question, situation, now) for question in (*self.when, *self.unless, *self._asked(now))]
        return min((at for at in (*starts, *turns) if at is not None and now < at < until), default=until)

    def _asked(self, now: Instant) -> tuple[Question, ...]:
        limit = self.limit(now)
        return limit.questions if isinstance(limit, Prerequisites) else ()


class Fitting(NamedTuple):
    """A rule that may speak, with the questions that have to be asked anew each time.

    `always` is its limit, where that is the same on every day.
    """

    rule: GateRule
    when: tuple[Question, ...]
    unless: tuple[Question, ...]
    always: Limit | None = None


class GateRules(tuple[GateRule, ...]):  # noqa: SLOT001 - a tuple with a memo
    """The rules of one policy and its rulebooks; `memo` keeps which of them fit whom, worked out once."""

    memo: dict[tuple[object, ...], tuple[Fitting, ...]]

    def __new__(cls, rules: Iterable[GateRule] = ()) -> Self:
        self = super().__new__(cls, rules)
        self.memo = {}
        return self


_NEVER: Final = 1 << 62


def own_rule(rule: str, says: str, limit: Limit, channels: frozenset[Channel] = frozenset()) -> GateRule:
    """A limit that the creditor (or this library) sets itself, whatever the law says."""
    return GateRule(
        id=rule, says=says, values=(DatedValue(0, limit),), binds=Binds(channels=channels) if channels else EVERYBODY
    )


def assemble(own: Iterable[GateRule], rulebooks: Iterable[Rulebook]) -> GateRules:
    """A policy's own limits and the rules of its rulebooks, in that order."""
    return GateRules((*own, *(rule for book in rulebooks for rule in _of_book(book))))


def _of_book(book: Rulebook) -> Iterable[GateRule]:
    if book.place_needed:
        says = f"{book.title}: whose law protects the debtor has to be known"
        yield GateRule(f"{book.name}/place", says, (DatedValue(0, KnownPlace()),), law=True, code="PLACE_UNDETERMINED")
    yield from (_of_law(rule, book) for rule in book.rules)


def _of_law(rule: Rule, book: Rulebook) -> GateRule:
    return GateRule(
        rule.id,
        rule.says,
        rule.values,
        rule.binds,
        rule.citation.text,
        rule.confidence.value,
        law=True,
        code=rule.code,
        url=rule.citation.url,
        kind=rule.kind,
        place=book.place,
        when=rule.when,
        unless=rule.unless,
        offstage=rule.offstage,
        calendars=book.calendars,
    )


def gate(action: ProposedAction, situation: Situation, rules: GateRules, now: Instant) -> Verdict:
    """Whether the action may go out now; if not, why, and from when on it may."""
    channel = action.spec.channel
    fitting = _fitting(rules, action, situation)
    heard = _hear(fitting, channel, situation, now)
    barred = _barred(channel, situation)
    if barred is not None:
        heard.refusals.insert(0, barred)
    if heard.refusals:
        return Blocked(action, (*heard.refusals, *heard.waits))
    if not heard.waits:
        return Cleared(ClearedAction(action, now, tuple(heard.duties), tuple(heard.duties.values())))
    return _earliest(action, situation, fitting, now, heard.waits)


def _barred(channel: Channel | None, situation: Situation) -> Reason | None:
    """What no rulebook has to say: there is no address; or a stay bars every act to collect, seen by the debtor or not."""
    if channel is None:
        stay = sorted(reason.value for reason in situation.holds & STAYS)
        words = f"nothing is done to collect this debt: in force: {', '.join(stay)}"
        return Reason("house/stay", words) if stay and collects(situation) else None
    if channel in situation.waiting:
        return Reason("house/hold", f"contacts by {channel.value} are on hold")
    return None if situation.debtor.reachable(channel) else Reason(*_ADDRESS[channel])


_NO_COLLECTING: Final = (
    "delete_records",
    "apply_payment",
    "bankruptcy_claim",
    "internal",
    "relief",
    "skip_validation_notice",
)


def collects(situation: Situation) -> bool:
    """Whether an act that reaches no debtor is meant to collect the debt."""
    return situation.docket.get("purpose") not in _NO_COLLECTING


def _fitting(rules: GateRules, action: ProposedAction, situation: Situation) -> tuple[Fitting, ...]:
    """The rules that may speak about such an action, whenever it is done."""
    spec, key = action.spec, action.key
    standing = (situation.places, situation.holds, situation.opted_out, situation.overrides)
    who = (situation.collector, situation.debtor.kind, spec.channel, situation.regulators, (key.step, key.slot))
    memo = (who, standing, prerequisites.settled_facts(situation.docket))
    try:
        fitting = rules.memo.get(memo)
    except TypeError:  # a value that no term can hold: nothing is remembered of it
        return _speaking(rules, who, situation)
    if fitting is None:
        fitting = _speaking(rules, who, situation)
        if len(rules.memo) >= FITS_KEPT:
            rules.memo.clear()
        rules.memo[memo] = fitting
    return fitting


Who: TypeAlias = tuple[Collector, PartyKind, Channel | None, frozenset[str], tuple[str, str]]


_SET_ASIDE: Final = (RuleKind.PRESUMPTION, RuleKind.REQUIREMENT)
"""What a person may set aside with a reason; prohibitions stand, and so do limits that no law wrote."""


def _speaking(rules: GateRules, who: Who, situation: Situation) -> tuple[Fitting, ...]:
    channel = who[2]
    return tuple(
        Fitting(rule, _open(rule.when), _open(rule.unless), _always(rule))
        for rule in rules
        if rule.offstage is (channel is None)
        and (rule.binds is EVERYBODY or rule.binds.fits(*who))
        and (not rule.place or may_be_in(situation.places, rule.place))
        and not (rule.id in situation.overrides and rule.kind in _SET_ASIDE)
        and not _silent(rule, channel, situation)
    )


def _open(questions: tuple[Question, ...]) -> tuple[Question, ...]:
    """Those of some questions whose answer may change."""
    return tuple(question for question in questions if not prerequisites.is_settled(question))


def _always(rule: GateRule) -> Limit | None:
    """What a rule that no law wrote asks on every day; `None` where that has to be looked up."""
    return None if rule.law or len(rule.values) != 1 else rule.values[0].limit


def _silent(rule: GateRule, channel: Channel | None, situation: Situation) -> bool:
    """Like `_settled`; a rule about which that cannot be said is asked, and refuses then."""
    try:
        return _settled(rule, channel, situation)
    except Exception:  # noqa: BLE001 - the gate fails closed, whatever went wrong inside a rule
        return False


def _settled(rule: GateRule, channel: Channel | None, situation: Situation) -> bool:
    """Whether a rule has nothing to say, at any time, while the settled facts are as they are."""
    for question in rule.when:
        if prerequisites.is_settled(question) and not is_true(question, situation, 0):
            return True
    for question in rule.unless:
        if prerequisites.is_settled(question) and is_true(question, situation, 0):
            return True
    return bool(rule.values) and all(_content(value.limit, channel, situation) for value in rule.values)


def _content(limit: Limit, channel: Channel | None, situation: Situation) -> bool:
    match limit:
        case BlockedPerson(reasons):
            return reasons.isdisjoint(situation.holds)
        case BlockedChannel():
            return channel not in situation.opted_out
        case KnownPlace():
            return bool(situation.places)
        case InconvenientTimes():
            return "inconvenient_times" not in situation.docket
        case InconvenientPlaces():
            return "inconvenient_places" not in situation.docket
        case RefusedAddress():
            return "refused_addresses" not in situation.docket
        case OpenChallenge():
            return "challenges" not in situation.docket
        case Prerequisites():
            return prerequisites.is_content(limit, situation)
        case Carries():
            return "carries" in situation.docket and prerequisites.carries(limit, situation) is None
        case _:
            return False


class _Heard(NamedTuple):
    """What the rules said: those that refuse, those that want to wait, and what they put on the message."""

    refusals: list[Reason]
    waits: list[Reason]
    duties: dict[str, str]
    """By item, the first rule that asks for it."""


def _hear(rules: Iterable[Fitting], channel: Channel | None, situation: Situation, now: Instant) -> _Heard:
    """What the rules say at an instant."""
    heard = _Heard([], [], {})
    for fitting in rules:
        answer = _ask(fitting, channel, situation, now)
        if answer is None:
            continue
        rule = fitting.rule
        if isinstance(answer, Wait):
            words = f"{rule.says}: {answer.words}" if answer.words else rule.says
            heard.waits.append(_reason(rule, words, answer.code, answer.until, situation, now))
        elif isinstance(answer, Refusal):
            words = f"{rule.says}: {answer.words}" if answer.words else rule.says
            heard.refusals.append(_reason(rule, words, answer.code, None, situation, now))
        else:
            for item in answer.items:
                heard.duties.setdefault(item, rule.id)
    return heard


def _reason(rule: GateRule, words: str, code: str, until: Instant | None, situation: Situation, now: Instant) -> Reason:
    """A rule's word with the facts that it looked at."""
    facts = _facts(rule, situation, now)
    return Reason(rule.id, words, rule.citation, until, rule.confidence, code or rule.code, rule.url, facts)


def _facts(rule: GateRule, situation: Situation, now: Instant) -> tuple[str, ...]:
    """What a rule looked at; nothing where that cannot be told, which is why it refused."""
    try:
        limit = rule.limit(now)
        return () if limit is None else evidence(limit, situation, now)
    except Exception:  # noqa: BLE001 - a reason without its facts is still a reason
        return ()


def _earliest(
    action: ProposedAction, situation: Situation, rules: tuple[Fitting, ...], now: Instant, reasons: list[Reason]
) -> Verdict:
    """Ask every rule again at the latest answer, until none moves it; rules that speak only later are added."""
    spoke = {reason.rule: reason for reason in reasons}
    instant = _latest(reasons, now)
    while instant - now <= HORIZON_DAYS * DAY_SECONDS:
        heard = _hear(rules, action.spec.channel, situation, instant)
        for reason in heard.waits:
            spoke.setdefault(reason.rule, reason)
        if heard.refusals:
            return Blocked(action, (*heard.refusals, *spoke.values()))
        if not heard.waits:
            return Deferred(action, instant, tuple(spoke.values()))
        later = _latest(heard.waits, instant)
        if later <= instant:
            stuck = Reason("gate/stuck", f"{heard.waits[0].rule} wants to wait and does not say for what")
            return Blocked(action, (stuck, *spoke.values()))
        instant = later
    far = Reason("gate/horizon", f"no lawful instant within {HORIZON_DAYS} days")
    return Blocked(action, (far, *spoke.values()))


def _latest(waits: Iterable[Reason], now: Instant) -> Instant:
    return max(reason.until or now for reason in waits)


def _ask(fitting: Fitting, channel: Channel | None, situation: Situation, now: Instant) -> Answer:
    """One rule's answer; a rule that cannot be asked refuses."""
    rule, when, unless, always = fitting
    try:
        for question in when:
            if not is_true(question, situation, now):
                return None
        for question in unless:
            if is_true(question, situation, now):
                return None
        limit = rule.limit(now) if always is None else always
        answer = None if limit is None else ANSWERS[type(limit)](limit, rule, channel, situation, now)
        if answer is None:
            return None
        match answer:
            case Wait(until):
                return answer._replace(until=rule.at_most(until, situation, now))
            case Refusal(words, code) if (again := rule.at_most(_NEVER, situation, now)) < _NEVER:
                return Wait(again, code, words)
            case _:
                return answer
    except Exception as error:  # noqa: BLE001 - the gate fails closed, whatever went wrong inside a rule
        return Refusal(f"the rule could not be asked ({type(error).__name__}: {error})")
