"""Our own law cases: each passes, and together they notice a change of the rulebooks.

All changes are tried by `make rulebook-mutants`; here is a sample of them.
"""

from __future__ import annotations

import importlib
import sys
from functools import lru_cache
from pathlib import Path

import pytest

from dunning_engine.testing.law_runner import load_law_tests

ROOT = Path(__file__).parents[2]
EVERY = 41


@lru_cache
def tool():
    sys.path.append(str(ROOT / "tools"))
    return importlib.import_module("rulebook_mutants")


FILES = tool().own_files()


@lru_cache
def loaded(file):
    return load_law_tests(file.read_bytes(), file=file.name)


@pytest.mark.parametrize("file", FILES, ids=[file.stem for file in FILES])
def test_every_case_of_a_file_passes(file):
    cases = loaded(file)
    assert cases.diagnostics == ()
    results = [case.run() for case in cases.tests]
    assert results
    assert [f"{result.id}: {result.message}" for result in results if not result.passed] == []


def test_there_is_a_file_of_cases_or_a_probe_for_every_rulebook():
    about = {law for file in FILES for case in loaded(file).tests for law in case.case.facts.texts("law")}
    about |= {probe.law for probe in tool().probes_of().PROBES}
    assert about == set(tool().rulebook_names())


def test_no_two_cases_have_the_same_name():
    names = [case.name for file in FILES for case in loaded(file).tests]
    assert len(names) == len(set(names))
    assert all(name.startswith("own/") for name in names)


def test_a_sample_of_changes_is_noticed():
    """A change that no case notices is listed with a reason."""
    cases = tool().askings(FILES, tool().PROBES)
    assert [case.name for case in cases if not case.passes(tool().unchanged(case.laws))] == []
    swept = tool().sweep(cases, every=EVERY)
    unlisted, stale = tool().judged(swept, whole=False)
    assert [mutant.key for mutant in unlisted] == []
    assert stale == []
    assert len(swept) > 100


def test_a_change_that_nothing_notices_is_told():
    """Without cases every change survives, and the command fails."""
    swept = tool().sweep([], rulebooks=["br/rj"])
    unlisted, _ = tool().judged(swept, whole=False)
    assert len(unlisted) == len(swept) > 30
    assert "since.2018-01-01.open_hours.windows[0].after" in {mutant.path for mutant in unlisted}
