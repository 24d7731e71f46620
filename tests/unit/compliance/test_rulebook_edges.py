"""Edges of rulebooks that case files have no words for: facts that no field of a case sets, and rules set aside."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path

import pytest

from dunning_engine.compliance.gate import assemble, gate
from dunning_engine.compliance.rulebook import RuleKind, named
from dunning_engine.compliance.verdict import Cleared
from dunning_engine.engine.loading import load_rulebooks

ROOT = Path(__file__).parents[3]


def module(name, path):
    spec = importlib.util.spec_from_file_location(name, ROOT / path)
    found = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = found
    spec.loader.exec_module(found)
    return found


TOLD = module("law_probes_of_edges", "tests/scenarios/law/probes.py")
CHANGES = module("rulebook_changes_of_edges", "tools/rulebook_changes.py")


@pytest.mark.parametrize("probe", TOLD.PROBES, ids=[probe.id for probe in TOLD.PROBES])
def test_a_probe_gets_its_answer(probe):
    rules = assemble((), named(load_rulebooks((probe.law,)), (probe.law,)))
    verdict = gate(probe.action, probe.situation, rules, probe.now)
    codes = set() if isinstance(verdict, Cleared) else {reason.code for reason in verdict.reasons}
    assert ("allowed" if isinstance(verdict, Cleared) else "denied") == probe.expected
    assert not probe.code or probe.code in codes


def test_no_two_probes_have_the_same_name():
    names = [probe.id for probe in TOLD.PROBES]
    assert len(names) == len(set(names))


def test_rules_that_yield_are_those_that_are_no_prohibitions():
    """The list is kept by hand, so that a rule does not begin to yield unseen."""
    rules = {rule.id for book in load_rulebooks() for rule in book.rules if rule.kind is not RuleKind.PROHIBITION}
    assert rules == TOLD.YIELDING


BOOK = {
    "rulebook": "xx/test",
    "title": "A test",
    "state_of": "2026-01-01",
    "place": "XX-YY",
    "rules": [
        {
            "rule": "calls",
            "kind": "presumption",
            "says": "At most 3 calls",
            "code": "CAP",
            "binds": {"channels": ["call"]},
            "citation": {"text": "An act", "url": "https://example.org/act"},
            "confidence": "high",
            "when": [{"op": "within", "fact": "opted_out_at", "count": 5, "unit": "minutes"}],
            "since": {
                "2020-01-01": {"contacts": {"count": 3, "days": 7, "per": "debt", "counting": "both", "replies": False}}
            },
        },
        {
            "rule": "hours",
            "kind": "prohibition",
            "says": "Not at night",
            "binds": {},
            "citation": {"text": "An act"},
            "confidence": "high",
            "since": {"2020-01-01": {"open_hours": {"windows": [{"days": [6], "after": "08:00", "before": "21:00"}]}}},
        },
    ],
}


def changes():
    found = {}
    for mutant in CHANGES.mutants(BOOK):
        found.setdefault((mutant.rule, mutant.path), set()).add(mutant.after)
    return found


def test_everything_that_acts_is_changed_and_nothing_else():
    limit = "since.2020-01-01.contacts"
    window = "since.2020-01-01.open_hours.windows[0]"
    assert changes() == {
        ("", "place"): {"XX", "XX-YZ"},
        ("calls", "kind"): {"prohibition"},
        ("calls", "code"): {"ANOTHER_CODE"},
        ("calls", "binds.channels[0]"): {"gone", "letter"},
        ("calls", "when[0].op"): {"waited"},
        ("calls", "when[0].unit"): {"days"},
        ("calls", "when[0].fact"): {"spanish_requested"},
        ("calls", "when[0].count"): {"4", "6"},
        ("calls", "since.2020-01-01"): {"2019-12-31", "2020-01-02"},
        ("calls", f"{limit}.count"): {"2", "4"},
        ("calls", f"{limit}.days"): {"6", "8"},
        ("calls", f"{limit}.per"): {"debtor"},
        ("calls", f"{limit}.counting"): {"calendar", "rolling", "month"},
        ("calls", f"{limit}.replies"): {"yes"},
        ("hours", "kind"): {"presumption"},
        ("hours", "since.2020-01-01"): {"2019-12-31", "2020-01-02"},
        ("hours", f"{window}.days[0]"): {"5", "7"},
        ("hours", f"{window}.after"): {"07:59", "08:01"},
        ("hours", f"{window}.before"): {"20:59", "21:01"},
    }


def test_a_mutant_differs_in_one_place_and_leaves_the_rulebook_alone():
    before = json.dumps(BOOK)
    for mutant in CHANGES.mutants(BOOK):
        assert json.dumps(mutant.book) != before
    assert json.dumps(BOOK) == before
