"""Change every number, date and closed word of the rulebooks once, and see that some case notices each change.

A mutant is a rulebook with one change: a number one up or down, a clock time a minute earlier or later, a date a day
earlier or later, another word, a word less, a flag turned round. Every case that names the rulebook is asked again;
the mutant is killed where a case changes its verdict or loses the reason that it expects. What no case notices is a
survivor: write a case, or say in `accepted-mutants.yaml` why no case can tell the difference.

Left out are the words that do not act, for the gate only repeats them: `title`, `state_of`, `says`, `citation` and
`url`, `confidence`, `conflict`. `kind` acts where a person sets a rule aside: the probes know which rules yield.

    python tools/rulebook_mutants.py [FILE ...] [--rulebook us/wa] [--every 40] [--format json]

Without files: `tests/scenarios/law/*.yaml` with the probes beside them, and the shared cases where they are at hand.
It ends with 1 where a survivor is not listed, or a listed one survives no more.
"""

from __future__ import annotations

import argparse
import importlib.util
import itertools
import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.progress import track
from rich.table import Table

from dunning_engine.compliance.gate import GateRules, assemble, gate
from dunning_engine.compliance.rulebook import Rulebook, named, rulebook_of
from dunning_engine.compliance.situation import Situation
from dunning_engine.compliance.verdict import Cleared
from dunning_engine.domain.actions import ProposedAction
from dunning_engine.domain.arrangements import HoldReason
from dunning_engine.domain.contacts import Outcome
from dunning_engine.domain.docket import TERMS
from dunning_engine.domain.limits import Counting, Per
from dunning_engine.domain.parties import Channel, Collector, PartyKind
from dunning_engine.engine.loading import default_calendars, load_rulebooks, rulebook_names
from dunning_engine.kernel import yamltext
from dunning_engine.kernel.calendar import BusinessCalendar, Instant
from dunning_engine.kernel.diagnostics import render
from dunning_engine.testing.law_cases import is_law_cases, parse_law_cases
from dunning_engine.testing.law_situation import asked

ROOT: Final = Path(__file__).parents[1]
BOOKS: Final = ROOT / "dunning_engine/compliance/rulebooks"
OWN: Final = ROOT / "tests/scenarios/law"
PROBES: Final = OWN / "probes.py"
ACCEPTED: Final = OWN / "accepted-mutants.yaml"
SHARED: Final = ROOT.parent / "shared/law/cases.yaml"

Json = Any
Step = str | int
Path_ = tuple[Step, ...]
Key = tuple[str, ...]
"""What tells one change from all others: rule, path, from, to."""

# Mutants --------------------------------------------------------------------------------------------------------------

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


# Cases ----------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Asking:
    """A question to the gate with the answer that is expected; `own` are those of this project."""

    name: str
    laws: tuple[str, ...]
    action: ProposedAction
    situation: Situation
    now: Instant
    expected: str
    code: str
    own: bool = True

    def passes(self, rules: GateRules) -> bool:
        verdict = gate(self.action, self.situation, rules, self.now)
        if isinstance(verdict, Cleared):
            return self.expected == "allowed"
        return self.expected == "denied" and (not self.code or any(r.code == self.code for r in verdict.reasons))

    def denying(self, rules: GateRules) -> frozenset[str]:
        """The rules of law that, each by itself, deny it at that instant."""
        return frozenset(rule.id for rule in rules if rule.citation and not self._clears(GateRules((rule,))))

    def _clears(self, rules: GateRules) -> bool:
        return isinstance(gate(self.action, self.situation, rules, self.now), Cleared)


def askings(files: Iterable[Path], probes: Path | None) -> list[Asking]:
    """The cases of some files, and the probes. Ends the program where a file has mistakes."""
    found = [asking for file in files for asking in of_file(file)]
    if probes is None:
        return found
    found += _probes(probes)
    return [*found, *set_aside(found, probes_of(probes).YIELDING)]


def own_files() -> tuple[Path, ...]:
    """The case files of this project."""
    return tuple(file for file in sorted(OWN.glob("*.yaml")) if is_law_cases(file.read_bytes()))


def shared_files() -> tuple[Path, ...]:
    return (SHARED,) if SHARED.exists() else ()


