"""What the law wants known before an act: facts on the docket, answers to disputes, notices that have stood.

A question is answered with true, false, or unknown; or with the instant from which on it will be true. What a rule
needs and nobody knows refuses, and the answer names the fact.
"""

from __future__ import annotations

from calendar import isleap
from datetime import date
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from dunning_engine.compliance.situation import Answer, Duty, Refusal, Situation, Wait
from dunning_engine.domain.docket import TERMS, Sort
from dunning_engine.domain.questions import Op, Question, Unit
from dunning_engine.kernel.calendar import Instant, day_start, local_day

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from dunning_engine.domain.docket import Challenge, Docket, Notice
    from dunning_engine.domain.limits import BureauNotice, Carries, Prerequisites
    from dunning_engine.kernel.calendar import Day

Truth: TypeAlias = bool | Wait | None
"""True, false, unknown, or true from an instant on."""


def holds(question: Question, situation: Situation, now: Instant) -> Truth:
    """The answer to a question at an instant; what has not happened yet is unknown."""
    return _ANSWERS[question.op](question, _known(question.fact, situation, now), situation, now)


def is_true(question: Question, situation: Situation, now: Instant) -> bool:
    """Whether a question is answered with yes, now; for what sets a rule in motion or silences it."""
    return holds(question, situation, now) is True


def _known(fact: str, situation: Situation, now: Instant) -> Any:
    """A fact's value; `None` where nobody knows it, or where it has not happened yet."""
    value: Any = situation.docket.get(fact)
    return None if value is not None and TERMS[fact].sort is Sort.HAPPENED and value > now else value


def turn(question: Question, situation: Situation, now: Instant) -> Instant | None:
    """The next instant at which the answer becomes another one by the course of time alone; mostly there is none."""
    value: Any = situation.docket.get(question.fact)
    if value is None:
        return None
    if TERMS[question.fact].sort is Sort.HAPPENED and value > now:
        at = value
    elif question.op is Op.WITHIN and question.unit is Unit.MINUTES:
        at = value + question.count * 60 + 1
    elif question.op in (Op.OVER, Op.RUNS):
        at = day_start(value + 1, situation.zone)
    elif question.op in (Op.WITHIN, Op.WAITED):
        at = day_start(_free(question, value, situation), situation.zone)
    else:
        return None
    return at if at > now else None


def _word(value: Any) -> Any:
    return ("yes" if value else "no") if isinstance(value, bool) else value


def _is(question: Question, value: Any, _situation: Situation, _now: Instant) -> Truth:
    return None if value is None else _word(value) in question.words


def _is_not(question: Question, value: Any, _situation: Situation, _now: Instant) -> Truth:
    return None if value is None else _word(value) not in question.words


def _includes(question: Question, value: Any, _situation: Situation, _now: Instant) -> Truth:
    return None if value is None else value.issuperset(question.words)


def _holds_only(question: Question, value: Any, _situation: Situation, _now: Instant) -> Truth:
    return None if value is None else value.issubset(question.words)


def _within(question: Question, value: Any, situation: Situation, now: Instant) -> Truth:
    if value is None:
        return None
    if question.unit is Unit.MINUTES:
        return bool(now - value <= question.count * 60)
    return local_day(now, situation.zone) - local_day(value, situation.zone) < question.count


def _over(_question: Question, value: Any, situation: Situation, now: Instant) -> Truth:
    if value is None:
        return None
    return local_day(now, situation.zone) > value or Wait(day_start(value + 1, situation.zone))


def _runs(_question: Question, value: Any, situation: Situation, now: Instant) -> Truth:
    return None if value is None else local_day(now, situation.zone) <= value


def _waited(question: Question, value: Any, situation: Situation, now: Instant) -> Truth:
    if value is None:
        return None
    free = _free(question, value, situation)
    return local_day(now, situation.zone) >= free or Wait(day_start(free, situation.zone))


