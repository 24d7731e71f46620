"""Routing files: what they compile to, what is found in them, and how they read aloud."""

from __future__ import annotations

import pytest

from dunning_engine.policy.phrases_routing import USE, VARIANT
from dunning_engine.policy.routing import Use, Variant
from dunning_engine.policy.routing_explain import explain_routing
from dunning_engine.policy.schema import routing_schema

HEAD = "routing: r\nversion: 1\n"
DEFAULT = "  - use: example\n"


@pytest.fixture
def found(compiled):
    """What is found in routes, as line and code."""
    return lambda text: [(d.place.line, d.code) for d in compiled(HEAD + text).diagnostics]


@pytest.fixture
def routing(compiled):
    return lambda text: compiled(HEAD + text).routing


@pytest.mark.parametrize(
    ("grammar", "text", "value"),
    [
        (USE, "policy of the debtor", Use()),
        (USE, "us-consumer", Use("us-consumer")),
        (VARIANT, "30 % us-consumer as control", Variant(30, "us-consumer", "control")),
    ],
)
def test_phrases(grammar, text, value):
    """One spelling each, read and printed."""
    assert grammar.parse(text) == value
    assert grammar.show(value) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("routes: []", [(3, "DUN383")]),
        ("routes: x", [(3, "DUN203")]),
        ("zone: Europe/Berln\nroutes:\n" + DEFAULT, [(3, "DUN307")]),
        ("routes:\n" + DEFAULT + "  - 7", [(5, "DUN203")]),
        ("routes:\n  - {when: country is US}\n" + DEFAULT, [(4, "DUN383")]),
        ("routes:\n  - {use: example, experiment: a, when: country is US}\n" + DEFAULT, [(4, "DUN383")]),
        ("routes:\n  - {split: 100 % example as control, when: country is US}\n" + DEFAULT, [(4, "DUN383"), (4, "DUN389")][:1]),
        ("routes:\n  - {experiment: a, split: 0 % example as control}\n" + DEFAULT, [(4, "DUN204")]),
        ("routes:\n  - {experiment: a, split: 100 % example as control}", [(4, "DUN389")]),
        ("rutes:\n" + DEFAULT, [(3, "DUN201")]),
        ("use: example\nroutes:\n" + DEFAULT, [(3, "DUN201")]),
        ("routes:\n  - {use: example, zone: UTC}\n", [(4, "DUN201")]),
        ("routes:\n  - {use: example, when: promise broken}\n" + DEFAULT, [(4, "DUN320")]),
        ("segments: {odd: plan broken}\nroutes:\n  - {use: example, unless: segment is odd}\n" + DEFAULT, [(3, "DUN320")]),
        ("routes:\n  - {use: example, when: [risk is high, risk is low]}\n" + DEFAULT, [(4, "DUN321")]),
        ("routes:\n  - {use: example, when: risk is high, unless: risk is high}\n" + DEFAULT, [(4, "DUN321")]),
        ("routes:\n  - {use: example, when_any: [risk is high, risk is high]}\n" + DEFAULT, [(4, "DUN322")]),
        ("segments: {odd: [country is US, country is DE]}\nroutes:\n  - {use: example, unless: segment is odd}\n" + DEFAULT, [(3, "DUN321")]),
        ("segments: {odd: [segment is even]}\nroutes:\n" + DEFAULT, [(3, "DUN204")]),
        ("segments: {odd: country is US}\nroutes:\n  - {use: example, when: segment is od}\n" + DEFAULT, [(3, "DUN381"), (5, "DUN380")]),
        ("segments: x\nroutes:\n  - {use: example, when: segment is odd}\n" + DEFAULT, [(3, "DUN203")]),
        ("segments: {odd: country is Q}\nroutes:\n  - {use: example, when: segment is odd}\n" + DEFAULT, [(3, "DUN204")]),
        ("routes:\n  - use: policy of the debtor", [(4, "DUN388")]),
        ("routes:\n  - {use: example, unless: risk is high}", [(4, "DUN388")]),
    ],
)  # fmt: skip
def test_findings(text, expected, found):
    """One mistake, one finding."""
    assert found(text) == expected


def test_experiments_have_names_of_their_own(found):
    """Debtors are drawn by it, so two of one name would split alike."""
    variant = "{experiment: a, split: [50 % example as control, 50 % example as new]"
    assert found(f"routes:\n  - {variant}, when: risk is high}}\n  - {variant}}}") == [(5, "DUN386")]


