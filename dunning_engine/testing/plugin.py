"""The pytest plugin: each test of a `*.test.yaml` is an item, run exactly as `dunning test` runs it.

So is each case of a file of law cases that is named so, or named on the command line.

`--dunning-verify=N` adds an item per such file that drives its policy through N tales, as `dunning verify` does.
Nothing of the library is imported before such a file is collected.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from dunning_engine.testing.law_runner import LawTest
    from dunning_engine.testing.routed import RoutedTest
    from dunning_engine.testing.runner import Test


class Failed(Exception):
    """A policy, or the law, did something else than its test says."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Verifying takes seconds, so it is asked for."""
    parser.addoption(
        "--dunning-verify",
        type=int,
        default=0,
        metavar="N",
        help="drive each policy that has tests beside it through N tales, as `dunning verify` does",
    )


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> PolicyTestFile | None:
    """Take files of this name; what they hold is looked at when they are collected."""
    named = file_path.suffix in {".yaml", ".yml"} and parent.session.isinitpath(file_path)
    if named or file_path.name.endswith(".test.yaml"):
        return PolicyTestFile.from_parent(parent, path=file_path)
    return None


class PolicyTestFile(pytest.File):
    """The tests beside a policy, or cases of law."""

    def collect(self) -> Iterable[pytest.Item]:
        """One item per test; a file of another kind has none."""
        from dunning_engine.kernel.diagnostics import render
        from dunning_engine.testing.law_cases import is_law_cases
        from dunning_engine.testing.reading import is_policy_test
        from dunning_engine.testing.runner import Test, load_file

        data = self.path.read_bytes()
        if not is_law_cases(data) and not is_policy_test(data, file=str(self.path)):
            return
        loaded = load_file(self.path, policies_dir=self.config.rootpath / "policies")
        if loaded.diagnostics:
            texts = {d.place.file: _text(d.place.file) for d in loaded.diagnostics}
            raise self.CollectError("\n".join(render(d, texts[d.place.file]) for d in loaded.diagnostics))
        for test in loaded.tests:
            yield PolicyTestItem.from_parent(self, name=test.name, test=test)
        examples = self.config.getoption("--dunning-verify")
        first = next((test for test in loaded.tests if isinstance(test, Test)), None)
        if examples and first is not None:
            yield VerifyItem.from_parent(self, name=f"verify {first.policy.name}", test=first, examples=examples)


class PolicyTestItem(pytest.Item):
    """One test of a policy, or one case of law."""

    def __init__(self, *, test: Test | RoutedTest | LawTest, **item: Any) -> None:
        super().__init__(**item)
        self._test = test

    def runtest(self) -> None:
        """Simulate or ask, and compare."""
        result = self._test.run()
        if not result.passed:
            raise Failed(result.message)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """The dated diff alone: nobody who reads it wrote the code that a traceback would show."""
        if isinstance(excinfo.value, Failed):
            return f"{self.path}:{self._test.place.line}: {self._test.about}\n{excinfo.value}"
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int, str]:
        """Where the test stands; pytest counts lines from 0."""
        return self.path, self._test.place.line - 1, self.name


class VerifyItem(pytest.Item):
    """A policy driven through many tales."""

    def __init__(self, *, test: Test, examples: int, **item: Any) -> None:
        super().__init__(**item)
        self._test, self._examples = test, examples

    def runtest(self) -> None:
        """Drive it; the seed is always the same, so that a failure stays one."""
        from dunning_engine.simulation.run import law_of
        from dunning_engine.testing.verification import verify

        policy = self._test.policy
        report = verify(policy, law_of(policy, self._test.rulebooks), examples=self._examples)
        if not report.clean:
            raise Failed("\n\n".join(map(str, report.findings)))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """The stories alone."""
        return str(excinfo.value) if isinstance(excinfo.value, Failed) else super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int, str]:
        """The file as a whole."""
        return self.path, 0, self.name


def _text(file: str) -> str:
    from pathlib import Path

    try:
        return Path(file).read_text("utf-8", errors="replace")
    except OSError:
        return ""
