"""The language of rulebooks: phrases of fixed words, compiled to JSON, with every mistake told where it stands."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from dunning_engine.compliance.rulebook import rulebook_of
from dunning_engine.domain.arrangements import HoldReason
from dunning_engine.domain.contacts import Outcome
from dunning_engine.domain.docket import TERMS, Sort
from dunning_engine.domain.limits import (
    EVER,
    BlockedChannel,
    BlockedPerson,
    BureauNotice,
    Carries,
    ClosedDays,
    ContactLimit,
    CoolingOff,
    Counting,
    Hours,
    InconvenientPlaces,
    InconvenientTimes,
    OpenChallenge,
    Per,
    Prerequisites,
    RefusedAddress,
    Retries,
    Spacing,
    Together,
)
from dunning_engine.domain.parties import Channel, Collector
from dunning_engine.domain.questions import Op, Question, Unit
from dunning_engine.kernel.grammar import Misfit
from dunning_engine.kernel.slots import COUNT, TIME

ROOT = Path(__file__).parents[3]


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


def book(rule=RULE, head=HEAD):
    text, findings = compiled(rule, head)
    assert findings == ()
    return rulebook_of(json.loads(text))


def asking(what):
    """A rule that asks something else."""
    return RULE.replace("only after 08:00 and before 21:00", what)


def limit(what):
    return book(asking(what)).rules[0].values[0].limit


# Phrases --------------------------------------------------------------------------------------------------------------

SLOTS = {COUNT.name: st.integers(1, 999), TIME.name: st.integers(0, 1439)}


def slot_values(slot):
    return SLOTS.get(slot.name, st.just(slot.parse(slot.example)))


@pytest.mark.parametrize("form", TOOL.LIMIT.forms, ids=lambda form: form.pattern)
@given(data=st.data())
def test_a_limit_reads_back_what_it_prints(form, data):
    """One spelling for each, whatever stands in its slots."""
    values = {name: data.draw(slot_values(slot)) for name, slot in form.slots.items()}
    text = form.show(values)
    read = TOOL.LIMIT.parse(text)
    assume(not isinstance(read, Misfit))
    assert read.values == values
    assert TOOL.LIMIT.parse(TOOL.LIMIT.show(read)) == read


ASKED = {
    Op.IS: (Sort.WORD, Sort.FLAG),
    Op.IS_NOT: (Sort.WORD, Sort.FLAG),
    Op.KNOWN: tuple(Sort),
    Op.UNKNOWN: tuple(Sort),
    Op.INCLUDES: (Sort.WORDS,),
    Op.HOLDS_ONLY: (Sort.WORDS,),
    Op.WITHIN: (Sort.HAPPENED,),
    Op.WAITED: (Sort.HAPPENED,),
    Op.OVER: (Sort.DAY,),
    Op.RUNS: (Sort.DAY,),
    Op.AFTER: (Sort.DAY, Sort.HAPPENED),
}
UNITS = {Op.WITHIN: (Unit.DAYS, Unit.MINUTES), Op.WAITED: (Unit.DAYS, Unit.YEARS)}


def facts(op):
    closed = op not in (Op.INCLUDES, Op.HOLDS_ONLY)
    return sorted(name for name, term in TERMS.items() if term.sort in ASKED[op] and (closed or term.words))


@st.composite
def questions(draw, op):
    fact = draw(st.sampled_from(facts(op)))
    words = ("yes", "no") if TERMS[fact].sort is Sort.FLAG else TERMS[fact].words
    named = op in (Op.IS, Op.IS_NOT, Op.INCLUDES, Op.HOLDS_ONLY)
    return Question(
        op,
        fact,
        tuple(draw(st.lists(st.sampled_from(words), min_size=1, max_size=3, unique=True))) if named else (),
        draw(st.integers(1, 999)) if op in (Op.WITHIN, Op.WAITED, Op.AFTER) else 0,
        draw(st.sampled_from(UNITS.get(op, (Unit.DAYS,)))),
        draw(st.sampled_from(facts(op))) if op is Op.AFTER else "",
    )


@pytest.mark.parametrize("op", Op)
@given(data=st.data())
def test_a_question_reads_back_what_it_prints(op, data):
    """Whatever can be asked about the docket has one phrase, and the JSON says the same."""
    question = data.draw(questions(op))
    phrase = TOOL.QUESTION.show(question)
    assert TOOL.QUESTION.parse(phrase) == question
    (rule,) = book(RULE.replace("    kind:", f"    when: [{phrase}]\n    kind:")).rules
    assert rule.when == (question,)


CALL, SMS, EMAIL = Channel.CALL, Channel.SMS, Channel.EMAIL
NOT_COUNTED = frozenset({Outcome.NOT_CONNECTED, Outcome.WRONG_NUMBER})


@pytest.mark.parametrize(
    ("phrases", "expected"),
    [
        ("only after 07:30 and before 20:00", Hours(((451, 1199),), open_edges=True)),
        (
            "[on monday to saturday only after 08:00 and before 21:00, on sunday only after 13:00 and before 17:00]",
            Hours(((481, 1259),), ((6, ((781, 1019),)),), open_edges=True),
        ),
        ("on monday to friday only after 08:00 and before 21:00", Hours(((481, 1259),), ((5, ()), (6, ())), open_edges=True)),
        (
            "[only after 08:00 and before 21:00, and in America/New_York as well]",
            Hours(((481, 1259),), (), "America/New_York", open_edges=True),
        ),
        ("no contact on holidays of CA-ON", ClosedDays(holidays=True, calendar="CA-ON")),
        ("at most 3 contacts in 7 days per debtor by calendar", ContactLimit(3, 7)),
        ("at most 1 sms in 1 day per debt by the hour", ContactLimit(1, 1, frozenset({SMS}), Per.DEBT, Counting.ROLLING)),
        (
            "at most 2 telephone contacts in 7 days per debt by calendar and by the hour",
            ContactLimit(2, 7, frozenset({CALL, SMS}), Per.DEBT, Counting.BOTH),
        ),
        ("at most 1 letter in a calendar month per debtor",
         ContactLimit(1, 31, frozenset({Channel.LETTER}), counting=Counting.MONTH)),
        ("at most 1 contact ever per debtor", ContactLimit(1, EVER, counting=Counting.ROLLING)),
        (
            "[at most 7 calls in 7 days per debt by calendar, not counting calls that reached no telephone, not counting wrong numbers, not counting calls to which the debtor agreed]",
            ContactLimit(7, 7, frozenset({CALL}), Per.DEBT, uncounted=NOT_COUNTED, consented=False),
        ),
        (
            "[at most 2 contacts in 7 days per debtor by calendar, counting only conversations, counting only contacts at work]",
            ContactLimit(2, 7, counted=frozenset({Outcome.CONVERSATION}), lines=frozenset({"work"})),
        ),
        (
            "[at most 2 contacts in 7 days per debtor by calendar, not counting replies to the debtor, counting only from the first conversation on, counting only what the debtor never answered]",
            ContactLimit(2, 7, replies=False, since_conversation=True, unanswered=True),
        ),
        ("no contact for 2 days from the day of a conversation with the debtor", CoolingOff(2, per=Per.DEBTOR)),
        ("no call for 7 days from the day of a conversation about the debt", CoolingOff(7, frozenset({CALL}))),
        ("no call for 7 days after the day of a conversation about the debt",
         CoolingOff(7, frozenset({CALL}), day_itself=True)),
        ("none within 5 minutes of the last call", Spacing(5, frozenset({CALL}))),
        ("none within 5 minutes of the last contact", Spacing(5)),
        ("no contact by a channel that the debtor refused", BlockedChannel()),
        ("no contact at an address that the debtor refused", RefusedAddress()),
        ("no contact at times that the debtor called inconvenient", InconvenientTimes()),
        ("no contact at places that the debtor called inconvenient", InconvenientPlaces()),
        ("no contact while a dispute is unanswered", OpenChallenge()),
        ("no report before a notice has stood for 14 days", BureauNotice(14)),
        ("at most 15 further attempts in 30 days", Retries(15, 720)),
        ("at most 1 further attempt in 24 hours", Retries(1, 24)),
        ("no contact while deceased is in force", BlockedPerson(frozenset({HoldReason.DECEASED}))),
        ("[no contact while cease is in force, no contact while attorney is in force]",
         BlockedPerson(frozenset({HoldReason.CEASE, HoldReason.ATTORNEY}))),
        ("{carries: [opt_out, from_debt_collector]}", Carries(("opt_out", "from_debt_collector"))),
        (
            "{all_used_up: [at most 2 calls in 7 days per debtor by calendar, [at most 1 email in 7 days per debtor by calendar, not counting replies to the debtor]]}",
            Together((ContactLimit(2, 7, frozenset({CALL})), ContactLimit(1, 7, frozenset({EMAIL}), replies=False))),
        ),
        (
            "{needs: [email_about_debt is yes], needs_any: [[deadline is over], [reply is yes, 3 years are over since last_activity]], refuses: [oral_stop is known]}",
            Prerequisites(
                (Question(Op.IS, "email_about_debt", ("yes",)),),
                (
                    (Question(Op.OVER, "deadline"),),
                    (
                        Question(Op.IS, "reply", ("yes",)),
                        Question(Op.WAITED, "last_activity", count=3, unit=Unit.YEARS),
                    ),
                ),
                (Question(Op.KNOWN, "oral_stop"),),
            ),
        ),
    ],
)  # fmt: skip
def test_what_a_rule_asks_is_said_in_phrases(phrases, expected):
    """One phrase, several that together are one limit, or questions to the docket."""
    assert limit(phrases) == expected


def test_every_key_of_a_rulebook_and_its_rules():
    """What stands in the file is in the rulebook; a rule binds whom the file says, unless it says otherwise itself."""
    head = """rulebook: xx/test
