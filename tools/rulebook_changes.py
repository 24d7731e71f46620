"""The changes of a rulebook that `rulebook_mutants.py` tries: each number, date and closed word of it, one at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Any, Final

from dunning_engine.domain.arrangements import HoldReason
from dunning_engine.domain.contacts import Outcome
from dunning_engine.domain.docket import TERMS
from dunning_engine.domain.limits import Counting, Per
from dunning_engine.domain.parties import Channel, Collector, PartyKind
from dunning_engine.engine.loading import rulebook_names

Json = Any
Step = str | int
Path_ = tuple[Step, ...]
Key = tuple[str, ...]
"""What tells one change from all others: rule, path, from, to."""

GONE: Final = object()
"""Stands for a word that is taken away."""

SILENT: Final = frozenset(
    {"rule", "says", "citation", "confidence", "conflict", "unit", "op", "fact", "other", "words"}
)
"""Keys that a walk does not enter: their words do not act, or a question changes them itself."""

VOCABULARY: Final[dict[str, tuple[str, ...]]] = {
    "channels": tuple(channel.value for channel in Channel),
    "collectors": tuple(collector.value for collector in Collector),
    "debtors": tuple(kind.value for kind in PartyKind),
    "regulators": ("fca", "rbi"),
    "lines": ("", "personal", "mobile", "home", "work"),
    "counted": tuple(outcome.value for outcome in Outcome),
    "uncounted": tuple(outcome.value for outcome in Outcome),
    "blocked_person": tuple(reason.value for reason in HoldReason),
    "carries": TERMS["carries"].words,
    "includes": rulebook_names(),
}
"""The closed words of lists."""

OTHERS: Final[dict[str, tuple[str, ...]]] = {
    "per": tuple(per.value for per in Per),
    "counting": tuple(counting.value for counting in Counting),
    "code": ("ANOTHER_CODE",),
    "zone": ("", "America/Chicago"),
}
"""What a single word is changed to."""

KINDS: Final = {"prohibition": "presumption", "presumption": "prohibition", "requirement": "prohibition"}
"""A presumption and a requirement differ in name only: both can be set aside by a person, a prohibition cannot."""

OPPOSITES: Final = {
    "is": "is not",
    "is not": "is",
    "known": "unknown",
    "unknown": "known",
    "over": "runs",
    "runs": "over",
    "includes": "holds only",
    "holds only": "includes",
    "within": "waited",
    "waited": "within",
}
UNITS: Final = {"within": {"days": "minutes", "minutes": "days"}, "waited": {"days": "years", "years": "days"}}
CALENDARS: Final = ("AU", "BR-AL", "BR-SP", "CA-BC", "CA-ON", "CA-QC")


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change: in which rule, where in its JSON, from what to what."""

    rulebook: str
    rule: str
    path: str
    before: str
    after: str
    book: Json

    @property
    def key(self) -> Key:
        return (f"{self.rulebook}/{self.rule}".rstrip("/"), self.path, self.before, self.after)


def mutants(book: Json) -> Iterator[Mutant]:
    """Every mutant of a rulebook's JSON."""
    name = book["rulebook"]
    for path, before, after in _of_the_book(book):
        yield Mutant(name, "", _shown(path), _word(before), _word(after), _put(book, path, after))
    for number, rule in enumerate(book["rules"]):
        for path, before, after in (*_days(rule), *_walk(rule, ())):
            if path[0] == "since" and len(path) == 2:
                changed = _renamed(book, number, str(path[1]), str(after))
            else:
                changed = _put(book, ("rules", number, *path), after)
            yield Mutant(name, rule["rule"], _shown(path), _word(before), _word(after), changed)


Change = tuple[Path_, Json, Json]


def _of_the_book(book: Json) -> Iterator[Change]:
    if place := book.get("place"):
        yield ("place",), place, place.rpartition("-")[0]
        yield ("place",), place, f"{place[:-1]}{'Z' if place[-1] != 'Z' else 'Y'}"
    if "place_needed" in book:
        yield ("place_needed",), book["place_needed"], not book["place_needed"]
    yield from _list("includes", book.get("includes", []), ("includes",))


