"""What a policy test expects of a day: a closed grammar of phrases, and the same values for what really happened."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import Enum
from typing import TYPE_CHECKING, Any, Final

from dunning_engine.domain.case import CaseStatus
from dunning_engine.domain.events import ActionBlocked, ActionCleared, ActionDeferred, Event, StatusChanged
from dunning_engine.kernel.calendar import local_day
from dunning_engine.kernel.grammar import DATE, NAME, Form, Grammar, Slot
from dunning_engine.policy.model import Stop

if TYPE_CHECKING:
    from dunning_engine.decision.decision import Decision
    from dunning_engine.domain.actions import ActionSpec, ProposedAction
    from dunning_engine.kernel.calendar import Day
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


@dataclass(frozen=True, slots=True)
class Wish:
    """An action as tests name it; without an invoice it also stands for the same action with one."""

    words: str
    with_invoice: bool = False


@dataclass(frozen=True, slots=True)
class Expectation:
    """Something on one day: `wish` for actions, `to` for deferrals, `why` for closings."""

    kind: Kind
    wish: Wish | None = None
    to: date | None = None
    why: str = ""

    def fits(self, seen: Expectation) -> bool:
        """Whether this is met by something that happened."""
        if self.wish is None or seen.wish is None:
            return self == seen
        return (
            (self.kind, self.to, self.wish.words) == (seen.kind, seen.to, seen.wish.words)
            and self.wish.with_invoice <= seen.wish.with_invoice
        )  # fmt: skip

    def __str__(self) -> str:
        return EXPECTATION.show(self)


NOTHING: Final = Expectation(Kind.NOTHING)


@dataclass(frozen=True, slots=True)
class Seen:
    """Something that happened, with the decision that made it happen and the action that it is about."""

    day: Day
    what: Expectation
    decision: Decision
    action: ProposedAction | None = None


def wish_of(spec: ActionSpec) -> Wish:
    """An action of a policy as tests name it."""
    return Wish(spec.words.removeprefix("hand off "), spec.with_invoice)


def wishes(policy: Policy) -> dict[Wish, tuple[str, ...]]:
    """Every action that a policy can ask for, with the names of its steps."""
    steps: dict[Wish, tuple[str, ...]] = {}
    for step in policy.steps:
        for choice in step.actions:
            for spec in choice:
                wish = wish_of(spec)
                for name in {wish, Wish(wish.words)}:
                    steps[name] = tuple(dict.fromkeys((*steps.get(name, ()), step.name)))
    return steps


def watch(decisions: Iterable[Decision], zone: str) -> list[Seen]:
    """What happened in a simulated world, in order of time; days are those of the zone."""
    return [
        Seen(local_day(decision.at, zone), what, decision, getattr(event, "action", None))
        for decision in decisions
        for event in decision.events
        for what in _seen(event, zone)
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


def _seen(event: Event, zone: str) -> Iterator[Expectation]:
    match event:
        case ActionCleared(action):
            yield Expectation(Kind.DONE, wish_of(action.spec))
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


WISH: Grammar[Wish] = Grammar(
    "an action",
    (
        _wish("email {name}", "reminder"),
        _wish("email {name}", "reminder", invoice=True),
        _wish("sms {name}", "nudge"),
        _wish("call {name}", "reminder-script"),
        _wish("letter {name}", "final-demand"),
        _wish("letter {name}", "final-demand", invoice=True),
        _wish("certified letter {name}", "final-demand"),
        _wish("certified letter {name}", "final-demand", invoice=True),
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
        take=lambda one: {"wish": one.wish} if one.kind is kind else None,
    )


def _constant(pattern: str, value: Expectation) -> Form[Expectation]:
    return Form(pattern, make=lambda: value, take=lambda one: {} if one == value else None)


EXPECTATION: Grammar[Expectation] = Grammar(
    "an expectation",
    (
        _of_action(Kind.DONE, "{wish}"),
        _of_action(Kind.BLOCKED, "blocked {wish}"),
        Form(
            "deferred {wish} to {to}",
            slots={"wish": WISH_SLOT, "to": DATE},
            make=lambda wish, to: Expectation(Kind.DEFERRED, wish, to),
            take=lambda one: {"wish": one.wish, "to": one.to} if one.kind is Kind.DEFERRED else None,
        ),
        *(_constant(f"closed as {stop.value}", Expectation(Kind.CLOSED, why=stop.value)) for stop in Stop),
        *(_constant(kind.value, Expectation(kind)) for kind in (Kind.PAUSED, Kind.RESUMED, Kind.REOPENED)),
        _constant("nothing", NOTHING),
    ),
)
"""The phrases of `expect`; `parse(show(x)) == x` as everywhere."""
