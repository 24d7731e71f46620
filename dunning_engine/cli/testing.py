"""`dunning test`: the tests beside policies, as a dated diff where they fail; and cases of law."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from dunning_engine.cli.checking import Kind, files_in, kind_of
from dunning_engine.cli.findings import show
from dunning_engine.cli.screen import counted, has_colour, note, painted, print_json
from dunning_engine.engine.paths import file_bytes
from dunning_engine.kernel.errors import UsageError

if TYPE_CHECKING:
    from dunning_engine.testing.law_runner import LawResult
    from dunning_engine.testing.runner import FileResult, TestResult


def test(paths: Iterable[Path], *, as_json: bool) -> int:
    """Run test files; 1 where a test fails or a file has mistakes."""
    from dunning_engine.testing.runner import run_file

    paths = list(paths)
    files = [path for path, kind, _ in files_in(paths) if kind is Kind.TESTS]
    files += [_tests_of(path) for path in paths if path.is_file() and path not in files]
    files = list(dict.fromkeys(files))
    if not files:
        raise UsageError(f"there is no test file in {', '.join(map(str, paths))}: they hold the keys policy and tests")
    results = [run_file(path) for path in files]
    show([finding for result in results for finding in result.diagnostics], sys.stderr)
    tests = [test for result in results for test in result.results]
    if as_json:
        print_json([test.as_json() for test in tests])
    else:
        _print(results)
        note(f"{counted(len(tests), 'test')} in {counted(len(files), 'file')}: {_summary(results)}")
    return 0 if all(result.passed for result in results) else 1


def _summary(results: Sequence[FileResult]) -> str:
    """What became of the tests, and of files that were not run."""
    tests = [test for result in results for test in result.results]
    failed = sum(not test.passed for test in tests)
    told = [f"{failed} failed" if failed else "all passed"] if tests else []
    wrong = [result for result in results if result.diagnostics]
    if wrong:
        mistakes = counted(sum(len(result.diagnostics) for result in wrong), "mistake")
        told.append(f"{counted(len(wrong), 'file')} not run: {mistakes}" if tests else f"not run: {mistakes}")
    return ", ".join(told)


def _tests_of(path: Path) -> Path:
    """The test file beside a policy; whatever else was named is read as a test file itself."""
    if path.stem.endswith(".test") or kind_of(file_bytes(path)) is not Kind.POLICY:
        return path
    tests = path.with_suffix(f".test{path.suffix}")
    if not tests.is_file():
        raise UsageError(f"{path} is a policy, and there is no test file {tests} beside it")
    return tests


def _print(results: Iterable[FileResult]) -> None:
    """A line for each test; of cases of law, which are many, only for those that failed."""
    from dunning_engine.testing.law_runner import LawResult

    on = has_colour(sys.stdout)
    for result in results:
        for test in result.results:
            if test.passed and isinstance(test, LawResult):
                continue
            mark = painted("ok  ", "green", on=on) if test.passed else painted("FAIL", "bold red", on=on)
            print(f"{mark}  {test.id}")
            for line in _diff(test, on=on):
                print(f"      {line}")


def _diff(test: TestResult | LawResult, *, on: bool) -> Iterable[str]:
    colour = {"-": "red", "+": "green"}
    for line in test.message.splitlines():
        style = colour.get(line.strip()[:1], "")
        yield painted(line, style, on=on) if style else line
