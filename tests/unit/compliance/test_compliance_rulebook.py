"""Rulebooks as values: read from JSON, dated, asked by name."""

from __future__ import annotations

import pytest

from dunning_engine.compliance.rulebook import Binds, Citation, DatedValue, limit_of, named, rulebook_of
from dunning_engine.domain.limits import ContactLimit, Hours
from dunning_engine.domain.parties import Channel, Collector, PartyKind
from dunning_engine.kernel.calendar import day_of
from dunning_engine.kernel.errors import UsageError

CAP = {"contacts": {"count": 2, "days": 7, "per": "debt", "counting": "both"}}
LATER = {"contacts": {"count": 3, "days": 7, "per": "debt", "counting": "both"}}


def book(**more):
    rule = {
        "rule": "cap",
        "kind": "presumption",
        "says": "Not too often",
        "since": {"2026-09-01": LATER, "2020-01-01": CAP},
        "citation": {"text": "An act"},
        "confidence": "low",
    }
    data = {"rulebook": "xx/law", "title": "A law", "state_of": "2026-01-01", "rules": [{**rule, **more}]}
    return rulebook_of(data)


def test_a_rulebook_is_read_from_its_json():
    """Rules carry the name of their book, and bind everybody unless they say whom."""
    read = book()
    assert (read.name, read.title, read.state_of) == ("xx/law", "A law", day_of("2026-01-01"))
    (rule,) = read.rules
    assert (rule.id, rule.binds, rule.citation) == ("xx/law/cap", Binds(), Citation("An act"))


def test_a_rule_says_whom_it_binds():
    """Collectors, debtors and channels by their words."""
    binds = {"collectors": ["third_party"], "debtors": ["consumer"], "channels": ["call", "sms"]}
    (rule,) = book(binds=binds).rules
    assert rule.binds == Binds(
        frozenset({Collector.THIRD_PARTY}), frozenset({PartyKind.CONSUMER}), frozenset({Channel.CALL, Channel.SMS})
    )


@pytest.mark.parametrize(
    ("day", "count"), [("2019-12-31", None), ("2020-01-01", 2), ("2026-08-31", 2), ("2026-09-01", 3)]
)
def test_values_follow_each_other_by_date(day, count):
    """The latest that has taken effect; before the first there is none."""
    (rule,) = book().rules
    assert [value.since for value in rule.values] == [day_of("2020-01-01"), day_of("2026-09-01")]
    found = rule.at(day_of(day))
    assert (found and found.count) == count


def test_an_open_interval_leaves_out_its_edges():
    """After 8 and before 9 in the evening is 08:01 to 20:59."""
    assert limit_of({"open_hours": {"after": "08:00", "before": "21:00"}}) == Hours(((481, 1259),))
    assert limit_of({"contacts": {**CAP["contacts"], "channels": ["call"]}}).channels == {Channel.CALL}
    assert isinstance(limit_of(CAP), ContactLimit)


def test_an_unknown_kind_of_limit_is_refused():
    """A newer rulebook is not half understood."""
    with pytest.raises(UsageError, match="'moon_phase' is no kind of limit that this version knows"):
        limit_of({"moon_phase": {}})


def test_rulebooks_are_found_by_name():
    """In the order asked; an unknown name brings those that there are."""
    read = book()
    assert named([read], ["xx/law"]) == (read,)
    with pytest.raises(UsageError, match="no rulebook is called yy/law; there are xx/law"):
        named([read], ["yy/law"])


def test_a_dated_value_is_a_plain_value():
    """Equal by content."""
    assert DatedValue(1, Hours(())) == DatedValue(1, Hours(()))
