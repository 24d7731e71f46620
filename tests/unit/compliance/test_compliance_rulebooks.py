"""The rulebooks that ship: data a lawyer can review, compiled to the JSON that the engine reads."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import sys
from datetime import date
from pathlib import Path

import pytest

from dunning_engine.compliance.rulebook import Confidence, RuleKind, rulebook_of
from dunning_engine.domain.arrangements import HoldReason
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

RULE = """
  - rule: hours
    kind: prohibition
    says: Not in the night
    binds: {}
    since: {2020-01-01: only after 08:00 and before 21:00}
    citation: {text: An act, url: "https://example.org/act"}
    confidence: high
"""
HEAD = """rulebook: xx/test
title: A test
state_of: 2026-01-01
rules:
"""


def compiled(rule=RULE, head=HEAD, file="xx/test.yaml"):
    return TOOL.compile_rulebook((head + rule.lstrip("\n")).encode(), file)


def finding(rule=RULE, **more):
    text, findings = compiled(rule, **more)
    assert text == ""
    (found,) = findings
    return found


def limit(phrase):
    text, findings = compiled(RULE.replace("only after 08:00 and before 21:00", phrase))
    assert findings == ()
    return rulebook_of(json.loads(text)).rules[0].values[0].limit


def book(name):
    return rulebook_of(json.loads((RULEBOOKS / f"{name}.json").read_text()))


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
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


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
def test_every_rule_says_where_it_stands(source):
    """A rule without a citation, an address and one sentence would be an opinion."""
    for rule in book(source.relative_to(RULEBOOKS).with_suffix("").as_posix()).rules:
        assert rule.id.startswith("us/reg-f")
        assert "USC" in rule.citation.text or "CFR" in rule.citation.text
        assert rule.citation.url.startswith("https://")
        assert not rule.says.endswith(".")


def test_regulation_f_binds_those_who_collect_for_others_from_consumers():
    """Its rules are these, and none speaks to a creditor in its own name or about a business."""
    rules = book("us/reg-f").rules
    assert [rule.id.removeprefix("us/reg-f/") for rule in rules] == [
        "hours",
        "seven-calls",
        "rest-after-conversation",
        "blocked-media",
        "cease",
        "attorney",
        "bankruptcy",
        "deceased",
    ]
    assert {rule.binds.collectors for rule in rules} == {frozenset({Collector.THIRD_PARTY})}
    assert {rule.binds.debtors for rule in rules} == {frozenset({PartyKind.CONSUMER})}


def test_the_limits_bind_whoever_takes_them_on():
    """They are the same limits as those of the regulation, for every collector and debtor, on every day."""
    law = {rule.id.rpartition("/")[2]: rule for rule in book("us/reg-f").rules}
    rules = book("us/reg-f-limits").rules
    assert [rule.id.rpartition("/")[2] for rule in rules] == list(law)[:4]
    for rule in rules:
        same = law[rule.id.rpartition("/")[2]]
        assert (rule.kind, rule.binds.channels, rule.values[-1].limit, rule.citation) == (
            same.kind,
            same.binds.channels,
            same.values[-1].limit,
            same.citation,
        )
        assert rule.binds.collectors == rule.binds.debtors == frozenset()
        assert rule.values[0].since == STATUTE


@pytest.mark.parametrize(
    ("rule", "kind", "since", "expected"),
    [
        ("hours", RuleKind.PROHIBITION, STATUTE, Hours(((8 * 60 + 1, 20 * 60 + 59),))),
        (
            "seven-calls",
            RuleKind.PRESUMPTION,
            REGULATION,
            ContactLimit(7, 7, frozenset({Channel.CALL}), Per.DEBT, Counting.BOTH),
        ),
        (
            "rest-after-conversation",
            RuleKind.PRESUMPTION,
            REGULATION,
            CoolingOff(7, frozenset({Channel.CALL}), Per.DEBT),
        ),
        ("blocked-media", RuleKind.PROHIBITION, REGULATION, BlockedChannel()),
        ("cease", RuleKind.PROHIBITION, STATUTE, BlockedPerson(frozenset({HoldReason.CEASE}))),
        ("attorney", RuleKind.PROHIBITION, STATUTE, BlockedPerson(frozenset({HoldReason.ATTORNEY}))),
    ],
)
def test_the_numbers_of_regulation_f(rule, kind, since, expected):
    """As cited: open hours 8 to 9, seven calls in seven days, seven days of rest."""
    found = next(r for r in book("us/reg-f").rules if r.id == f"us/reg-f/{rule}")
    assert (found.kind, found.confidence) == (kind, Confidence.HIGH)
    assert [(value.since, value.limit) for value in found.values] == [(since, expected)]


# The compiler of rulebooks --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("phrase", "expected"),
    [
        ("only after 07:30 and before 20:00", Hours(((7 * 60 + 31, 19 * 60 + 59),))),
        ("at most 3 contacts in 7 days per debtor by calendar", ContactLimit(3, 7)),
        (
            "at most 1 sms in 1 day per debt by the hour",
            ContactLimit(1, 1, frozenset({Channel.SMS}), Per.DEBT, Counting.ROLLING),
        ),
        ("no contact for 2 days from the day of a conversation with the debtor", CoolingOff(2, per=Per.DEBTOR)),
        ("no contact while deceased is in force", BlockedPerson(frozenset({HoldReason.DECEASED}))),
        ("no contact by a channel that the debtor refused", BlockedChannel()),
    ],
)
def test_what_a_rule_asks_is_a_phrase(phrase, expected):
    """One phrase for each kind of limit, read to the value that policies use too."""
    assert limit(phrase) == expected


@pytest.mark.parametrize(
    ("old", "new", "place", "code", "message"),
    [
        ("confidence: high", "confidense: high", (11, 5), "DUN201", '"confidense" is no key of a rule'),
        ("binds: {}", "binds: {debtor: [consumer]}", (8, 13), "DUN201", '"debtor" is no key of binds'),
        ("kind: prohibition", "kind: advice", (6, 11), "DUN204", '"advice" is none of the words that fit here'),
        ("binds: {}", "binds: {channels: [fax]}", (8, 24), "DUN204", '"fax" is none of the words that fit here'),
        ("binds: {}", "binds: {channels: call}", (8, 23), "DUN203", "channels is a list with at least one item"),
        ("binds: {}", "binds: everybody", (8, 12), "DUN203", "binds has keys of its own"),
        ("rule: hours", "rule: Hours", (5, 11), "DUN204", '"Hours" is not a name such as quiet-hours'),
        ("says: Not in the night", "says:", (7, 10), "DUN203", "here stands a text"),
        ("before 21:00", "befor 21:00", (9, 46), "DUN204", 'expected "before", not "befor"'),
        ("before 21:00", "before 08:01", (9, 25), "DUN204", "no minute lies after 08:00 and before 08:01"),
        ("2020-01-01", "2020-13-01", (9, 13), "DUN204", '"2020-13-01" is not a day such as 2021-11-30'),
        ("{2020-01-01: only after 08:00 and before 21:00}", "{}", (9, 12), "DUN203", "since needs at least one entry: a day and what is asked from then on"),
        ("    kind: prohibition\n", "", (5, 5), "DUN202", "a rule needs kind"),
        ('citation: {text: An act, url: "https://example.org/act"}', "citation: An act", (10, 15), "DUN203", "a citation has keys of its own"),
    ],
)  # fmt: skip
def test_every_mistake_is_told_where_it_stands(old, new, place, code, message):
    """Unknown keys, unknown words, missing keys and phrases that say nothing are refused with line and column."""
    text, findings = compiled(RULE.replace(old, new))
    assert text == ""
    assert ((place, code), message) in [(((f.place.line, f.place.column), f.code), f.message) for f in findings]


def test_a_wrong_word_brings_a_suggestion():
    """As everywhere in the house."""
    found = finding(RULE.replace("prohibition", "prohibiton"))
    assert found.suggestion == "prohibition"
    assert found.accepted == ("prohibition", "presumption", "requirement")


def test_a_missing_since_and_a_missing_citation_are_told_once():
    """A missing key is one finding, not one more for each part of it."""
    text, findings = compiled("  - {rule: a, kind: prohibition, says: b, confidence: low}\n")
    assert text == ""
    assert [f.message for f in findings] == ["a rule needs binds", "a rule needs since", "a rule needs citation"]


def test_two_rules_of_one_name_are_refused():
    """A reason names its rule, so the name must be one."""
    found = finding(RULE + RULE.lstrip("\n"))
    assert (found.code, found.message, found.place.line) == ("DUN120", 'a rule "hours" is already there', 12)


def test_a_rulebook_is_named_after_its_file():
    """What a policy writes under `law:` is the path of the file."""
    found = finding(file="xx/other.yaml")
    assert (found.message, found.place.line) == ("xx/test is not the name of this file", 1)


def test_a_broken_text_is_told_like_any_other():
    """Mistakes of YAML itself come with the same codes as in policies."""
    assert finding(head="rulebook: a: b\n").code == "DUN101"
    assert [f.code for f in compiled(head="", rule="")[1]] == ["DUN122"]


def test_the_tool_writes_the_json_or_tells_what_is_wrong(tmp_path, monkeypatch, capsys):
    """One run compiles every rulebook, or writes none and shows each mistake."""
    root = tmp_path / "a/b/rulebooks"
    (root / "xx").mkdir(parents=True)
    source = root / "xx/test.yaml"
    monkeypatch.setattr(TOOL, "ROOT", root)
    source.write_text(HEAD + RULE.lstrip("\n"))
    assert TOOL.main() == 0
    assert json.loads(source.with_suffix(".json").read_text())["rulebook"] == "xx/test"
    source.write_text((HEAD + RULE.lstrip("\n")).replace("title", "titel"))
    before = source.with_suffix(".json").read_text()
    assert TOOL.main() == 1
    assert 'DUN201 "titel" is no key of a rulebook' in capsys.readouterr().err
    assert source.with_suffix(".json").read_text() == before
