"""Whom rulebooks bind: collectors, the regulated, and debtors, each read off the rules themselves."""

from __future__ import annotations

import pytest
from conftest import CALLS, HOURS, Calendars, completed

from dunning_engine.domain.parties import Collector, PartyKind
from dunning_engine.policy.compiler import compile_policy
from dunning_engine.policy.law import BookLaw, Bound

THIRD = frozenset({Collector.THIRD_PARTY})
OURS = frozenset({Collector.FIRST_PARTY})
CONSUMERS = frozenset({PartyKind.CONSUMER})
FCA, RBI = Bound(regulators=frozenset({"fca"})), Bound(regulators=frozenset({"rbi"}))

BOOKS = {
    "xx/third": BookLaw((Bound(THIRD),), ((Bound(THIRD), HOURS),)),
    "xx/ours": BookLaw((Bound(OURS),), ((Bound(OURS), HOURS),)),
    "xx/in-default": BookLaw((Bound(frozenset({Collector.FIRST_PARTY_IN_DEFAULT})),), ()),
    "xx/consumers": BookLaw((Bound(debtors=CONSUMERS),), ((Bound(debtors=CONSUMERS), HOURS),)),
    "xx/fca": BookLaw((FCA,), ((FCA, HOURS),)),
    "xx/regulated": BookLaw((FCA, RBI), ()),
    "xx/mixed": BookLaw((Bound(THIRD), FCA), ((Bound(THIRD), HOURS), (FCA, CALLS))),
    "xx/massachusetts": BookLaw((Bound(place="US-MA"),), ((Bound(place="US-MA"), HOURS),)),
    "xx/states": BookLaw((Bound(THIRD, place="US-MA"), Bound(debtors=CONSUMERS, place="US-NY-NYC")), ()),
    "xx/empty": BookLaw(),
    "xx/money": BookLaw(money=True),
}


@pytest.fixture(scope="session")
def found():
    """What is found in a policy under these rulebooks, by code."""

    def compile_part(text: str) -> list[tuple[str, str]]:
        names = (*(name for name, book in BOOKS.items() if not book.money), "xx/unheard-of")
        made = compile_policy(completed(text), file="p.yaml", calendars=Calendars(), rulebooks=names, limits=BOOKS)
        return [(finding.code, finding.message) for finding in made.diagnostics]

    return compile_part


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("law: xx/third", "xx/third binds only those who collect for others: under collector: first_party"),
        (
            "collector: third_party\nlaw: xx/ours",
            "binds only those who collect their own debts: under collector: third_p",
        ),
        ("collector: third_party\nlaw: xx/in-default", "binds only those who collect their own debts"),
        ("law: xx/fca", "xx/fca binds only who is regulated: without regulated_as: [fca] it has no effect"),
        ("law: xx/regulated", "without regulated_as: [fca, rbi] it has no effect"),
        ("regulated_as: rbi\nlaw: xx/fca", "without regulated_as: [fca] it has no effect"),
        ("applies_to: debtor is business\nlaw: xx/consumers", "xx/consumers protects no debtor of this policy"),
        (
            "applies_to: country is DE\nlaw: xx/massachusetts",
            "xx/massachusetts protects debtors in US-MA: under applies_to: country is DE it has no effect",
        ),
        ("applies_to: country is DE\nlaw: xx/states", "xx/states protects debtors in US-NY-NYC: under applies_to"),
        (
            "collector: third_party\napplies_to: country is DE\nlaw: xx/states",
            "xx/states protects debtors in US: under",
        ),
        ("applies_to: [country is US, debtor is business]\nlaw: xx/states", "protects no debtor of this policy"),
        ("law: xx/mixed", "xx/mixed binds only who is regulated: without regulated_as: [fca]"),
    ],
)
def test_a_rulebook_that_cannot_bind(text, words, found):
    """A warning says why no rule of it ever speaks."""
    ((code, message),) = found(text)
    assert code == "DUN402"
    assert words in message


@pytest.mark.parametrize(
    "text",
    [
        "collector: third_party\nlaw: xx/third",
        "law: [xx/ours, xx/in-default]",
        "applies_to: debtor is consumer\nlaw: xx/consumers",
        "law: xx/consumers",
        "regulated_as: fca\nlaw: [xx/fca, xx/regulated, xx/mixed]",
        "collector: third_party\nlaw: xx/mixed",
        "law: [xx/empty, xx/unheard-of]",
        "law: xx/massachusetts",
        "applies_to: country is US\nlaw: [xx/massachusetts, xx/states]",
    ],
)
def test_a_rulebook_that_can_bind(text, found):
    """One rule that may speak is enough; of a rulebook without rules nothing is known."""
    assert found(text) == []


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("regulated_as: FCA\nlaw: xx/fca", ["DUN204"]),
        ("collector: 3rd\nlaw: xx/third", ["DUN204"]),
        ("applies_to: [debtor is business, debtor is who]\nlaw: xx/consumers", ["DUN204"]),
        ("applies_to: [country is DE, debtor is who]\nlaw: xx/massachusetts", ["DUN204"]),
    ],
)
def test_a_mistake_says_nothing_about_the_law(text, codes, found):
    """What was meant is not known yet."""
    assert [code for code, _ in found(text)] == codes


@pytest.mark.parametrize(
    ("text", "idle"),
    [
        ("law: xx/ours", False),
        ("collector: third_party\nlaw: xx/third", True),
        ("regulated_as: fca\nlaw: xx/fca", True),
        ("law: xx/consumers", False),
        ("applies_to: debtor is consumer\nlaw: xx/consumers", True),
    ],
)
def test_only_what_binds_every_contact_forestalls_the_policy(text, idle, found):
    """A rule for one name only, or for consumers only, leaves the policy's own limit something to do."""
    codes = [code for code, _ in found(f"{text}\nquiet_hours: 23:00 to 05:00")]
    assert codes == ["DUN403"] * idle


def test_a_pack_of_money_is_no_rulebook(found):
    """Somebody who looks for late-payment law under `law` is told where it is used."""
    ((code, message),) = found("law: xx/money")
    assert code == "DUN401"
    assert message == (
        "xx/money is no rulebook but a pack of statutory money, which no policy names: "
        'compute interest and fixed sums from load_pack("xx/money")'
    )
