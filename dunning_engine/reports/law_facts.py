"""Facts laid out so that a rule speaks: what its conditions ask for, and nothing that would silence it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dunning_engine.domain.docket import TERMS, Sort
from dunning_engine.domain.limits import Prerequisites
from dunning_engine.domain.questions import Op, Unit
from dunning_engine.kernel.calendar import DAY_SECONDS, local_day

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dunning_engine.compliance.rulebook import Rule
    from dunning_engine.domain.docket import Fact, Term
    from dunning_engine.domain.questions import Question
    from dunning_engine.kernel.calendar import Instant

LONG_AGO: Final = 30
"""Days since whatever happened at some time."""

Facts = dict[str, "Fact"]


def laid_out(rule: Rule, now: Instant, zone: str) -> Facts:
    """Facts with which a rule speaks: every condition is true, and what must not be unknown is known."""
    facts = facts_for(rule.when, now, zone)
    for question in rule.unless:
        if question.op is Op.UNKNOWN and question.fact not in facts:
            facts[question.fact] = some_value(TERMS[question.fact], now, zone)
    return facts


def words_of(rule: Rule) -> frozenset[str]:
    """Facts that a rule asks for, and words that they may hold."""
    limits = [value.limit for value in rule.values]
    asked = [*rule.when, *(q for limit in limits if isinstance(limit, Prerequisites) for q in limit.questions)]
    return frozenset(word for question in asked for word in (question.fact, *question.words))


def facts_for(questions: Iterable[Question], now: Instant, zone: str) -> Facts:
    """Facts that answer questions with yes."""
    facts: Facts = {}
    for question in questions:
        facts |= _true(question, now, zone, facts)
    return facts


def _true(question: Question, now: Instant, zone: str, known: Facts) -> Facts:
    term, today = TERMS[question.fact], local_day(now, zone)
    match question.op:
        case Op.IS:
            return {question.fact: _spoken(term, question.words[0])}
        case Op.IS_NOT:
            words = ("yes", "no") if term.sort is Sort.FLAG else term.words
            return {question.fact: _spoken(term, next(word for word in words if word not in question.words))}
        case Op.KNOWN:
            return {question.fact: some_value(term, now, zone)}
        case Op.INCLUDES | Op.HOLDS_ONLY:
            return {question.fact: frozenset(question.words)}
        case Op.WITHIN:
            return {question.fact: now - 60}
        case Op.OVER:
            return {question.fact: today - 1}
        case Op.RUNS:
            return {question.fact: today + LONG_AGO}
        case Op.WAITED:
            days = question.count if question.unit is Unit.DAYS else question.count * 366
            return {question.fact: now - (days + 1) * DAY_SECONDS}
        case Op.AFTER:
            return _after(question, now, zone, known)
        case _:
            return {}


def facts_against(question: Question) -> Facts:
    """A fact that answers a question with no, where one can be made up."""
    term = TERMS[question.fact]
    words = ("yes", "no") if term.sort is Sort.FLAG else term.words
    others = [word for word in words if word not in question.words]
    match question.op:
        case Op.IS if others:
            return {question.fact: _spoken(term, others[0])}
        case Op.IS_NOT:
            return {question.fact: _spoken(term, question.words[0])}
        case Op.HOLDS_ONLY if others:
            return {question.fact: frozenset((question.words[0], others[0]))}
        case Op.INCLUDES:
            return {question.fact: frozenset()}
        case _:
            return {}


def _after(question: Question, now: Instant, zone: str, known: Facts) -> Facts:
    """A day that lies far enough after another one, which is made up where nobody told it."""
    facts: Facts = {}
    other = known.get(question.other)
    if other is None:
        long = now - (question.count + LONG_AGO) * DAY_SECONDS
        happened = TERMS[question.other].sort is Sort.HAPPENED
        other = facts[question.other] = long if happened else local_day(long, zone)
    assert isinstance(other, int)
    start = local_day(other, zone) if TERMS[question.other].sort is Sort.HAPPENED else other
    day = start + question.count
    facts[question.fact] = day * DAY_SECONDS if TERMS[question.fact].sort is Sort.HAPPENED else day
    return facts


def _spoken(term: Term, word: str) -> Fact:
    return word == "yes" if term.sort is Sort.FLAG else word


def some_value(term: Term, now: Instant, zone: str) -> Fact:
    """Any value of a fact; what happened, happened some weeks ago."""
    match term.sort:
        case Sort.HAPPENED:
            return now - LONG_AGO * DAY_SECONDS
        case Sort.DAY:
            return local_day(now, zone) - LONG_AGO
        case Sort.FLAG:
            return True
        case Sort.WORD:
            return term.words[0]
        case Sort.WORDS:
            return frozenset(term.words[:1])
        case _:
            return "something"
