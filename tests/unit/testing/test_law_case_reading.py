"""Reading law cases: every mistake at its place, all of them at once."""

from __future__ import annotations

import pytest

from dunning_engine.testing import run_file
from dunning_engine.testing.law_cases import is_law_cases, parse_law_cases

GOOD = """\
kind: law-cases
contact_cases:
  - id: one
    law: [us/reg-f]
    given:
      consumer: {locations: [{kind: office, tz: America/New_York}], inconvenient_times: [{from: "09:00", to: "24:00"}]}
      prior_contacts: [{at: 2026-06-01T10:00:00-04:00, channel: call, replies: 2}]
      email_basis: {kind: consumer_used, about_debt: true, opted_out_at: 2026-05-01}
      validation_notice_sent: ~
    attempt: {at: 2026-06-10T12:00:00-04:00, channel: call}
    expected: allowed
computation_cases:
  - id: two
    law: us/reg-f
    kind: cooling_off
    given: {conversation_date: 2026-08-13}
    expected: {first_call_date: 2026-08-20}
"""


def parse(text, laws=("us/reg-f", "us/ma")):
    return parse_law_cases(text.encode(), file="law.yaml", laws=laws)


def findings(text):
    return [str(found).removeprefix("law.yaml:") for found in parse(text).diagnostics]


def test_values():
    """Values are read by their kind; what is null is known not to be, what is not there was not told."""
    parsed = parse(GOOD)
    assert parsed.diagnostics == ()
    (case,), (sum_,) = parsed.contacts, parsed.computations
    given = case.facts.group("given")
    assert (case.id, case.expected, case.place.line) == ("one", "allowed", 3)
    assert given.group("consumer").groups("locations")[0].texts("tz") == ("America/New_York",)
    assert given.group("consumer").groups("inconvenient_times")[0].minute("to", 0) == 1439
    assert given.groups("prior_contacts")[0].count("replies") == 2
    assert "validation_notice_sent" in given
    assert not given.has("validation_notice_sent")
    assert "validation_end" not in given
    assert sum_.group("expected") == {"first_call_date": "2026-08-20"}


MOMENT = "a date such as 2026-06-10, or an instant such as 2026-06-10T12:00:00-04:00"
PLACE = "a country, state or city such as GB, US-MA or US-NY-NYC"


@pytest.mark.parametrize(
    ("old", "new", "at", "finding", "meant"),
    [
        ("about_debt", "abuot_debt", "abuot", 'DUN272 "email_basis" has no key "abuot_debt"', "about_debt"),
        ("channel: call}", "channel: cal}", "cal}", 'DUN274 "cal" is no word for "channel"', "call"),
        ("[us/reg-f]", "[us/reg-g]", "us/reg-g", 'DUN274 "us/reg-g" is no word for "law"', "us/reg-f"),
        ("York", "Yrok", "America", 'DUN274 "America/New_Yrok" is no time zone', "America/New_York"),
        ("    expected: allowed\n", "", "id: one", 'DUN273 an entry of "contact_cases" needs the key "expected"', None),
        ("attempt: {at", "atempt: {at", "atempt", 'DUN272 an entry of "contact_cases" has no key "atempt"', "attempt"),
        ("debt: true", "debt: maybe", "maybe", 'DUN274 "about_debt" is true or false, not "maybe"', None),
        ("replies: 2", "replies: two", "two}", 'DUN274 "replies" is a whole number, not "two"', None),
        ("05-01", "05-32", "2026-05-32", f'DUN275 "opted_out_at" is {MOMENT}, not "2026-05-32"', None),
        ('"09:00"', '"9h"', '"9h"', 'DUN274 "from" is a time of day such as 08:30, not "9h"', None),
        ("kind: office", "kind: [office]", "[office]", 'DUN271 "kind" is one of a few words', None),
        ("validation_notice_sent: ~", "debts: D1", "D1", 'DUN271 "debts" is a list', None),
        ("validation_notice_sent: ~", "debts: [D1, ~]", "~]", 'DUN271 "debts" has an empty item', None),
        ("validation_notice_sent: ~", "notice: D1", "D1", 'DUN271 "notice" is written as keys with values', None),
        (
            "validation_notice_sent: ~",
            "student_loan_account: [A]",
            "[A]",
            'DUN271 "student_loan_account" is written as names with texts',
            None,
        ),
        (
            "validation_notice_sent: ~",
            "jurisdiction: Texas",
            "Texas",
            f'DUN274 "jurisdiction" is {PLACE}, not "Texas"',
            None,
        ),
        ("first_call_date", "first_cal_date", "first_cal", 'DUN272 "expected" has no key "first_cal_date"', "first_call_date"),
        ("  - id: two", "  - id: one #", "one #", 'DUN278 another case is called "one" too', None),
        ("kind: cooling_off", "kind: &a cooling_off", "&a", "DUN115 & names a part of the file: remove it, or quote the value", None),
        ("kind: cooling_off", "kind: !!str cooling_off", "!!str", "DUN118 ! names a type of value: remove it, or quote the value", None),
    ],
)  # fmt: skip
def test_mistake(old, new, at, finding, meant):
    """Each mistake has a place, a code and, where it looks like something known, what was meant."""
    assert GOOD.count(old) == 1
    text = GOOD.replace(old, new)
    before = text[: text.index(at)].split("\n")
    (found,) = parse(text).diagnostics
    assert str(found) == f"law.yaml:{len(before)}:{len(before[-1]) + 1} {finding}"
    assert found.suggestion == meant