title: A test
state_of: 2026-01-01
place: US-MA
place_needed: yes
includes: [xx/other]
binds: {collectors: [third_party], regulators: [fca]}
rules:
"""
    rule = RULE.replace("binds: {}", "binds: {channels: [call], regulators: [rbi]}").replace(
        "    confidence:",
        "    code: TIME_WINDOW\n    when: [line is work]\n    unless: [reply is yes]\n"
        "    offstage: yes\n    conflict: C1\n    confidence:",
    )
    found = book(rule, head)
    (read,) = found.rules
    assert (found.place, found.place_needed, found.includes) == ("US-MA", True, ("xx/other",))
    assert (read.code, read.offstage, read.conflict) == ("TIME_WINDOW", True, "C1")
    assert (read.binds.collectors, read.binds.regulators) == (frozenset({Collector.THIRD_PARTY}), {"rbi"})
    assert read.binds.channels == {Channel.CALL}
    assert read.when == (Question(Op.IS, "line", ("work",)),)
    assert read.unless == (Question(Op.IS, "reply", ("yes",)),)


def test_a_rulebook_of_rulebooks_may_have_no_rules_itself():
    """Only then."""
    head = HEAD.replace("rules:\n", "includes: [xx/other]\nrules: []\n")
    assert book("", head).rules == ()
    text, findings = compiled("", HEAD.replace("rules:\n", "rules: []\n"))
    assert (text, [f.message for f in findings]) == ("", ["rules is a list with at least one item"])


# Mistakes -------------------------------------------------------------------------------------------------------------


def found_in(what):
    """The findings in what a rule asks; columns count from its first character."""
    start = RULE.index("only after") - RULE.rindex("\n", 0, RULE.index("only after"))
    text, findings = compiled(asking(what))
    assert text == ""
    return [(f.place.column - start + 1, f.message, f.suggestion) for f in findings]


@pytest.mark.parametrize(
    ("what", "column", "message", "suggestion"),
    [
        ("no contact while decesed is in force", 18, '"decesed" does not fit here', "no contact while deceased is in force"),
        ("at most 7 callls in 7 days per debt by calendar", 11, '"callls" does not fit here',
         "at most 7 calls in 7 days per debt by calendar"),
        ("{needs: [email_bases is direct_consent]}", 10, 'nothing on the docket is called "email_bases"', "email_basis"),
        ("{needs: [email_basis is direct_consnt]}", 10,
         'email_basis is never "direct_consnt", but consumer_used, direct_consent', "direct_consent"),
        ("{needs: [reply is maybe]}", 10, 'reply is never "maybe", but yes, no', None),
        ("{needs: [oral_stop is yes]}", 10, "that cannot be asked of it", None),
        ("{needs: [deadline is less than 3 days ago]}", 10, "that cannot be asked of it", None),
        ("{needs: [oral_stop is over]}", 10, "that cannot be asked of it", None),
        ("{needs: [purpose includes collect]}", 10, "that cannot be asked of it", None),
        ("{needs: [deadline is at least 1 day after validaton_end]}", 10,
         'nothing on the docket is called "validaton_end"', "validation_end"),
        ("{carries: [opt_ot]}", 12, '"opt_ot" is none of the words that fit here', "opt_out"),
        ("{need: [reply is yes]}", 2, '"need" is no key of what a rule asks', "needs"),
        ("and in America/New_Yrok as well", 8, "is not an IANA time zone", None),
    ],
)  # fmt: skip
def test_a_mistake_in_a_phrase_is_told_where_it_stands(what, column, message, suggestion):
    """The word that is wrong, and what was probably meant."""
    ((where, told, meant),) = found_in(what)
    assert message in told
    assert (where, meant) == (column, suggestion)


def test_two_kinds_of_limit_are_two_rules():
    """A value is one limit."""
    ((_, message, _),) = found_in("[no contact while cease is in force, at most 1 call in 1 day per debt by calendar]")
    assert message == "these are several limits (blocked_person, contacts): write a rule for each"


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
    assert [f.message for f in findings] == ["a rule needs since", "a rule needs citation"]


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
