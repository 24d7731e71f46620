"""What a policy test expects of a day: a closed grammar of phrases, and the same values for what really happened."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from enum import Enum
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from dunning_engine.decision.aftermath import makes_good
from dunning_engine.decision.bookkeeping import ALLOWANCES
from dunning_engine.decision.words import Word
from dunning_engine.domain.case import CaseStatus
from dunning_engine.domain.events import ActionBlocked, ActionCleared, ActionDeferred, Event, StatusChanged
from dunning_engine.domain.verbs import CORRECTIONS, VERBS, Do
from dunning_engine.kernel.calendar import iso, local_day
from dunning_engine.kernel.grammar import Form, Grammar, Slot
from dunning_engine.kernel.money import Money
from dunning_engine.kernel.slots import AMOUNT, DATE, NAME, TIME
from dunning_engine.policy.charges import ChargeWord
from dunning_engine.policy.model import Stop
from dunning_engine.policy.phrases_actions import BUNDLES, TOPICS
from dunning_engine.policy.phrases_money import CHARGE

if TYPE_CHECKING:
    from dunning_engine.decision.decision import Decision
    from dunning_engine.domain.actions import ActionSpec, ProposedAction
    from dunning_engine.kernel.calendar import Day, Instant, Minute
    from dunning_engine.policy.model import Policy


class Kind(Enum):
    """What happened to a case or an action."""

    DONE = "done"
    BLOCKED = "blocked"
    DEFERRED = "deferred"
    CLOSED = "closed"
    PAUSED = "paused"
    RESUMED = "resumed"
    REOPENED = "reopened"
    NOTHING = "nothing"
    OWED = "owed"
    PRINCIPAL = "principal"
    FEES = "fees"
    INTEREST = "interest"
    CREDIT = "credit"
    STANDS = "stands"


@dataclass(frozen=True, slots=True)
class Wish:
    """An action as tests name it; without an invoice it also stands for the same action with one."""

    words: str
    with_invoice: bool = False


@dataclass(frozen=True, slots=True)
class Expectation:
    """Something on one day: `wish` for actions, `to` for deferrals, `why` for closings.

    `at` is the minute of the debtor's clock at which an action goes out and `over` what it asks for, where a test says
    so; `over` is the sum itself where a day is asked what is owed at its end.
    """

    kind: Kind
    wish: Wish | None = None
    to: date | None = None
    why: str = ""
    at: Minute | None = None
    over: Decimal | None = None

    def fits(self, seen: Expectation) -> bool:
        """Whether this is met by something that happened; what is not said of an action may be anything."""
        if self.wish is None or seen.wish is None:
            return self == seen
        return (
            (self.kind, self.to, self.wish.words) == (seen.kind, seen.to, seen.wish.words)
            and self.wish.with_invoice <= seen.wish.with_invoice
            and self.at in (None, seen.at)
            and self.over in (None, seen.over)
        )  # fmt: skip

    def plain(self) -> Expectation:
        """The action alone, without its hour and sum."""
        return replace(self, at=None, over=None)

    def __str__(self) -> str:
        return EXPECTATION.show(self)


NOTHING: Final = Expectation(Kind.NOTHING)

SUMS: Final = (Kind.OWED, Kind.PRINCIPAL, Kind.FEES, Kind.INTEREST, Kind.CREDIT)
"""Sums at the end of a day: all that the debtor is asked for, its parts, and what they have paid too much."""

STATES: Final = (*SUMS, Kind.STANDS)
"""What is asked of the end of a day, and not of what happened on it."""


@dataclass(frozen=True, slots=True)
class Seen:
    """Something that happened, with the decision that made it happen and the action that it is about."""

    day: Day
    what: Expectation
    decision: Decision | None = None
    action: ProposedAction | None = None


NO_ZONES: Final[Mapping[str, str]] = MappingProxyType({})


def wish_of(spec: ActionSpec) -> Wish:
    """An action of a policy as tests name it."""
    return Wish(spec.words.removeprefix("hand off "), spec.with_invoice)


def wishes(policy: Policy) -> dict[Wish, tuple[str, ...]]:
    """Every action that a policy can ask for, with the names of its steps."""
    steps: dict[Wish, tuple[str, ...]] = {}
    for step in policy.steps:
        for choice in step.actions:
            for spec in (following for asked in choice for following in (asked, *makes_good(asked))):
                wish = wish_of(spec)
                for name in {wish, Wish(wish.words)}:
                    steps[name] = tuple(dict.fromkeys((*steps.get(name, ()), step.name)))
    if policy.discounts or any(step.offers for step in policy.steps):
        steps |= {Wish(f"{verb} {what}"): () for verb in ("allow", "withdraw") for what in ALLOWANCES}
    return steps


def watch(decisions: Iterable[Decision], zone: str, zones: Mapping[str, str] = NO_ZONES) -> list[Seen]:
    """What happened in a simulated world, in order of time; days are those of the zone, hours those of each debtor."""
    return [
        Seen(local_day(decision.at, zone), what, decision, getattr(event, "action", None))
        for decision in decisions
        for event in decision.events
        for what in _seen(event, decision.at, zone, zones.get(decision.case_id, zone))
    ]


def compare(
    expected: Sequence[Expectation], seen: Sequence[Seen]
) -> tuple[list[Expectation], list[Seen], list[Expectation]]:
    """What is missing from a day, what was not expected, and what came as expected."""
    missing, met, rest = [], [], list(seen)
    for expectation in expected:
        found = next((one for one in rest if expectation.fits(one.what)), None)
        if found is None:
            missing.append(expectation)
        else:
            rest.remove(found)
            met.append(expectation)
    return missing, rest, met


def _seen(event: Event, at: Instant, zone: str, debtors: str) -> Iterator[Expectation]:
    match event:
        case ActionCleared(action):
            clock = iso(at, debtors)
            sum_ = Money.of_minor(action.amount, action.currency).amount
            yield Expectation(Kind.DONE, wish_of(action.spec), at=int(clock[11:13]) * 60 + int(clock[14:16]), over=sum_)
        case ActionBlocked(action):
            yield Expectation(Kind.BLOCKED, wish_of(action.spec))
        case ActionDeferred(action, until):
            yield Expectation(Kind.DEFERRED, wish_of(action.spec), date.fromordinal(local_day(until, zone)))
        case StatusChanged(status=CaseStatus.CLOSED.value, why=why):
            yield Expectation(Kind.CLOSED, why=why)
        case StatusChanged(trigger="pause"):
            yield Expectation(Kind.PAUSED)
        case StatusChanged(trigger="resume"):
            yield Expectation(Kind.RESUMED)
        case StatusChanged(trigger="reopen"):
            yield Expectation(Kind.REOPENED)
        case _:
            pass


# The grammar ----------------------------------------------------------------------------------------------------------


def _wish(pattern: str, example: str, *, invoice: bool = False, told: bool = True) -> Form[Wish]:
    """A form whose only slot is a template, script or agency; `told` is False for a spelling that is never printed."""
    words = pattern.removeprefix("hand off ").removesuffix(" {name}")

    def take(wish: Wish) -> Mapping[str, Any] | None:
        head, _, name = wish.words.rpartition(" ")
        return {"name": name} if told and head == words and wish.with_invoice is invoice else None

    slot = Slot(NAME.name, NAME.regex, NAME.parse, NAME.show, example)
    return Form(
        f"{pattern} with invoice" if invoice else pattern,
        slots={"name": slot},
        make=lambda name: Wish(f"{words} {name}", invoice),
        take=take,
    )


def _sent(pattern: str, example: str, *, invoice: bool = False) -> Iterator[Form[Wish]]:
    """A message or call to the debtor, and the same one to somebody else."""
    yield _wish(pattern, example, invoice=invoice)
    words = pattern.removesuffix(" {name}")

    def take(wish: Wish) -> Mapping[str, Any] | None:
        start, told, to = wish.words.rpartition(" to ")
        head, _, name = start.rpartition(" ")
        return {"name": name, "to": to} if told and head == words and wish.with_invoice is invoice else None

    yield Form(
        f"{pattern} with invoice to {{to}}" if invoice else f"{pattern} to {{to}}",
        slots={"name": replace(NAME, example=example), "to": replace(NAME, example="manager")},
        make=lambda name, to: Wish(f"{words} {name} to {to}", invoice),
        take=take,
    )


_EXAMPLES: Final[Mapping[Do, str]] = MappingProxyType({
    Do.RETRY: "payment", Do.RESTRICT: "service", Do.RESTORE: "service", Do.NOTIFY: "collections",
    Do.REPORT: "experian", Do.RECALL: "acme-recovery", Do.WRITE_OFF: "balance", Do.HOST: "cancel-subscription",
})  # fmt: skip
"""Verbs whose words have a name and nothing else, with one."""


def _proposed(topic: str, way: str) -> Form[Wish]:
    return _wish(f"propose {topic} by {way} {{name}}", f"{topic}-proposal")


def _fixed(words: str) -> Form[Wish]:
    return Form(words, make=lambda: Wish(words), take=lambda wish: {} if wish == Wish(words) else None)


def _about(pattern: str, example: str) -> Form[Wish]:
    """A form with its name somewhere inside."""
    start, _, end = pattern.partition("{name}")

    def take(wish: Wish) -> Mapping[str, Any] | None:
        fits = wish.words.startswith(start) and wish.words.endswith(end)
        return {"name": wish.words.removeprefix(start).removesuffix(end)} if fits else None

    return Form(
        pattern,
        slots={"name": Slot(NAME.name, NAME.regex, NAME.parse, NAME.show, example)},
        make=lambda name: Wish(f"{start}{name}{end}"),
        take=take,
    )


def _charged(verb: str) -> Form[Wish]:
    """A charge, or what became of it, by its phrase."""

    def take(wish: Wish) -> Mapping[str, Any] | None:
        what = CHARGE.parse(wish.words.removeprefix(f"{verb} ")) if wish.words.startswith(f"{verb} ") else None
        return {"what": what} if isinstance(what, ChargeWord) else None

    return Form(
        f"{verb} {{what}}",
        slots={"what": Slot.of(CHARGE)},
        make=lambda what: Wish(f"{verb} {CHARGE.show(what)}"),
        take=take,
    )


WISH: Grammar[Wish] = Grammar(
    "an action",
    (
        *_sent("email {name}", "reminder"),
        *_sent("email {name}", "reminder", invoice=True),
        *_sent("sms {name}", "nudge"),
        *_sent("push {name}", "nudge"),
        *_sent("portal {name}", "notice"),
        *_sent("call {name}", "reminder-script"),
        *_sent("letter {name}", "final-demand"),
        *_sent("letter {name}", "final-demand", invoice=True),
        *_sent("certified letter {name}", "final-demand"),
        *_sent("certified letter {name}", "final-demand", invoice=True),
        *(_proposed(topic, way) for topic in TOPICS for way in ("email", "letter", "certified letter")),
        *(_wish(VERBS[do].words, example) for do, example in _EXAMPLES.items()),
        *(_fixed(f"prepare {bundle}") for bundle in BUNDLES),
        *(_about(f"correct bureau {{name}} as {how}", "experian") for how in CORRECTIONS),
        *(_charged(verb) for verb in ("charge", "reverse", "reinstate")),
        *(_fixed(f"{verb} {what}") for verb in ("allow", "withdraw") for what in ALLOWANCES),
        _about("tell agency {name} of payment", "acme-recovery"),
        _wish("agency {name}", "acme-recovery"),
        _wish("hand off agency {name}", "acme-recovery", told=False),
    ),
)
WISH_SLOT: Slot[Wish] = Slot.of(WISH, example="email reminder")


def _of_action(kind: Kind, pattern: str) -> Form[Expectation]:
    return Form(
        pattern,
        slots={"wish": WISH_SLOT},
        make=lambda wish: Expectation(kind, wish),
        take=lambda one: {"wish": one.wish} if one == Expectation(kind, one.wish) else None,
    )


_DETAILS: Final[Mapping[str, Slot[Any]]] = MappingProxyType({"at": TIME, "over": AMOUNT})


def _detailed(pattern: str) -> Form[Expectation]:
    """An action with its hour, its sum or both."""
    said = {name: slot for name, slot in _DETAILS.items() if f"{{{name}}}" in pattern}

    def take(one: Expectation) -> Mapping[str, Any] | None:
        fields = {name: getattr(one, name) for name in _DETAILS if getattr(one, name) is not None}
        return {"wish": one.wish, **fields} if one.kind is Kind.DONE and fields.keys() == said.keys() else None

    return Form(
        pattern,
        slots={"wish": WISH_SLOT, **said},
        make=lambda wish, **fields: Expectation(Kind.DONE, wish, **fields),
        take=take,
    )


def _sum(kind: Kind) -> Form[Expectation]:
    return Form(
        f"{kind.value} {{over}}",
        slots={"over": AMOUNT},
        make=lambda over: Expectation(kind, over=over),
        take=lambda one: {"over": one.over} if one.kind is kind else None,
    )


def _constant(pattern: str, value: Expectation) -> Form[Expectation]:
    return Form(pattern, make=lambda: value, take=lambda one: {} if one == value else None)


EXPECTATION: Grammar[Expectation] = Grammar(
    "an expectation",
    (
        _of_action(Kind.DONE, "{wish}"),
        _detailed("{wish} at {at}"),
        _detailed("{wish} over {over}"),
        _detailed("{wish} at {at} over {over}"),
        _of_action(Kind.BLOCKED, "blocked {wish}"),
        Form(
            "deferred {wish} to {to}",
            slots={"wish": WISH_SLOT, "to": DATE},
            make=lambda wish, to: Expectation(Kind.DEFERRED, wish, to),
            take=lambda one: {"wish": one.wish, "to": one.to} if one.kind is Kind.DEFERRED else None,
        ),
        *(_constant(f"closed as {stop.value}", Expectation(Kind.CLOSED, why=stop.value)) for stop in Stop),
        _constant("closed as written off", Expectation(Kind.CLOSED, why="written off")),
        *(_constant(kind.value, Expectation(kind)) for kind in (Kind.PAUSED, Kind.RESUMED, Kind.REOPENED)),
        _constant("nothing", NOTHING),
        *(_sum(kind) for kind in SUMS),
        *(_constant(f"stands {word.value}", Expectation(Kind.STANDS, why=word.value)) for word in Word),
    ),
)
"""The phrases of `expect`; `parse(show(x)) == x` as everywhere."""
