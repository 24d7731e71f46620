"""Test files of policies: what they may say, and how mistakes in them are told."""

from __future__ import annotations

from datetime import date
from textwrap import dedent

import pytest

from dunning_engine.domain.events import HoldPlaced, OptedOut
from dunning_engine.domain.parties import PartyKind
from dunning_engine.kernel.money import Money
from dunning_engine.simulation.world import Approvals
from dunning_engine.testing.reading import CODES, is_policy_test, parse_scenarios

GOOD = """
policy: shop
tests:
  - name: one
    given:
      debtor: {name: ann, kind: business, country: DE, zone: Europe/Berlin}
      invoice: {number: INV-1, amount: 240.00 EUR, due: 2026-03-02}
    on:
      2026-02-20: [payment of 40.00, fact vip is true]
    expect:
      2026-03-06: email reminder
"""


def read(text: str):
    return parse_scenarios(dedent(text).lstrip("\n").encode(), file="shop.test.yaml")


def only(text: str):
    found = read(text)
    assert found.diagnostics == ()
    (scenario,) = found.scenarios
    return scenario


def findings(text: str) -> list[str]:
    return [f"{d.place.line}:{d.place.column} {d.code} {d.message}" for d in read(text).diagnostics]


def test_file():
    """A file says whose policy it tests, and each test what is given, told and expected."""
    scenario = only(GOOD)

    assert read(GOOD).policy[0] == "shop"
    assert (scenario.name, scenario.place.line) == ("one", 3)
    assert (scenario.debtor.id, scenario.debtor.kind) == ("ann", PartyKind.BUSINESS)
    assert scenario.invoices[0][0].amount == Money("240.00", "EUR")
    assert [told.day for told in scenario.facts] == [date(2026, 2, 20)] * 2
    assert scenario.until == date(2026, 3, 6)


def test_without_issue_date():
    """An invoice without `issued` is there from the first day that the test names."""
    assert only(GOOD).invoices[0][0].issued == date(2026, 2, 20)


def test_from_the_start():
    """Holds and refused channels of the debtor are facts without a day; lists and texts say the same."""
    listed = GOOD.replace("kind: business", "holds: [bankrupt, deceased], opted_out: [sms, call]")
    told = GOOD.replace("kind: business", "holds: bankrupt; deceased, opted_out: sms call")

    facts = [fact.fact for fact in only(listed).facts if fact.day is None]
    assert facts == [fact.fact for fact in only(told).facts if fact.day is None]
    assert [type(fact) for fact in facts] == [HoldPlaced, HoldPlaced, OptedOut, OptedOut]


def test_unknown_kind_is_consumer():
    """Who is not said to be a business is protected as a consumer."""
    assert only(GOOD.replace("kind: business, ", "")).debtor.kind is PartyKind.CONSUMER


@pytest.mark.parametrize(
    ("line", "approvals"),
    [("none", Approvals(None)), ("instant", Approvals(0)), ("1 day", Approvals(1)), ("3 days", Approvals(3))],
)
def test_approvals(line, approvals):
    """How people answer may be said."""
    assert only(GOOD.replace("      invoice:", f"      approvals: {line}\n      invoice:")).granting == approvals


def test_approvals_by_facts():
    """Else they agree at once, unless the facts tell what they answered."""
    assert only(GOOD).granting == Approvals(0)
    assert only(GOOD.replace("fact vip is true", "approved agency")).granting == Approvals(None)