def test_all_at_once():
    """One look at a file tells everything that is wrong with it, and nothing of it runs."""
    text = GOOD.replace("channel: call}", "channel: fax}").replace("kind: cooling_off", "kind: cooling")
    parsed = parse(text)
    assert [(found.place.line, found.code) for found in parsed.diagnostics] == [(10, "DUN274"), (15, "DUN274")]
    assert parsed.contacts == parsed.computations == ()


@pytest.mark.parametrize(
    ("text", "finding"),
    [
        ("kind: law-cases\n", "1:1 DUN273 a file of law cases holds at least one case"),
        ("kind: law-cases\ncases: []\n", '2:1 DUN272 a file of law cases has no key "cases"'),
        ("kind: law-cases\ncontact_cases: {}\n", '2:16 DUN271 "contact_cases" is a list'),
        (
            "kind: law-cases\ncontact_cases: [one]\n",
            '2:17 DUN271 an entry of "contact_cases" is written as keys with values',
        ),
        ("kind: law-cases\ncontact_cases: [\n", "2:16 DUN104"),
    ],
)
def test_shape(text, finding):
    """So it is with a file that is built in another way."""
    *holds_none, found = findings(text)
    assert found.startswith(finding)
    assert holds_none in ([], ["1:1 DUN273 a file of law cases holds at least one case"])


def test_many_cases():
    """Files of cases may be much larger than policies."""
    case = GOOD[GOOD.index("  - id: two") :]
    text = GOOD + "".join(case.replace("two", f"case {number}") for number in range(900))
    assert len(parse(text).computations) == 901


@pytest.mark.parametrize(
    ("data", "meant"),
    [
        (GOOD.encode(), True),
        (b"\xef\xbb\xbfkind: law-cases\n", True),
        (b'{"kind": "law-cases"}', True),
        (b"policy: shop\ntests: []\n", False),
        (b"policy: shop\ntests:\n  kind: law-cases\n", False),
        (b"", False),
    ],
)
def test_is_law_cases(data, meant):
    """Files of another kind are told apart without being read."""
    assert is_law_cases(data) is meant


def test_file(tmp_path):
    """A file of cases runs like a test file; what fails says what came instead, and by which rule."""
    file = tmp_path / "law.yaml"
    file.write_text(GOOD.replace("T12:00", "T22:00").replace("08-20}", "08-21}"), "utf-8")
    result = run_file(file)
    contact, computed = result.results
    assert not result.passed
    assert contact.as_json() == {
        "id": "one",
        "passed": False,
        "verdict": "denied",
        "expected": "allowed",
        "reasons": ["TIME_KNOWN_INCONVENIENT", "TIME_WINDOW"],
        "rules": list(contact.rules),
        "citations": list(contact.citations),
        "message": contact.message,
    }
    assert contact.message.startswith("expected allowed, but it is denied: ")
    assert "[us/reg-f/hours, 12 CFR 1006.6(b)(1)(i); 15 USC 1692c(a)(1)]" in contact.message
    assert computed.verdict == {"first_call_date": "2026-08-20"}
    assert computed.expected == {"first_call_date": "2026-08-21"}
    assert computed.message == "first_call_date: expected 2026-08-21, computed 2026-08-20"


def test_failures(tmp_path):
    """A denial that does not come, a code that is another one, and a case that cannot be asked."""
    file = tmp_path / "law.yaml"
    denied = GOOD.replace("expected: allowed", "expected: denied\n    reason: POSTCARD").replace(
        "from: ", "all_day: ~, from: "
    )
    file.write_text(
        denied.replace('"09:00"', '"23:00"').replace("validation_notice_sent: ~", "known_name: Ann"), "utf-8"
    )
    contact, _ = run_file(file).results
    assert contact.message == "expected denied (POSTCARD), but no rule has anything against it"
    file.write_text(denied, "utf-8")
    contact, _ = run_file(file).results
    assert contact.verdict == "denied"
    assert contact.message.startswith("expected denied (POSTCARD), but it is denied: TIME_KNOWN_INCONVENIENT: ")
    file.write_text(GOOD.replace("at: 2026-06-01T10:00:00-04:00", "from: 2026-01-01, count: 20000"), "utf-8")
    contact, computed = run_file(file).results
    assert contact.verdict is None
    assert contact.message == "the case could not be asked: UsageError: a case tells of at most 10,000 contacts at once"
    assert computed.passed