def of_file(file: Path) -> Iterator[Asking]:
    """The contact cases of a file."""
    parsed = parse_law_cases(file.read_bytes(), file=str(file), laws=rulebook_names())
    if parsed.diagnostics:
        sys.exit("\n".join(render(found, file.read_text("utf-8")) for found in parsed.diagnostics))
    for case in parsed.contacts:
        question = asked(case)
        yield Asking(
            case.id,
            question.laws,
            question.action,
            question.situation,
            question.now,
            case.expected,
            case.code,
            own=file != SHARED,
        )


@lru_cache
def probes_of(file: Path = PROBES) -> Any:
    spec = importlib.util.spec_from_file_location("law_probes", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def _probes(file: Path) -> Iterator[Asking]:
    for probe in probes_of(file).PROBES:
        yield Asking(probe.id, (probe.law,), probe.action, probe.situation, probe.now, probe.expected, probe.code)


def set_aside(cases: Iterable[Asking], yielding: frozenset[str]) -> Iterator[Asking]:
    """Cases that are denied, asked again by somebody who set all those rules aside that deny them.

    One case for each rule that yields to nobody, and enough for all that do.
    """
    done: set[str] = set()
    for case in cases:
        if not case.own or case.expected == "allowed":
            continue
        speaking = case.denying(unchanged(case.laws))
        firm = speaking - yielding
        named_here = all(rule.rpartition("/")[0] in case.laws for rule in speaking)
        if len(firm) > 1 or (firm or speaking) <= done or not named_here:
            continue
        done |= firm or speaking
        yield replace(
            case,
            name=f"{case.name} with {' and '.join(sorted(speaking))} set aside",
            situation=case.situation._replace(overrides=speaking),
            expected="denied" if firm else "allowed",
            code="",
        )


# Sweep ----------------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=1)
def _shelf() -> dict[str, Rulebook]:
    return {book.name: book for book in load_rulebooks()}


def _rules_of(laws: tuple[str, ...], changed: dict[str, Rulebook]) -> GateRules:
    """The rules of some rulebooks, of which one may be changed."""
    return assemble((), named((_shelf() | changed).values(), laws))


@lru_cache(maxsize=256)
def unchanged(laws: tuple[str, ...]) -> GateRules:
    return _rules_of(laws, {})


@lru_cache(maxsize=64)
def _calendar(name: str) -> BusinessCalendar | None:
    return default_calendars().calendar(name)


def _loaded(data: Json) -> Rulebook:
    book = rulebook_of(data)
    calendars = {name: calendar for name in book.holidays if (calendar := _calendar(name)) is not None}
    return replace(book, calendars=calendars)


def killer(mutant: Mutant, cases: Sequence[Asking]) -> Asking | None:
    """The first case that notices a mutant.

    Asked first are the cases in which the changed rule, taken by itself, says something else than before.
    """
    book = _loaded(mutant.book)
    rules: dict[tuple[str, ...], GateRules] = {}
    for case in itertools.chain(_touched(mutant, book, cases), cases):
        if case.laws not in rules:
            rules[case.laws] = _rules_of(case.laws, {book.name: book})
        if not _survives(case, rules[case.laws]):
            return case
    return None


def _touched(mutant: Mutant, book: Rulebook, cases: Sequence[Asking]) -> Iterator[Asking]:
    name = f"{mutant.rulebook}/{mutant.rule}"
    before, after = _alone(_shelf()[book.name], name), _alone(book, name)
    return (case for case in cases if _said(before, case) != _said(after, case)) if mutant.rule else iter(())


def _alone(book: Rulebook, name: str) -> GateRules:
    """One rule of a rulebook by itself."""
    return assemble((), (replace(book, rules=tuple(r for r in book.rules if r.id == name), place_needed=False),))


def _said(rules: GateRules, case: Asking) -> object:
    try:
        verdict = gate(case.action, case.situation, rules, case.now)
    except (TypeError, ValueError):
        return None
    return True if isinstance(verdict, Cleared) else verdict.reasons[0].code


def _survives(case: Asking, rules: GateRules) -> bool:
    """Whether a case still passes; rules that cannot even be asked do not go unnoticed."""
    try:
        return case.passes(rules)
    except (TypeError, ValueError):
        return False


@dataclass(frozen=True, slots=True)
class Swept:
    """What became of a mutant: `by` names the case that noticed it, and is empty where none did."""

    mutant: Mutant
    by: str
    own: bool = False


def sweep(cases: Sequence[Asking], *, rulebooks: Iterable[str] = (), every: int = 1, quiet: bool = True) -> list[Swept]:
    """Every mutant (or every so many-th) of the rulebooks named, or of all."""
    names = tuple(rulebooks) or rulebook_names()
    found = [mutant for name in names for mutant in mutants(_json(name))][::every]
    about = {name: [case for case in cases if name in case.laws] for name in names}
    swept = []
    for mutant in track(found, "changing the rulebooks", console=Console(stderr=True), disable=quiet):
        case = killer(mutant, about[mutant.rulebook])
        swept.append(Swept(mutant, case.name if case else "", case.own if case else False))
    return swept


def _json(name: str) -> Json:
    return json.loads((BOOKS / f"{name}.json").read_text("utf-8"))


# Accepted survivors ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Accepted:
    """A survivor with the reason why no case can notice it."""

    rule: str
    path: str
    from_: str
    to: str
    why: str

    @property
    def key(self) -> Key:
        return (self.rule, self.path, self.from_, self.to)


def accepted(file: Path = ACCEPTED) -> tuple[Accepted, ...]:
    """The survivors that are listed."""
    parsed = yamltext.parse_bytes(file.read_bytes(), file=str(file))
    listed = yamltext.plain(parsed.node) if parsed.node is not None else []
    return tuple(Accepted(e["rule"], e["path"], e["from"], e["to"], e["why"]) for e in listed)


def judged(swept: Iterable[Swept], *, whole: bool) -> tuple[list[Mutant], list[Key]]:
    """The survivors that are not listed, and what is listed and survives no more.

    Where the whole was swept, what is listed and is no mutant any more counts as the latter.
    """
    listed = accepted()
    survivors = {one.mutant.key: one.mutant for one in swept if not one.by}
    killed = {one.mutant.key for one in swept if one.by}
    stale = [one.key for one in listed if one.key in killed or (whole and one.key not in survivors)]
    known = {one.key for one in listed}
    return [mutant for key, mutant in survivors.items() if key not in known], stale


# Telling --------------------------------------------------------------------------------------------------------------


def main(arguments: Sequence[str] | None = None) -> int:
    options = _options(arguments)
    cases = askings(
        options.files or (*own_files(), *(() if options.own else shared_files())), None if options.files else PROBES
    )
    wrong = [case.name for case in cases if not case.passes(unchanged(case.laws))]
    if wrong:
        print("These cases fail as the rulebooks are:", *wrong, sep="\n  ", file=sys.stderr)
        return 1
    show = options.format == "table" and sys.stderr.isatty()
    swept = sweep(cases, rulebooks=options.rulebook, every=options.every, quiet=not show)
    unlisted, stale = judged(swept, whole=not options.rulebook and options.every == 1)
    _tell(options.format, swept, unlisted, stale)
    return 1 if unlisted or stale else 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", type=Path, help="case files; without any, the project's own and the shared")
    parser.add_argument("--rulebook", action="append", default=[], choices=rulebook_names())
    parser.add_argument("--own", action="store_true", help="without the shared cases")
    parser.add_argument("--every", type=int, default=1, help="only every so many-th mutant")
    parser.add_argument("--format", choices=("table", "json"), default="table")
    return parser.parse_args(arguments)


def _tell(form: str, swept: list[Swept], unlisted: list[Mutant], stale: list[Key]) -> None:
    numbers = {
        "mutants": len(swept),
        "killed by our own cases": sum(one.own for one in swept),
        "killed by the shared cases only": sum(bool(one.by) and not one.own for one in swept),
        "listed with a reason": sum(not one.by for one in swept) - len(unlisted),
        "survived": len(unlisted),
    }
    if form == "json":
        told = [{key: text for key, text in asdict(one).items() if key != "book"} for one in unlisted]
        print(json.dumps({"numbers": numbers, "survivors": told, "stale": stale}, indent=2))
        return
    console = Console()
    for name in dict.fromkeys(mutant.rulebook for mutant in unlisted):
        console.print(_table(name, [mutant for mutant in unlisted if mutant.rulebook == name]))
    for key in stale:
        console.print("listed, but survives no more:", " · ".join(key), markup=False)
    console.print(", ".join(f"{number} {what}" for what, number in numbers.items()))


def _table(name: str, survivors: list[Mutant]) -> Table:
    table = Table("rule", "where", "from", "to", title=f"{name}: {len(survivors)} survived", title_justify="left")
    for mutant in survivors:
        table.add_row(mutant.rule, mutant.path.replace("[", r"\["), mutant.before, mutant.after)
    return table


if __name__ == "__main__":
    sys.exit(main())
