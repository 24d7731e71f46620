"""Change every function of `compliance/` once in every way that mutmut knows, and see that some unit test notices.

A mutant is a function with one change: a comparison turned round, a number one up, an argument left out, a text in
other letters. mutmut makes them, finds the tests that reach each function, and runs those; what they ask is in
`[tool.mutmut]`. This says how many were noticed, and holds the survivors against the list of those that nobody can, or
need, notice: `tests/unit/compliance/accepted-mutants.yaml`, each with a reason.

    python tools/mutation.py [gate money audit.papers …] [--report] [--format json]

Without modules: all of `compliance/`. `--report` tells again what the last sweep found. It ends with 1 where a survivor
is not listed, where a listed one survives no more, or where fewer than 95 of 100 were noticed.

mutmut changes what stands inside functions and methods; tables, constants and `@property` it leaves alone.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.table import Table

from dunning_engine.kernel import yamltext

ROOT: Final = Path(__file__).parents[1]
PACKAGE: Final = "dunning_engine.compliance"
SWEPT: Final = ROOT / "mutants"
ACCEPTED: Final = ROOT / "tests/unit/compliance/accepted-mutants.yaml"
LEAST: Final = 95
"""Of 100 mutants, those that have to be noticed."""

WORKERS: Final = 2
NOTICED: Final = frozenset({"killed", "timeout", "segfault"})
"""A test that never ends notices the change as well."""

Key = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change: in which function, and the lines before and after."""

    module: str
    function: str
    before: str
    after: str
    status: str

    @property
    def key(self) -> Key:
        return self.function, self.before, self.after


@dataclass(frozen=True, slots=True)
class Accepted:
    """A survivor with the reason why no test can, or need, notice it."""

    function: str
    from_: str
    to: str
    why: str

    @property
    def key(self) -> Key:
        return self.function, self.from_, self.to


def sweep(modules: Sequence[str]) -> None:
    """Let mutmut make the mutants and run the tests, from the beginning: it does not look whether a test changed."""
    shutil.rmtree(SWEPT, ignore_errors=True)
    patterns = [f"{PACKAGE}.{module}.*" for module in modules]
    mutmut = Path(sys.executable).with_name("mutmut")
    command = [mutmut, "run", "--max-children", str(WORKERS), *patterns]
    subprocess.run(command, cwd=ROOT, stdout=sys.stderr, check=True)  # noqa: S603


def results(modules: Sequence[str]) -> Iterator[Mutant]:
    """What became of the mutants of the last sweep; survivors with the lines that were changed."""
    from mutmut.mutation.diff_apply import get_diff_for_mutant
    from mutmut.stats import status_by_exit_code

    wanted = [f"{PACKAGE}.{module}.*" for module in modules] or [f"{PACKAGE}.*"]
    for meta in sorted(SWEPT.rglob("*.meta")):
        path = meta.relative_to(SWEPT).with_suffix("")
        module = ".".join(path.with_suffix("").parts).removeprefix(f"{PACKAGE}.")
        for name, code in json.loads(meta.read_text("utf-8"))["exit_code_by_key"].items():
            status = status_by_exit_code[code]
            if not any(fnmatch(name, pattern) for pattern in wanted):
                continue
            lines = ("", "") if status in NOTICED else changed(get_diff_for_mutant(name, path=path))
            yield Mutant(module, f"{module}.{function_of(name)}", *lines, status)


def changed(diff: str) -> tuple[str, str]:
    """The lines that a change takes away and those that it brings, on one line each and without indentation."""
    body = [line for line in diff.splitlines() if not line.startswith(("---", "+++", "@@"))]
    before, after = ([line[1:].strip() for line in body if line[:1] == sign] for sign in "-+")
    return " ".join(before), " ".join(after)


def function_of(name: str) -> str:
    """A function as people write it: `Fits.limit` for `….xǁFitsǁlimit__mutmut_3`."""
    mangled = name.rpartition(".")[2].rpartition("__mutmut_")[0]
    return mangled.removeprefix("xǁ").replace("ǁ", ".") if mangled.startswith("xǁ") else mangled.removeprefix("x_")


