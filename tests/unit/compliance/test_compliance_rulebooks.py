"""The rulebooks that ship: data a lawyer can review, compiled to the JSON that the engine reads."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import re
import sys
from datetime import date
from pathlib import Path

import pytest

from dunning_engine.compliance.rulebook import Confidence, RuleKind, rulebook_of
from dunning_engine.domain.arrangements import HoldReason
from dunning_engine.domain.contacts import Outcome
from dunning_engine.domain.limits import (
    BlockedChannel,
    BlockedPerson,
    ContactLimit,
    CoolingOff,
    Counting,
    Hours,
    Per,
)
from dunning_engine.domain.parties import Channel, Collector, PartyKind

ROOT = Path(__file__).parents[3]
RULEBOOKS = ROOT / "dunning_engine/compliance/rulebooks"
SOURCES = sorted(RULEBOOKS.rglob("*.yaml"))
REGULATION = date(2021, 11, 30).toordinal()
STATUTE = date(1978, 3, 20).toordinal()


def tool():
    spec = importlib.util.spec_from_file_location("rulebooks_tool", ROOT / "tools/rulebooks.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


TOOL = tool()


def book(name):
    return rulebook_of(json.loads((RULEBOOKS / f"{name}.json").read_text()))


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_the_json_that_ships_is_that_of_its_yaml(source):
    """Content and hash: a rulebook that was changed and not compiled fails here."""
    text, findings = TOOL.compile_rulebook(source.read_bytes(), source.relative_to(ROOT).as_posix())
    shipped = source.with_suffix(".json").read_text(encoding="utf-8")
    assert findings == ()
    assert shipped == text
    assert json.loads(shipped)["sha256"] == hashlib.sha256(source.read_bytes()).hexdigest()


def test_no_json_ships_without_its_yaml():
    """What binds people must be readable by people."""
    assert [path.with_suffix(".yaml") for path in sorted(RULEBOOKS.rglob("*.json"))] == SOURCES


def books():
    return {path: book(path.relative_to(RULEBOOKS).with_suffix("").as_posix()) for path in SOURCES}


RULES = {rule.id: rule for found in books().values() for rule in found.rules}


def test_no_two_rules_have_one_name():
    """A reason names its rule, so the name must be one; it begins with that of its book, which is that of its file."""
    every = [rule.id for found in books().values() for rule in found.rules]
    assert len(every) == len(set(every))
    for path, found in books().items():
        assert found.name == path.relative_to(RULEBOOKS).with_suffix("").as_posix()
        assert all(rule.id.startswith(f"{found.name}/") for rule in found.rules)


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_every_rule_says_where_it_stands(rule):
    """A rule without a citation, an address, one sentence and a word on how well it was read would be an opinion."""
    assert rule.citation.text
    assert rule.citation.url.startswith("https://")
    assert rule.confidence in Confidence
    assert rule.says
    assert not rule.says.endswith(".")
    assert rule.values


WITHOUT_CODE = {"us/reg-f/bankruptcy", "us/reg-f/deceased"}
"""Rules about which the format of law cases has no word."""


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_every_rule_has_the_code_of_its_breach(rule):
    """The word by which other systems know it, wherever they have one."""
    assert bool(rule.code) is (rule.id not in WITHOUT_CODE)
    assert re.fullmatch("[A-Z][A-Z0-9_]*|", rule.code)


def test_what_a_rulebook_includes_ships_too():
    """And nobody includes a rulebook that includes others."""
    by_name = {found.name: found for found in books().values()}
    for found in by_name.values():
        assert all(not by_name[name].includes for name in found.includes)


def test_regulation_f_binds_those_who_collect_for_others_from_consumers():
    """None of its rules speaks to a creditor in its own name or about a business."""
    rules = book("us/reg-f").rules
    assert {rule.binds.collectors for rule in rules} == {frozenset({Collector.THIRD_PARTY})}
    assert {rule.binds.debtors for rule in rules} == {frozenset({PartyKind.CONSUMER})}
    assert {"hours", "seven-calls", "rest-after-conversation", "blocked-media", "cease", "attorney"} <= {
        rule.id.rpartition("/")[2] for rule in rules
    }


def test_the_limits_bind_whoever_takes_them_on():
    """They are the same limits as those of the regulation, for every collector and debtor, on every day.

    A portal of one's own is not among what they name; the regulation's hours are silent while somebody uses it.
    """
    law = {rule.id.rpartition("/")[2]: rule for rule in book("us/reg-f").rules}
    rules = {rule.id.rpartition("/")[2]: rule for rule in book("us/reg-f-limits").rules}
    assert list(rules) == ["hours", "seven-calls", "rest-after-conversation", "blocked-media"]
    for name, rule in rules.items():
        same = law[name]
        assert (rule.kind, rule.code) == (same.kind, same.code)
        assert rule.binds.channels == same.binds.channels - {Channel.PORTAL}
        assert rule.values[-1].limit == same.values[-1].limit
        assert rule.binds.collectors == rule.binds.debtors == frozenset()
        assert rule.values[0].since == STATUTE


CALL = frozenset({Channel.CALL})
NOT_COUNTED = frozenset({Outcome.NOT_CONNECTED, Outcome.WRONG_NUMBER})


@pytest.mark.parametrize(
    ("rule", "kind", "since", "expected"),
    [
        ("hours", RuleKind.PROHIBITION, STATUTE, Hours(((8 * 60 + 1, 20 * 60 + 59),), open_edges=True)),
        (
            "seven-calls",
            RuleKind.PRESUMPTION,
            REGULATION,
            ContactLimit(7, 7, CALL, Per.DEBT, Counting.BOTH, uncounted=NOT_COUNTED, consented=False),
        ),
        ("rest-after-conversation", RuleKind.PRESUMPTION, REGULATION, CoolingOff(7, CALL, Per.DEBT)),
        ("blocked-media", RuleKind.PROHIBITION, REGULATION, BlockedChannel()),
        ("cease", RuleKind.PROHIBITION, STATUTE, BlockedPerson(frozenset({HoldReason.CEASE}))),
        ("attorney", RuleKind.PROHIBITION, STATUTE, BlockedPerson(frozenset({HoldReason.ATTORNEY}))),
    ],
)
def test_the_numbers_of_regulation_f(rule, kind, since, expected):
    """As cited: open hours 8 to 9, seven calls in seven days, seven days of rest."""
    found = RULES[f"us/reg-f/{rule}"]
    assert (found.kind, found.confidence) == (kind, Confidence.HIGH)
    assert [(value.since, value.limit) for value in found.values] == [(since, expected)]