def _days(rule: Json) -> Iterator[Change]:
    """Each date on which a rule, or a new number of it, takes effect: a day earlier, a day later."""
    for day in rule["since"]:
        for by in (-1, 1):
            yield ("since", day), day, (date.fromisoformat(day) + timedelta(days=by)).isoformat()


def _walk(value: Json, path: Path_) -> Iterator[Change]:
    if isinstance(value, dict):
        if "op" in value:
            yield from _question(value, path)
        for key, inner in value.items():
            if key not in SILENT:
                yield from _under(key, inner, (*path, key))
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from _walk(inner, (*path, place))
    elif isinstance(value, bool):
        yield path, value, not value
    elif isinstance(value, int):
        yield path, value, value - 1
        yield path, value, value + 1


def _under(key: str, value: Json, path: Path_) -> Iterator[Change]:
    """What stands under a key: the key tells which words there are."""
    if key in VOCABULARY:
        yield from _list(key, value, path)
    elif key in OTHERS:
        yield from ((path, value, other) for other in OTHERS[key] if other != value)
    elif key == "kind":
        yield path, value, KINDS[value]
    elif key == "calendar":
        yield from ((path, value, other) for other in _other_calendars(value))
    elif key in {"after", "before"} and isinstance(value, str):
        yield from ((path, value, _clock(value, by)) for by in (-1, 1))
    else:
        yield from _walk(value, path)


def _list(key: str, words: Sequence[str], path: Path_) -> Iterator[Change]:
    """Each word of a list taken away, and changed to the next one that is not in it."""
    yield from _changed(words, VOCABULARY[key], path)


def _changed(words: Sequence[str], vocabulary: Sequence[str], path: Path_) -> Iterator[Change]:
    for place, word in enumerate(words):
        yield (*path, place), word, GONE
        at = vocabulary.index(word) if word in vocabulary else 0
        following = (*vocabulary[at + 1 :], *vocabulary[:at])
        other = next((next_ for next_ in following if next_ not in words), None)
        if other is not None:
            yield (*path, place), word, other


def _question(question: Json, path: Path_) -> Iterator[Change]:
    op, fact = question["op"], question["fact"]
    if op in OPPOSITES:
        yield (*path, "op"), op, OPPOSITES[op]
    if "unit" in question:
        yield (*path, "unit"), question["unit"], UNITS[op][question["unit"]]
    for key in ("fact", "other"):
        if key in question:
            yield (*path, key), question[key], _like(question[key])
    term = TERMS[fact]
    vocabulary = term.words or ("yes", "no")
    yield from _changed(question.get("words", []), vocabulary, (*path, "words"))


@lru_cache
def _like(fact: str) -> str:
    """The next fact of the same sort."""
    alike = [name for name, term in TERMS.items() if term.sort is TERMS[fact].sort]
    return alike[(alike.index(fact) + 1) % len(alike)]


def _other_calendars(name: str) -> Iterator[str]:
    plain = name.removesuffix("+optional")
    yield CALENDARS[(CALENDARS.index(plain) + 1) % len(CALENDARS)]
    if plain != name:
        yield plain


def _clock(text: str, by: int) -> str:
    hours, _, minutes = text.partition(":")
    total = int(hours) * 60 + int(minutes) + by
    return f"{total // 60:02}:{total % 60:02}"


def _put(tree: Json, path: Path_, value: Json) -> Json:
    """The tree with one value changed; only what lies on the way to it is copied."""
    step, *rest = path
    if isinstance(tree, dict):
        return tree | {step: _put(tree[step], tuple(rest), value) if rest else value}
    copy = list(tree)
    if rest:
        copy[step] = _put(tree[step], tuple(rest), value)  # type: ignore[index]
    elif value is GONE:
        del copy[step]  # type: ignore[arg-type]
    else:
        copy[step] = value  # type: ignore[index]
    return copy


def _renamed(book: Json, number: int, day: str, other: str) -> Json:
    values = book["rules"][number]["since"]
    return _put(book, ("rules", number, "since"), {other if key == day else key: v for key, v in values.items()})


def _shown(path: Path_) -> str:
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path).lstrip(".")


def _word(value: Json) -> str:
    if value is GONE:
        return "gone"
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)
