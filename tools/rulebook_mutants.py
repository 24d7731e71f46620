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
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.progress import track
from rich.table import Table
from rulebook_changes import Json, Key, Mutant, mutants

from dunning_engine.compliance.gate import GateRules, assemble, gate
from dunning_engine.compliance.rulebook import Rulebook, named, rulebook_of
from dunning_engine.compliance.situation import Situation
from dunning_engine.compliance.verdict import Cleared
from dunning_engine.domain.actions import ProposedAction
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
    listed: Json = yamltext.plain(parsed.node) if parsed.node is not None else []
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
