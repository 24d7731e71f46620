"""The words of law for people: channels, outcomes, sureness, questions to the docket, and whom a rule binds."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from dunning_engine.compliance.rulebook import Confidence, RuleKind
from dunning_engine.domain.contacts import Outcome
from dunning_engine.domain.docket import TERMS, Sort
from dunning_engine.domain.limits import Prerequisites
from dunning_engine.domain.parties import Channel
from dunning_engine.domain.questions import Op, Question, Unit

if TYPE_CHECKING:
    from dunning_engine.compliance.rulebook import Binds, Rule, Rulebook

DOUBTS: Final = {
    Confidence.HOUSE.value: "house rule: our number, not law",
    Confidence.LOW.value: "low confidence: one weak source",
}
"""What has to be said plainly, wherever such a rule is shown."""

SURENESS: Final = {
    Confidence.HIGH: "high: the primary text was read",
    Confidence.MEDIUM: "medium: an official summary, or several sources that agree",
    Confidence.LOW: "low confidence: one weak source, or general knowledge",
    Confidence.HOUSE: "house rule: our number, not law",
}
STRENGTH: Final = {
    RuleKind.PROHIBITION: "prohibition: forbidden",
    RuleKind.PRESUMPTION: "presumption: beyond it a breach is presumed, and may be rebutted",
    RuleKind.REQUIREMENT: "requirement: something has to be so before",
}
NOUNS: Final = {
    Channel.CALL: "call",
    Channel.SMS: "text",
    Channel.EMAIL: "e-mail",
    Channel.SOCIAL: "message on a social network",
    Channel.LETTER: "letter",
    Channel.PORTAL: "message in the portal",
    Channel.VISIT: "visit",
    Channel.PUSH: "push message",
}
ELECTRONIC: Final = frozenset({Channel.EMAIL, Channel.SMS, Channel.SOCIAL})
OUTCOMES: Final = {
    Outcome.NOT_CONNECTED: "calls that reached no telephone",
    Outcome.WRONG_NUMBER: "wrong numbers",
    Outcome.NO_MESSAGE: "calls that could leave no message",
    Outcome.CALL_BACK: "messages that only ask to be called back",
    Outcome.CONVERSATION: "conversations",
    Outcome.MESSAGE: "messages with content",
}


# Questions ------------------------------------------------------------------------------------------------------------


def question_words(question: Question) -> str:
    """A question with the names of its facts, as rulebooks write it: `email_basis is direct_consent`."""
    fact, words = question.fact, " or ".join(question.words)
    match question.op:
        case Op.IS | Op.IS_NOT:
            return f"{fact} {question.op.value} {words}"
        case Op.KNOWN | Op.UNKNOWN:
            return f"{fact} is {question.op.value}"
        case Op.INCLUDES | Op.HOLDS_ONLY:
            return f"{fact} {question.op.value} {' and '.join(question.words)}"
        case Op.WITHIN if question.unit is Unit.MINUTES:
            return f"{fact} is at most {some(question.count, 'minute')} ago"
        case Op.WITHIN:
            return f"{fact} is less than {some(question.count, 'day')} ago"
        case Op.OVER:
            return f"{fact} is over"
        case Op.RUNS:
            return f"{fact} is not over"
        case Op.WAITED if question.unit is Unit.YEARS:
            return f"{some(question.count, 'year')} are over since {fact}"
        case Op.WAITED:
            return f"{fact} is at least {some(question.count, 'day')} ago"
        case _:
            return f"{fact} is at least {some(question.count, 'day')} after {question.other}"


def facts_of(rule: Rule) -> dict[str, str]:
    """The facts that a rule asks for, with what each says."""
    asked = [*rule.when, *rule.unless]
    for value in rule.values:
        asked += value.limit.questions if isinstance(value.limit, Prerequisites) else ()
    names = dict.fromkeys(name for question in asked for name in (question.fact, question.other) if name)
    return {name: _meaning(name) for name in names}


def _meaning(name: str) -> str:
    term = TERMS[name]
    return f"{term.says} (yes or no)" if term.sort is Sort.FLAG else term.says


# Whom a rule binds ----------------------------------------------------------------------------------------------------


def binds_words(binds: Binds) -> str:
    """Whom a rule binds: collectors, for debts of whom, by which channels."""
    parts = []
    if binds.collectors:
        parts.append(listed(sorted(word(one.value) for one in binds.collectors)))
    if binds.regulators:
        parts.append(f"regulated by {listed(sorted(one.upper() for one in binds.regulators), 'or')}")
    if binds.debtors:
        parts.append(f"debts of {listed(sorted(_debtors(one.value) for one in binds.debtors))}")
    if binds.channels:
        parts.append(channels_words(binds.channels))
    return "; ".join(parts) if parts else "everybody"


def _debtors(kind: str) -> str:
    return {"consumer": "consumers", "business": "businesses"}[kind]


def place_words(book: Rulebook) -> str:
    """Where the debtor must be."""
    return book.place or ("in the places of the rulebooks that it includes" if book.includes else "anywhere")


def word(name: str) -> str:
    return name.replace("_", " ")


def channels_words(channels: Iterable[Channel]) -> str:
    """`calls and electronic messages`."""
    found = frozenset(channels)
    if not found:
        return "contacts"
    electronic = found >= ELECTRONIC
    named = [
        plural(NOUNS[channel]) for channel in NOUNS if channel in found and not (electronic and channel in ELECTRONIC)
    ]
    return listed([*named, *(["electronic messages"] if electronic else [])])


def plural(noun: str) -> str:
    """`calls`, `messages on a social network`."""
    first, _, rest = noun.partition(" ")
    return f"{first}s {rest}".strip()


def noun_words(channels: Iterable[Channel]) -> str:
    found = frozenset(channels)
    return (
        "electronic message"
        if found == ELECTRONIC
        else listed((NOUNS[c] for c in NOUNS if c in found), "or") or "contact"
    )


def outcome_words(outcome: Outcome) -> str:
    return OUTCOMES.get(outcome, outcome.value)


def listed(words: Iterable[str], joint: str = "and") -> str:
    named = [word(each) for each in words]
    return f"{', '.join(named[:-1])} {joint} {named[-1]}" if len(named) > 1 else "".join(named)


def some(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"
