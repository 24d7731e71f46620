"""What reads right and does not work: steps that never come or always wait, empty threats, proof that nobody gives.

Everything here leaves a policy usable. Where something may be meant, nothing is said: who has read one wrong finding
reads none after it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Final

from dunning_engine.domain.actions import ActionSpec, ClimbOn
from dunning_engine.domain.limits import CONTACT_LIMIT, ContactLimit
from dunning_engine.domain.parties import Channel
from dunning_engine.kernel.diagnostics import Diagnostic, Severity
from dunning_engine.kernel.spans import Span, Unit
from dunning_engine.policy.law import BookLimits, heard
from dunning_engine.policy.lint_days import no_business_days
from dunning_engine.policy.model import AnchorKind, Cadence, Condition, Test
from dunning_engine.policy.reading import ACTION_KEYS, CONDITION_KEYS, Reading, conditions_of, on, warning

if TYPE_CHECKING:
    from dunning_engine.kernel.diagnostics import Place
    from dunning_engine.policy.document import StepDraft
    from dunning_engine.policy.source import Path

POST: Final = 4
"""Days that a letter may take: who gets one has a deadline of less only by accident."""

PROVEN: Final[dict[tuple[Channel | None, bool], frozenset[str]]] = {
    (Channel.EMAIL, False): frozenset({"delivered", "opened", "answered"}),
    (Channel.SMS, False): frozenset({"answered"}),
    (Channel.PUSH, False): frozenset({"delivered", "opened"}),
    (Channel.PORTAL, False): frozenset({"opened", "answered"}),
    (Channel.CALL, False): frozenset({"delivered", "answered"}),
    (Channel.LETTER, False): frozenset({"answered"}),
    (Channel.LETTER, True): frozenset({"delivered", "answered"}),
    (None, False): frozenset({"delivered"}),
}
"""What each channel (certified or not) can prove beyond having been sent; nothing is said of one that is not listed."""

EVERYTHING: Final = frozenset({"delivered", "opened", "answered"})


# What steps are made of -----------------------------------------------------------------------------------------------


def _contacts(step: StepDraft) -> list[ActionSpec]:
    """The first choice of each contact of a step."""
    return [choice[0] for choice in (*step.send, *step.call) if choice[0].channel is not None]


def _ways(step: StepDraft) -> list[ActionSpec]:
    return [spec for choice in (*step.send, *step.call) for spec in choice]


def _verbs(step: StepDraft) -> frozenset[str]:
    return frozenset(key for key in ACTION_KEYS if getattr(step, key, ()))


def _least(span: Span) -> int:
    """The fewest calendar days that a span takes."""
    match span.unit:
        case Unit.WEEK:
            return 7 * span.count
        case Unit.MONTH:
            return 28 * span.count
        case _:
            return span.count


def _most(span: Span) -> int:
    """The most calendar days that a span takes, weekends and a holiday or two included."""
    match span.unit:
        case Unit.WEEK:
            return 7 * span.count
        case Unit.MONTH:
            return 31 * span.count
        case Unit.BUSINESS_DAY:
            return span.count + 2 * (span.count // 5 + 1) + 2
        case _:
            return span.count


def _surely_shorter(one: Span, other: Span) -> bool:
    return one.count < other.count if one.unit is other.unit else _most(one) < _least(other)


def _conditional(step: StepDraft) -> bool:
    return bool(step.only_if or step.only_if_any or step.unless)


# Ultimatums -----------------------------------------------------------------------------------------------------------


def only_messages_follow(reading: Reading) -> Iterator[Diagnostic]:
    """An ultimatum after which the ladder writes on as if nothing had been said.

    One that ends the ladder is none of these: its text says that rights are reserved, and no more.
    """
    for number, step in enumerate(reading.steps):
        later = reading.steps[number + 1 :]
        if step.deadline is None or not later:
            continue
        if all(_verbs(other) == {"send"} and other.deadline is None for other in later):
            message = f'nothing but messages follows when the deadline of "{step.step}" expires: the ultimatum is empty'
            yield warning("DUN405", message, reading.source.place(on(number, "deadline")))


def endless(reading: Reading) -> Iterator[Diagnostic]:
    """The last step repeated for ever."""
    for number, step in list(enumerate(reading.steps))[-1:]:
        cadence = step.cadence
        if _conditional(step) or (step.when is not None and step.when.before_or_on_due):
            continue
        if cadence is not None and cadence.times is None:
            message = f'no step follows, so this goes on until the debtor pays: write "{_bounded(cadence)}"'
            yield Diagnostic("DUN406", message, reading.source.place(on(number, "cadence")), Severity.NOTE)


def leads_nowhere(reading: Reading) -> Iterator[Diagnostic]:
    """A long ladder that writes and calls to the end, sets no deadline, and then leaves the debt to nobody."""
    steps = reading.steps
    if len(steps) < LONG or any(path[:1] == ("steps",) for path in reading.reported):
        return
    if all(_verbs(step) <= _WORDS and step.deadline is None for step in steps):
        message = "nothing comes after this step and nobody is told: let the staff know, or set a deadline"
        yield Diagnostic("DUN371", message, reading.source.place(on(len(steps) - 1, "step")), Severity.NOTE)


LONG: Final = 4
"""Steps of a ladder that means to go somewhere; shorter ones are reminders."""

_WORDS: Final = frozenset({"send", "call", "charge"})


def _bounded(cadence: Cadence) -> str:
    return f"every {cadence.every} up to 6 times"


def no_ultimatum(reading: Reading) -> Iterator[Diagnostic]:
    """Households handed to an agency without having been told."""
    consumers = any(c.test is Test.DEBTOR_KIND and c.value == "consumer" for c in reading.draft.applies_to)
    for number, step in enumerate(reading.steps):
        warned = any(not reading.lacks(*on(above, "deadline")) for above in range(number))
        if consumers and step.hand_off and not warned:
            message = f'"{step.step}" hands a household to an agency that no step above has threatened with a deadline'
            yield warning("DUN407", message, reading.source.place(on(number, "hand_off")))


def within_the_post(reading: Reading) -> Iterator[Diagnostic]:
    """A deadline that is over when the letter arrives."""
    for number, step in enumerate(reading.steps):
        if step.deadline is None or _most(step.deadline) > POST or step.climb_on is ClimbOn.DELIVERED:
            continue
        if any(spec.channel is Channel.LETTER and not _waits(step, spec) for spec in _contacts(step)):
            message = (
                f"a letter may take {POST} days, and this deadline counts from its sending: it may be over when the "
                "letter arrives"
            )
            yield warning("DUN408", message, reading.source.place(on(number, "deadline")))


def _waits(step: StepDraft, spec: ActionSpec) -> bool:
    """Whether the deadline counts from the delivery."""
    return spec.certified and step.climb_on is None


# Limits and gaps ------------------------------------------------------------------------------------------------------


def always_deferred(reading: Reading, limits: BookLimits) -> Iterator[Diagnostic]:
    """Contacts of one step, its repetitions or the step before that no limit lets through in time."""
    own = [limit for limit in reading.draft.contact_limits if isinstance(limit, ContactLimit)]
    known = [(f'"{CONTACT_LIMIT.show(limit)}"', limit) for limit in own]
    known += [
        (f"a limit of {name}", limit) for name, limit in heard(reading.draft, limits) if isinstance(limit, ContactLimit)
    ]
    for number, step in enumerate(reading.steps):
        for words, limit in known:
            if message := _too_many(reading, number, step, limit):
                yield warning("DUN409", f"{message}: {words} always defers one", _where(reading, number, step))
                break


def _where(reading: Reading, number: int, step: StepDraft) -> Place:
    return reading.source.place(on(number, "cadence" if step.cadence is not None else "when"))


def _too_many(reading: Reading, number: int, step: StepDraft, limit: ContactLimit) -> str:
    mine = _counted(step, limit)
    if not mine:
        return ""
    if mine > limit.count:
        return f"this step makes {mine} contacts at once"
    if step.cadence is not None:
        every = _most(step.cadence.every)
        times = min(step.cadence.times or limit.days, (limit.days - 1) // every + 1)
        if mine * times > limit.count:
            return f"this step makes {mine * times} contacts within {(times - 1) * every + 1} days"
    before = _right_before(reading, number)
    if before is None or step.when is None or step.when.span is None:
        return ""
    together = mine + _counted(before, limit)
    if _most(step.when.span) < limit.days and _counted(before, limit) and together > limit.count:
        return f"with the step before this one makes {together} contacts within {_most(step.when.span) + 1} days"
    return ""


def _counted(step: StepDraft, limit: ContactLimit) -> int:
    """How many contacts of a step a limit counts."""
    if limit.counted or limit.uncounted or limit.lines or limit.since_conversation or limit.unanswered:
        return 0
    return sum(not limit.channels or spec.channel in limit.channels for spec in _contacts(step))


def _right_before(reading: Reading, number: int) -> StepDraft | None:
    """The step above that a step counts from, where that one is always taken."""
    step = reading.steps[number]
    above = reading.steps[number - 1] if number else None
    if above is None or step.when is None or above.cadence is not None or _conditional(above):
        return None
    follows = step.when.kind is AnchorKind.AFTER_PREVIOUS
    follows |= step.when.kind is AnchorKind.AFTER_STEP and step.when.step == above.step
    return above if follows else None


def closer_than_gap(reading: Reading) -> Iterator[Diagnostic]:
    """Steps and repetitions that name a day which `min_gap` never lets them keep."""
    gap = reading.draft.min_gap
    if reading.lacks("min_gap"):
        return
    for number, step in enumerate(reading.steps):
        if not _contacts(step):
            continue
        if step.cadence is not None and _surely_shorter(step.cadence.every, gap):
            message = f"contacts are at least {gap} apart: the repetition waits for that each time"
            yield warning("DUN410", message, reading.source.place(on(number, "cadence")))
        before = _right_before(reading, number)
        if before is None or not _contacts(before) or step.when is None or step.when.span is None:
            continue
        if _surely_shorter(step.when.span, gap):
            message = f"contacts are at least {gap} apart: this step always comes later than it says"
            yield warning("DUN410", message, reading.source.place(on(number, "when")))


# Days -----------------------------------------------------------------------------------------------------------------


def passed_already(reading: Reading) -> Iterator[Diagnostic]:
    """Steps whose day lies before that of a step above, which is taken first."""
    latest: dict[AnchorKind, tuple[Span, StepDraft]] = {}
    for number, when in reading.anchors():
        step = reading.steps[number]
        if when.span is None or when.kind not in (AnchorKind.BEFORE_DUE, AnchorKind.AFTER_DUE, AnchorKind.AFTER_ISSUE):
            continue
        known = latest.get(when.kind)
        ahead = when.kind is AnchorKind.BEFORE_DUE
        if known is not None and _surely_shorter(*((known[0], when.span) if ahead else (when.span, known[0]))):
            late = "it may never be taken" if ahead else "it always comes later than it says"
            message = f'"{known[1].step}" above has a later day and is taken first: {late}'
            yield warning("DUN411", message, reading.source.place(on(number, "when")))
        elif not _conditional(step):
            latest[when.kind] = (when.span, step)


# Conditions -----------------------------------------------------------------------------------------------------------


def too_early(reading: Reading) -> Iterator[Diagnostic]:
    """Conditions about overdue debts in a step that is over when the first one is."""
    for number, when in reading.anchors():
        step = reading.steps[number]
        if not when.before_or_on_due:
            continue
        for key, conditions in (("only_if", step.only_if), ("only_if_any", step.only_if_any)):
            late = [at for at, c in enumerate(conditions) if c.test is Test.DAYS_OVERDUE]
            if late and (key == "only_if" or len(late) == len(conditions)):
                message = "nothing is overdue yet when this step is taken: the condition never holds"
                yield warning("DUN412", message, reading.source.place(on(number, key, late[0])))


def out_of_reach(reading: Reading) -> Iterator[Diagnostic]:
    """Steps that wait for a balance which their own conditions exclude."""
    for number, when in reading.anchors():
        if when.kind is not AnchorKind.BALANCE_REACHES or when.amount is None:
            continue
        for at, condition in enumerate(reading.steps[number].only_if):
            below = condition.test is Test.BALANCE and condition.below and condition.amount is not None
            if below and condition.amount is not None and condition.amount.units <= when.amount.units:
                message = "the step waits for a higher balance than this condition allows: it is never taken"
                yield warning("DUN413", message, reading.source.place(on(number, "only_if", at)))


def never_proposed(reading: Reading) -> Iterator[Diagnostic]:
    """Questions about a proposal that no step has made by then."""
    made: set[str] = set()
    for number, step in enumerate(reading.steps):
        for path, condition in conditions_of(number, step):
            if condition.test is Test.PROPOSAL_UNANSWERED and not made & (
                {condition.value} if condition.value else made
            ):
                message = f"no step above proposes {condition.value or 'anything'}: nobody can leave it unanswered"
                yield warning("DUN416", message, reading.source.place(path))
        made.update(spec.topic for choice in step.propose for spec in choice)


def unproven(reading: Reading) -> Iterator[Diagnostic]:
    """Proofs and outcomes that none of a step's channels can give, and steps that wait for such proof of their own."""
    for path, name, outcome in _asked(reading):
        step = next((s for s in reading.steps if s.step == name), None)
        if step is not None and step.send + step.call + step.hand_off and outcome not in _provable(step):
            message = f'"{name}" is {_listed(step)}, which never counts as {outcome}'
            yield warning("DUN414", message, reading.source.place(path))
    for number, step in enumerate(reading.steps):
        if step.climb_on is ClimbOn.DELIVERED and _ways(step) and "delivered" not in _provable(step):
            message = f"{_listed(step)} never counts as delivered: no later step can count from this one"
            yield warning("DUN414", message, reading.source.place(on(number, "climb_on")))


