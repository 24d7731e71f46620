"""What is read from a rulebook's JSON, and what stands for a word that is left out."""

from __future__ import annotations

from dunning_engine.compliance.rulebook import Citation, Confidence, RuleKind, limit_of, rulebook_of
from dunning_engine.domain.limits import Hours

RULE = {
    "rule": "hours",
    "kind": "requirement",
    "says": "Not at night",
    "since": {"2020-01-01": {"blocked_channels": []}},
    "citation": {"text": "An act"},
    "confidence": "medium",
}


def read(**more):
    return rulebook_of({"rulebook": "xx/law", "title": "", "state_of": "2026-01-01", "rules": [{**RULE, **more}]})


def test_a_rule_is_read_with_its_kind_its_sentence_and_how_sure_we_are():
    """Without a code it has none, and without questions it always speaks."""
    (rule,) = read().rules
    assert (rule.kind, rule.says, rule.confidence) == (RuleKind.REQUIREMENT, "Not at night", Confidence.MEDIUM)
    assert (rule.code, rule.when, rule.unless, rule.offstage, rule.conflict) == ("", (), (), False, "")
    assert rule.citation.url == ""


def test_a_citation_is_read_with_its_address():
    (rule,) = read(citation={"text": "An act", "url": "https://example.org"}).rules
    assert rule.citation == Citation("An act", "https://example.org")


def test_a_rulebook_binds_anywhere_unless_it_says_where():
    """It includes no other then, and needs no place."""
    book = read()
    assert (book.place, book.includes, book.place_needed) == ("", (), False)


def test_hours_may_begin_and_end_within_an_hour():
    window = {"days": list(range(7)), "after": "08:30", "before": "20:45"}
    assert limit_of({"open_hours": {"windows": [window]}}) == Hours(((8 * 60 + 31, 20 * 60 + 44),), open_edges=True)