@pytest.mark.parametrize(
    ("first", "second", "covered"),
    [
        ("use: example", "when: risk is high", True),
        ("use: policy of the debtor", "when: risk is high", False),
        ("use: example, when: risk is high", "when: [country is US, risk is high]", True),
        ("use: example, when: [country is US, risk is high]", "when: risk is high", False),
        ("use: example, when: balance at least 50.00", "when: balance at least 60.00", True),
        ("use: example, when: balance at least 60.00", "when: balance at least 50.00", False),
        ("use: example, when: balance below 60.00", "when: balance below 50.00", True),
        ("use: example, when: balance below 50.00", "when: balance at least 50.00", False),
        ("use: example, when_any: [risk is high, risk is low]", "when: risk is low", True),
        ("use: example, when_any: [risk is high, risk is low]", "when_any: [risk is low]", True),
        ("use: example, when_any: [risk is high]", "when_any: [risk is high, risk is low]", False),
        ("use: example, unless: risk is high", "when: country is US", False),
        ("use: example, unless: risk is high", "unless: [risk is high, country is US]", True),
        ("use: example, when: risk is high", "when: segment is risky", True),
        ("use: example, when: segment is risky", "when: segment is risky", True),
    ],
)
def test_routes_that_are_never_asked(first, second, covered, found):
    """A route is told where an earlier one takes all that it would match."""
    text = f"segments: {{risky: [risk is high]}}\nroutes:\n  - {{{first}}}\n  - {{use: example, {second}}}\n"
    codes = [
        code
        for line, code in found(f"{text}  - {{use: example, when: fact a is b, unless: segment is risky}}\n{DEFAULT}")
    ]
    assert ("DUN387" in codes) is covered


def test_a_policy_that_is_never_for_the_route(found):
    """Also where a segment says so, and for each variant; what fits is left alone."""
    text = "segments: {firms: debtor is business}\nroutes:\n  - {use: consumers, when: segment is firms}\n" + DEFAULT
    assert found(text) == [(5, "DUN382")]
    assert found("routes:\n  - {use: consumers, when: debtor is consumer}\n" + DEFAULT) == []


def test_without_policies_names_are_not_checked():
    """Who only has the file can still read it."""
    from dunning_engine.policy.routing_compiler import compile_routing

    compiled = compile_routing(HEAD + "routes: [{use: whatever}]", file="r.yaml")
    assert compiled.diagnostics == ()
    assert compiled.routing.policies == ("whatever",)
    assert compiled.routing.label == "r 1"


@pytest.mark.parametrize("text", ["", "- a", "routing: 'x"])
def test_no_routing_at_all(text):
    """A text without keys is one finding."""
    from dunning_engine.policy.routing_compiler import compile_routing

    compiled = compile_routing(text, file="r.yaml")
    assert compiled.routing is None
    assert len(compiled.diagnostics) == 1


def test_the_same_content_has_the_same_address(routing):
    """Layout and what is left to a default do not matter; a route does."""
    one = routing("routes: [{use: example}]")
    assert one.hash == routing("# note\nzone: UTC\nroutes:\n" + DEFAULT).hash
    assert one.hash != routing("routes: [{use: consumers}]").hash


def test_routing_knows_whether_it_needs_history(routing):
    """Only a question about earlier payments does, in a segment too."""
    assert not routing("routes: [{use: example}]").asks_history
    late = "segments: {late: paid late at least 2 times in 6 months}\nroutes:\n  - {use: consumers, when: segment is late}\n"
    assert routing(late + DEFAULT).asks_history


def test_it_reads_aloud(routing):
    """Paragraph by paragraph, in the order in which routes are asked."""
    text = """
title: By country
zone: Europe/Berlin
segments: {risky: [risk is high]}
routes:
  - use: policy of the debtor
  - {use: consumers, when: [debtor is consumer], when_any: [country is US, country is CA], unless: [segment is risky]}
  - {experiment: sooner, split: [60 % example as control, 40 % consumers as sooner], when: country is DE}
  - use: example
"""
    assert explain_routing(routing(text)).split("\n\n") == [
        "r, version 1: By country",
        (
            "A new case gets the policy of the first of these routes that matches; a case that is open keeps its own. "
            "Days are counted in the zone Europe/Berlin."
        ),
        "The segment risky: the risk is high.",
        "1. The policy that was agreed with the debtor alone, where there is one.",
        (
            "2. consumers. Only if the debtor is a consumer. Only if the country is US or the country is CA. "
            "Not if the debtor belongs to the segment risky."
        ),
        (
            "3. The experiment sooner. Only if the country is DE. "
            "Of its debtors 60 % get example as control; 40 % get consumers as sooner: always the same ones."
        ),
        "4. example, for everything else.\n",
    ]
    alone = explain_routing(routing("routes: [{use: example, when: risk is low}]"))
    assert alone.endswith("What no route matches is not opened.\n")


def test_the_schema_describes_every_key():
    """Editors complete and explain what may be written."""
    schema = routing_schema()
    assert schema["required"] == ["routing", "version", "routes"]
    for part in (schema, schema["$defs"]["RouteDocument"]):
        assert all(value.get("description") for value in part["properties"].values())