def _asked(reading: Reading) -> Iterator[tuple[Path, str, str]]:
    """Where a step asks for more of another one than that it was sent, or came back."""
    for number, step in enumerate(reading.steps):
        for at, proof in enumerate(step.requires):
            if proof.outcome in EVERYTHING:
                yield on(number, "requires", at), proof.step, proof.outcome
        for key in CONDITION_KEYS:
            conditions: tuple[Condition, ...] = getattr(step, key)
            for at, condition in enumerate(conditions):
                if condition.test is Test.STEP_OUTCOME and condition.value in EVERYTHING:
                    yield on(number, key, at), condition.name, condition.value


def _provable(step: StepDraft) -> frozenset[str]:
    specs = [*_ways(step), *(spec for choice in step.hand_off for spec in choice)]
    return frozenset().union(*(PROVEN.get((spec.channel, spec.certified), EVERYTHING) for spec in specs))


def _listed(step: StepDraft) -> str:
    ways = dict.fromkeys("an agency" if s.channel is None else f"{_article(s)} {s.channel.value}" for s in _ways(step))
    return " and ".join(ways) or "a hand-off"


def _article(spec: ActionSpec) -> str:
    return "an" if spec.channel in (Channel.EMAIL, Channel.SMS) else "a"


CHECKS: Final[tuple[Callable[[Reading], Iterable[Diagnostic]], ...]] = (
    only_messages_follow,
    endless,
    leads_nowhere,
    no_ultimatum,
    within_the_post,
    closer_than_gap,
    passed_already,
    too_early,
    out_of_reach,
    never_proposed,
    unproven,
    no_business_days,
)


def lint(reading: Reading, limits: BookLimits) -> Iterator[Diagnostic]:
    """Everything that reads right and does not work."""
    for check in CHECKS:
        yield from check(reading)
    yield from always_deferred(reading, limits)