@pytest.mark.parametrize(
    ("old", "new", "finding"),
    [
        ("policy: shop", "polcy: shop", '1:1 DUN272 a test file has no key "polcy"'),
        ("policy: shop", "policy: ../shop", "1:9 DUN274 here stands the name of a policy, such as us-consumer"),
        ("name: one", "nam: one", '3:5 DUN272 a test has no key "nam"'),
        ("name: one", "name:", "3:10 DUN271 here stands the name of a test"),
        ("country: DE", "contry: DE", '5:43 DUN272 a debtor has no key "contry"'),
        ("kind: business", "kind: firm", "5:33 DUN274 \"kind\": 'firm' is none of consumer, business"),
        (", due: 2026-03-02", "", '6:16 DUN273 an invoice needs the key "due"'),
        ("240.00 EUR", "240.00 EUX", "6:47 DUN274 'EUX' is not an ISO 4217 currency code such as USD or EUR"),
        ("240.00 EUR", "0 EUR", "6:40 DUN274 invoice INV-1 is over nothing"),
        ("2026-02-20:", "2026-02-31:", "8:7 DUN275 '2026-02-31' is not a date of the form YYYY-MM-DD"),
        ("payment of", "paymnt of", '8:20 DUN276 "paymnt" does not fit the beginning of a fact'),
        ("email reminder", "emial reminder", '10:19 DUN277 "emial" does not fit the beginning of an expectation'),
        ("email reminder", "[sms a, nothing]", '10:27 DUN277 "nothing" stands alone on its day'),
        ("email reminder", "{sms: a}", "10:19 DUN271 a day has one phrase, or a list of phrases"),
    ],
)
def test_mistake(old, new, finding):
    """Each mistake is told once, at its place."""
    assert old in GOOD

    assert findings(GOOD.replace(old, new)) == [finding]


def test_every_mistake():
    """All mistakes are told at once, those of every test."""
    text = """
    policy: shop
    tests:
      - name: one
        givn: {}
        expect: {2026-03-06: nothing}
      - name: one
        given:
          debtor: ann
          invoice: {number: INV-1, amount: 1 EUR, due: soon}
          invoices: [{number: INV-1, amount: 1 EUR, due: 2026-03-02}]
          approvals: sometimes
        on: payment of 1.00
        expect: {}
      - two
    """

    assert [(d.place.line, d.code) for d in read(text).diagnostics] == [
        (4, "DUN272"),
        (6, "DUN278"),
        (8, "DUN273"),
        (8, "DUN271"),
        (9, "DUN274"),
        (11, "DUN274"),
        (12, "DUN271"),
        (13, "DUN277"),
        (14, "DUN271"),
    ]


@pytest.mark.parametrize(
    ("text", "finding"),
    [
        ("policy: shop\ntests: []\n", "2:8 DUN273 there is no test in this file"),
        ("policy: shop\ntests: one\n", '2:8 DUN271 "tests" is a list: "- name: …"'),
        ("policy: shop\n", '1:1 DUN273 a test file needs the key "tests"'),
        ("policy: a: b\n", "1:9 DUN101 a value that contains ': ' must be quoted"),
    ],
)
def test_file_mistake(text, finding):
    """A file without tests is a mistake too."""
    assert findings(text) == [finding]


def test_invoice_twice():
    """Two invoices of a test have two numbers."""
    one = "{number: INV-1, amount: 240.00 EUR, due: 2026-03-02}"
    text = GOOD.replace(f"invoice: {one}", f"invoices: [{one}, {one}]")

    assert findings(text) == ["6:72 DUN274 invoice INV-1 is there twice"]


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        (GOOD, True),
        ("polcy: shop\ntests: []\n", True),
        ("policy: shop\n  tests: [\n", True),
        ("kind: law-cases\ncases: []\n", False),
        ("suite: chart\ntests: []\n", False),
        ("- policy\n- tests\n", False),
        ("", False),
    ],
)
def test_is_policy_test(text, meant):
    """Files of other programs are told apart; a misspelt one of ours is not passed over in silence."""
    assert is_policy_test(text.encode(), file="x.test.yaml") is meant


def test_codes():
    """Codes are those of shapes."""
    assert all(code.startswith("DUN2") for code in CODES)


def test_phrase_over_lines():
    """A phrase that is spelled with escapes is marked as a whole."""
    text = GOOD.replace("email reminder", r'"emial\x20reminder"')
    (finding,) = read(text).diagnostics

    assert (finding.place.column, finding.place.end_column) == (19, 38)


def test_list_of_text():
    """Items of a list are texts; an empty one is told."""
    assert findings(GOOD.replace("kind: business", "opted_out: [sms, '']")) == [
        "5:44 DUN271 here stands an item of opted_out"
    ]
    assert findings(GOOD.replace("240.00 EUR", "[240.00 EUR]")) == ["6:40 DUN271 here stands an amount of money"]
