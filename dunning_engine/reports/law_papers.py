"""Worked examples of rules about papers and facts: with and without what has to be known, and from which day on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from dunning_engine.compliance.prerequisites import years_after
from dunning_engine.domain.docket import Challenge, Notice
from dunning_engine.domain.limits import BureauNotice, Carries, OpenChallenge, Prerequisites
from dunning_engine.domain.questions import Op, Question, Unit
from dunning_engine.kernel.calendar import DAY_SECONDS, local_day
from dunning_engine.reports.law_bench import Bench, Example, Line, example, then
from dunning_engine.reports.law_facts import facts_against, facts_for
from dunning_engine.reports.law_terms import question_words

if TYPE_CHECKING:
    from dunning_engine.domain.docket import Fact

NOON: Final = 12 * 60
WAYS_SHOWN: Final = 2


def prerequisites(bench: Bench, limit: Prerequisites) -> Iterator[Example]:
    """Nothing recorded; what has to be so, recorded; each way of several; what must not be so; and edges in time."""
    now = bench.at(bench.monday, NOON)
    facts = facts_for(limit.needs, now, bench.zone)
    if limit.needs or limit.any_of:
        moving = {question.fact for question in bench.rule.when}
        bare = {name: None for name in facts if name not in moving}
        asked = bench.ask(now, docket=bare)
        if asked.answer == "refused":
            yield example(bench, "nothing more recorded" if moving else "nothing recorded", asked)
        elif against := next((found for need in limit.needs if (found := facts_against(need))), None):
            yield example(bench, "recorded otherwise", bench.ask(now, docket=facts | against))
    for way in limit.any_of[:WAYS_SHOWN] or ((),) * bool(limit.needs):
        known = facts | facts_for(way, now, bench.zone)
        told = _told((*limit.needs, *way))
        yield example(bench, f"recorded: {told}", bench.ask(now, docket=known))
    for question in limit.refuses[:WAYS_SHOWN]:
        met = facts | facts_for([question], now, bench.zone)
        yield example(bench, f"recorded: {question_words(question)}", bench.ask(now, docket=met))
    if limit.refuses and not limit.needs and not limit.any_of:
        yield example(bench, "nothing of that recorded", bench.ask(now))
    timed = next((q for q in (*limit.needs, *(q for way in limit.any_of for q in way)) if _is_timed(q)), None)
    if timed is not None:
        way = next((way for way in limit.any_of if timed in way), ())
        yield from _edges(bench, timed, facts | facts_for(way, now, bench.zone))


def _told(questions: Sequence[Question]) -> str:
    return "; ".join(map(question_words, questions))


def _is_timed(question: Question) -> bool:
    return question.op is Op.WAITED or (question.op is Op.WITHIN and question.unit is Unit.DAYS)


def _edges(bench: Bench, question: Question, facts: Mapping[str, Fact]) -> Iterator[Example]:
    """The last and first day of a fact that has to be old, or fresh, enough."""
    happened = bench.at(bench.monday, NOON)
    known = {**facts, question.fact: happened}
    start = Line(happened, question.fact.replace("_", " "))
    if question.op is Op.WAITED:
        free = local_day(happened, bench.zone) + question.count
        if question.unit is Unit.YEARS:
            free = years_after(local_day(happened, bench.zone), question.count) + 1
        asked = bench.ask(bench.at(free - 1, NOON), docket=known)
        yield example(bench, "the first day", start, *then(bench, asked, docket=known))
        return
    last = bench.at(bench.monday + question.count - 1, NOON)
    days = (last, bench.at(bench.monday + question.count, NOON))
    yield example(bench, "the last day", start, *(bench.ask(at, docket=known) for at in days))


def papers(bench: Bench, limit: Carries | OpenChallenge | BureauNotice) -> Iterator[Example]:
    match limit:
        case Carries(items):
            yield from _carries(bench, items)
        case OpenChallenge():
            yield from _dispute(bench)
        case _:
            yield from _notice(bench, limit)


def _carries(bench: Bench, items: tuple[str, ...]) -> Iterator[Example]:
    now = bench.at(bench.monday, NOON)
    yield example(bench, "a text that is not written yet", bench.ask(now))
    yield example(bench, "a text without it", bench.ask(now, docket={"carries": frozenset()}))
    yield example(bench, "a text that carries it", bench.ask(now, docket={"carries": frozenset(items)}))


def _dispute(bench: Bench) -> Iterator[Example]:
    came, answered = bench.at(bench.monday, NOON), bench.at(bench.monday + 3, NOON)
    docket: dict[str, Fact] = {"challenges": (Challenge(came, answered),)}
    lines = (
        Line(came, "a dispute comes"),
        bench.ask(came + DAY_SECONDS, docket=docket),
        Line(answered, "verification is sent"),
        bench.ask(answered + DAY_SECONDS, docket=docket),
    )
    yield example(bench, "before and after the answer", *lines)


def _notice(bench: Bench, limit: BureauNotice) -> Iterator[Example]:
    sent = bench.at(bench.monday, NOON)
    docket: dict[str, Fact] = {"notices": (Notice("sent", sent),), "monitored": True}
    early = bench.ask(bench.at(bench.monday + limit.days, NOON), "report", docket=docket)
    yield example(bench, "a notice that stands", Line(sent, "notice sent"), *then(bench, early, docket=docket))
    returned: dict[str, Fact] = {**docket, "notices": (Notice("sent", sent), Notice("returned", sent + DAY_SECONDS))}
    late = bench.ask(sent + 30 * DAY_SECONDS, "report", docket=returned)
    yield example(bench, "a notice that came back", Line(sent + DAY_SECONDS, "notice returned"), late)