def _free(question: Question, value: Instant, situation: Situation) -> Day:
    """The first day on which the days or years since something happened are over."""
    day = local_day(value, situation.zone)
    return day + question.count if question.unit is Unit.DAYS else years_after(day, question.count) + 1


def years_after(day: Day, years: int) -> Day:
    """The same day some years later; 29 February is 28 February where the year has none."""
    then = date.fromordinal(day)
    leaps = (then.month, then.day) == (2, 29) and not isleap(then.year + years)
    return then.replace(year=then.year + years, day=28 if leaps else then.day).toordinal()


def _after(question: Question, value: Any, situation: Situation, now: Instant) -> Truth:
    other = _known(question.other, situation, now)
    if value is None or other is None:
        return None
    return _day(question.fact, value, situation) >= _day(question.other, other, situation) + question.count


def _day(fact: str, value: Any, situation: Situation) -> Day:
    return local_day(value, situation.zone) if TERMS[fact].sort is Sort.HAPPENED else value


_ANSWERS: Final[Mapping[Op, Callable[[Question, Any, Situation, Instant], Truth]]] = {
    Op.IS: _is,
    Op.IS_NOT: _is_not,
    Op.KNOWN: lambda _question, value, _situation, _now: value is not None,
    Op.UNKNOWN: lambda _question, value, _situation, _now: value is None,
    Op.INCLUDES: _includes,
    Op.HOLDS_ONLY: _holds_only,
    Op.WITHIN: _within,
    Op.OVER: _over,
    Op.RUNS: _runs,
    Op.WAITED: _waited,
    Op.AFTER: _after,
}

# What is settled ------------------------------------------------------------------------------------------------------

_TIMELESS: Final = frozenset({Op.IS, Op.IS_NOT, Op.KNOWN, Op.UNKNOWN, Op.INCLUDES, Op.HOLDS_ONLY})
SETTLED: Final = frozenset(
    name
    for name, term in TERMS.items()
    if term.sort in (Sort.WORD, Sort.FLAG) or (term.sort is Sort.WORDS and term.words)
)
"""Facts of few values that no passing of time changes: which rules fit them is worked out once."""


def settled_facts(docket: Docket) -> tuple[object, ...]:
    """The settled facts of a docket with their values; of the others, that they are there."""
    return tuple([(name, value) if name in SETTLED else name for name, value in docket.items()])


def is_settled(question: Question) -> bool:
    """Whether the answer to a question follows from settled facts alone."""
    return question.op in _TIMELESS and question.fact in SETTLED


def is_content(limit: Prerequisites, situation: Situation) -> bool:
    """Whether settled facts alone content a rule, at any time."""
    return (
        all(is_settled(q) or (q.fact not in situation.docket and q in limit.refuses) for q in limit.questions)
        and prerequisites(limit, situation, 0) is None
    )


# Limits ---------------------------------------------------------------------------------------------------------------


def prerequisites(limit: Prerequisites, situation: Situation, now: Instant) -> Answer:
    """Content where everything needed is known and so, and nothing refused is."""
    for question in limit.refuses:
        if holds(question, situation, now) is True:
            return Refusal(f"{TERMS[question.fact].says}: {_told(question, situation)}")
    waits = []
    for question in limit.needs:
        truth = holds(question, situation, now)
        if isinstance(truth, Wait):
            waits.append(truth)
        elif not truth:
            return Refusal(_lacking(question, situation, now))
    if limit.any_of:
        answer = _one_of(limit.any_of, situation, now)
        if isinstance(answer, Refusal):
            return answer
        waits += [answer] if answer is not None else []
    return max(waits, default=None)


def _one_of(lists: tuple[tuple[Question, ...], ...], situation: Situation, now: Instant) -> Wait | Refusal | None:
    """Content where one list is wholly true; else the list that comes true first, or what the nearest one lacks."""
    waits: list[Wait] = []
    lacking: list[tuple[int, str]] = []
    for questions in lists:
        truths = [(question, holds(question, situation, now)) for question in questions]
        false = [question for question, truth in truths if truth is not True and not isinstance(truth, Wait)]
        if false:
            met = next(at for at, (_, truth) in enumerate(truths) if truth is not True)
            lacking.append((met, _lacking(false[0], situation, now)))
        elif (until := max((truth for _, truth in truths if isinstance(truth, Wait)), default=None)) is None:
            return None
        else:
            waits.append(until)
    return min(waits) if waits else Refusal(max(lacking)[1])


