"""The question about known vulnerabilities: silence is never taken for a good answer."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def dependencies() -> ModuleType:
    """The tool, as a module."""
    spec = importlib.util.spec_from_file_location("dependencies", ROOT / "tools/dependencies.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["dependencies"] = module
    spec.loader.exec_module(module)
    return module


GOOD = {"name": "good", "version": "1", "vulns": []}
BAD = {"name": "bad", "version": "1", "vulns": [{"id": "CVE-1", "fix_versions": ["2"]}]}
UNKNOWN = {"name": "unknown", "skip_reason": "Dependency not found on PyPI"}


def report(*packages: dict) -> str:
    return json.dumps({"dependencies": packages})


def test_a_vulnerability_is_a_fault(dependencies: ModuleType) -> None:
    """It is named with its package."""
    got = dependencies.answer(report(GOOD, BAD, UNKNOWN), "")
    lines, well = dependencies.told(lambda _service: got)

    assert not well
    assert lines == [
        "bad: CVE-1",
        "not checked: pypi knows nothing of unknown",
        "2 packages checked by pypi, 1 with something against them",
    ]


def test_what_is_answered_in_writing_is_no_fault(dependencies: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is told all the same."""
    monkeypatch.setattr(dependencies, "ANSWERED", {"CVE-1": "not on the way that we use"})
    got = dependencies.answer(report(BAD), "")
    lines, well = dependencies.told(lambda _service: got)

    assert well
    assert lines[0] == "bad: CVE-1, answered: not on the way that we use"


@pytest.mark.parametrize(
    ("said", "complaint", "why"),
    [
        ("", "Traceback\nConnectionError: no route to host\n", "ConnectionError: no route to host"),
        ("", "", "pip-audit said nothing"),
        (report(UNKNOWN), "No known vulnerabilities found", "it knows none of the 1 packages"),
    ],
)
def test_who_knows_nothing_has_not_said_that_all_is_well(
    dependencies: ModuleType, said: str, complaint: str, why: str
) -> None:
    """Every database is tried; where none answers that is what is said."""
    got = dependencies.answer(said, complaint)
    lines, well = dependencies.told(lambda _service: got)

    assert well
    assert lines == [
        f"not checked: pypi gave no answer ({why})",
        f"not checked: osv gave no answer ({why})",
        "not checked: no database of vulnerabilities can be reached from here",
    ]


def test_the_second_database_is_asked_where_the_first_is_silent(dependencies: ModuleType) -> None:
    """What it says counts."""
    answers = {"pypi": dependencies.answer("", "timed out"), "osv": dependencies.answer(report(GOOD), "")}

    assert dependencies.told(answers.__getitem__) == (
        [
            "not checked: pypi gave no answer (timed out)",
            "1 packages checked by osv, 0 with something against them",
        ],
        True,
    )