def accepted(file: Path = ACCEPTED) -> tuple[Accepted, ...]:
    """The survivors that are listed."""
    parsed = yamltext.parse_bytes(file.read_bytes(), file=str(file))
    listed = yamltext.plain(parsed.node) if parsed.node is not None else []
    return tuple(Accepted(e["function"], e["from"], e["to"], e["why"]) for e in listed)


@dataclass(frozen=True, slots=True)
class Judged:
    """The mutants, of them the survivors that are not listed; and what is listed and survives no more."""

    mutants: tuple[Mutant, ...]
    unlisted: tuple[Mutant, ...]
    stale: tuple[Accepted, ...]

    @property
    def noticed(self) -> int:
        return sum(mutant.status in NOTICED for mutant in self.mutants)

    @property
    def score(self) -> float:
        return 100 * self.noticed / len(self.mutants) if self.mutants else 0.0

    @property
    def passes(self) -> bool:
        return not self.unlisted and not self.stale and self.score >= LEAST


def judge(mutants: Iterable[Mutant], listed: Iterable[Accepted], modules: Sequence[str] = ()) -> Judged:
    """Hold a sweep of some modules (of all, where none is named) against the list."""
    found, known = tuple(mutants), {one.key: one for one in listed}
    survivors = {mutant.key for mutant in found if mutant.status not in NOTICED}
    unlisted = tuple(one for one in found if one.status not in NOTICED and one.key not in known)
    asked = (one for one in known.values() if not modules or any(one.function.startswith(f"{m}.") for m in modules))
    return Judged(found, unlisted, tuple(one for one in asked if one.key not in survivors))


# Telling --------------------------------------------------------------------------------------------------------------


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("modules", nargs="*", metavar="MODULE", help="gate, money, audit.papers …; without any, all")
    parser.add_argument("--report", action="store_true", help="sweep nothing, tell again what the last sweep found")
    parser.add_argument("--format", choices=("table", "json"), default="table")
    options = parser.parse_args(arguments)
    if not options.report:
        sweep(options.modules)
    judged = judge(results(options.modules), accepted(), options.modules)
    _json(judged) if options.format == "json" else _tables(judged)
    return 0 if judged.passes else 1


def _json(judged: Judged) -> None:
    numbers = {"mutants": len(judged.mutants), "noticed": judged.noticed, "score": round(judged.score, 2)}
    survivors = [asdict(mutant) for mutant in judged.unlisted]
    stale = [asdict(one) for one in judged.stale]
    print(json.dumps({**numbers, "survivors": survivors, "stale": stale}, indent=2, ensure_ascii=False))


def _tables(judged: Judged) -> None:
    console = Console()
    for mutant in judged.unlisted:
        console.print(f"{mutant.function}: {mutant.status}", style="bold", markup=False)
        console.print(f"  - {mutant.before}\n  + {mutant.after}", markup=False, highlight=False, soft_wrap=True)
    for one in judged.stale:
        console.print(
            f"listed, but survives no more: {one.function}\n  + {one.to}", markup=False, highlight=False, soft_wrap=True
        )
    console.print(_scores(judged))


def _scores(judged: Judged) -> Table:
    table = Table("module", *(f"{word}" for word in ("mutants", "noticed", "listed", "survived", "score")))
    unlisted = {id(mutant) for mutant in judged.unlisted}
    for module in dict.fromkeys(mutant.module for mutant in judged.mutants):
        part = [mutant for mutant in judged.mutants if mutant.module == module]
        table.add_row(module, *_row(part, sum(id(mutant) in unlisted for mutant in part)))
    table.add_section()
    table.add_row("all", *_row(judged.mutants, len(judged.unlisted)))
    return table


def _row(mutants: Sequence[Mutant], unlisted: int) -> tuple[str, ...]:
    noticed = sum(mutant.status in NOTICED for mutant in mutants)
    listed = len(mutants) - noticed - unlisted
    return str(len(mutants)), str(noticed), str(listed), str(unlisted), f"{100 * noticed / len(mutants):.1f} %"


if __name__ == "__main__":
    sys.exit(main())