def _lacking(question: Question, situation: Situation, now: Instant) -> str:
    """What is in the way of a question: a fact that nobody knows, by its name; or one that is otherwise."""
    for fact in (question.fact, *([question.other] if question.other else ())):
        if _known(fact, situation, now) is None:
            return f"nobody knows {TERMS[fact].says} (record {fact})"
    return f"{TERMS[question.fact].says}: {_told(question, situation)}"


def _told(question: Question, situation: Situation) -> str:
    """A fact's value in words."""
    value = _word(situation.docket.get(question.fact))
    sort = TERMS[question.fact].sort
    if sort is Sort.HAPPENED:
        return date.fromordinal(local_day(value, situation.zone)).isoformat()
    if sort is Sort.DAY:
        return date.fromordinal(value).isoformat()
    return " ".join(sorted(value)) if isinstance(value, frozenset) else str(value).replace("_", " ")


def carries(limit: Carries, situation: Situation) -> Answer:
    """Content where the message carries the items; where nobody wrote it yet, they are a duty of whoever does."""
    carried: frozenset[str] | None = situation.docket.get("carries")  # type: ignore[assignment]
    if carried is None:
        return Duty(limit.items)
    missing = [item for item in limit.items if item not in carried]
    return Refusal(f"the message does not carry {' and '.join(missing).replace('_', ' ')}") if missing else None


def open_challenge(situation: Situation, now: Instant) -> Answer:
    """Content while every dispute was answered; one that repeats an answered one needs a notice that says so."""
    challenges: tuple[Challenge, ...] = situation.docket.get("challenges", ())  # type: ignore[assignment]
    for challenge in challenges:
        if challenge.received <= now and not _answered(challenge, challenges, situation, now):
            day = date.fromordinal(local_day(challenge.received, situation.zone))
            return Refusal(f"the dispute of {day} is not answered")
    return None


def _answered(challenge: Challenge, all_of_them: tuple[Challenge, ...], situation: Situation, now: Instant) -> bool:
    if challenge.answered is not None and challenge.answered <= now:
        return True
    notice: int | None = situation.docket.get("duplicate_notice")  # type: ignore[assignment]
    earlier = any(
        one.received < challenge.received and one.answered is not None and one.answered <= now for one in all_of_them
    )
    return challenge.repeats and earlier and notice is not None and challenge.received <= notice <= now


def bureau_notice(limit: BureauNotice, situation: Situation, now: Instant) -> Answer:
    """Content where the debtor was spoken to, a notice has stood long enough, or a lawful report was made before."""
    notices: tuple[Notice, ...] = situation.docket.get("notices", ())  # type: ignore[assignment]
    told = sorted((n for n in notices if n.at <= now), key=lambda n: n.at)
    if any(n.what == "spoke" for n in told):
        return None
    if situation.docket.get("monitored") is not True:
        return Refusal("nobody watched for notices that came back (record monitored)")
    standing = None
    for notice in told:
        match notice.what:
            case "sent":
                standing = notice.at
            case "returned":
                standing = None
            case "reported" if standing is not None and _stood(standing, limit, situation) <= notice.at:
                return None
    if standing is None:
        return Refusal("no notice stands: the debtor was not spoken to, and none was sent that did not come back")
    free = _stood(standing, limit, situation)
    return Wait(free) if free > now else None


def _stood(sent: Instant, limit: BureauNotice, situation: Situation) -> Instant:
    """The first instant of the day after the waiting time that a notice began."""
    return day_start(local_day(sent, situation.zone) + limit.days + 1, situation.zone)
