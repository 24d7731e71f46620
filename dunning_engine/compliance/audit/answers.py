"""Questions to the docket, answered one by one: yes, no, or unknown (`None`)."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from dunning_engine.compliance.audit.scene import Facts, Json, Scene, wall
from dunning_engine.domain.docket import TERMS, Sort

if TYPE_CHECKING:
    from dunning_engine.domain.docket import Fact


def fact(scene: Scene, term: str) -> Fact | None:
    """What was known; something that had yet to happen was not known."""
    value = scene.known.get(term)
    ahead = TERMS[term].sort is Sort.HAPPENED and isinstance(value, int) and value > scene.at
    return None if ahead else value


def answer(question: Json, scene: Scene) -> bool | None:
    """The answer to a question of a rulebook."""
    value = fact(scene, question["fact"])
    if question["op"] == "known":
        return value is not None
    if question["op"] == "unknown":
        return value is None
    return None if value is None else _of_value(question, value, scene)


def _of_value(question: Json, value: Any, scene: Scene) -> bool | None:
    words: set[str] = set(question.get("words", ()))
    match question["op"]:
        case "is":
            return _word(value) in words
        case "is not":
            return _word(value) not in words
        case "includes":
            return words.issubset(value)
        case "holds only":
            return words.issuperset(value)
        case "over":
            return scene.today > date.fromordinal(value)
        case "runs":
            return scene.today <= date.fromordinal(value)
        case _:
            return _of_time(question, value, scene)


def _word(value: Any) -> str:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


def _of_time(question: Json, value: int, scene: Scene) -> bool | None:
    day = _day(question["fact"], value, scene)
    count: int = question.get("count", 0)
    match question["op"], question.get("unit"):
        case "within", "minutes":
            return scene.at - value <= 60 * count
        case "within", _:
            return (scene.today - day).days < count
        case "waited", "years":
            return scene.today > anniversary(day, count)
        case "waited", _:
            return (scene.today - day).days >= count
        case "after", _:
            other = fact(scene, question["other"])
            if not isinstance(other, int):
                return None
            return (day - _day(question["other"], other, scene)).days >= count
    raise ValueError(f"a rulebook asks {question['op']!r}, which this auditor cannot answer")


def _day(term: str, value: int, scene: Scene) -> date:
    """The collector's day on which something happened, or the day itself."""
    return date.fromordinal(value) if TERMS[term].sort is Sort.DAY else wall(value, scene.history.zone).date()


def anniversary(day: date, years: int) -> date:
    """The same day some years later; of 29 February it is the 28th where the year has no other."""
    leap = day.month == 2 and day.day == 29
    year = day.year + years
    has_leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    return day.replace(year=year, day=28) if leap and not has_leap else day.replace(year=year)


def judged(question: Json, scene: Scene) -> bool:
    """Whether a question is asked at all: where facts are assumed, only about what somebody recorded."""
    names = [question["fact"], *([question["other"]] if "other" in question else [])]
    return scene.facts is Facts.REQUIRED or all(name in scene.known for name in names)


def told(question: Json, scene: Scene) -> str:
    """What is known of a fact, for people."""
    name = question["fact"]
    value = fact(scene, name)
    if value is None:
        return f"nobody can show {TERMS[name].says} ({name})"
    if isinstance(value, bool | str):
        return f"{name} is {_word(value)}"
    if isinstance(value, frozenset):
        return f"{name} is {', '.join(sorted(value)) or 'nothing'}"
    return f"{name} is {_day(name, value, scene)}" if isinstance(value, int) else f"{name} is on record"
