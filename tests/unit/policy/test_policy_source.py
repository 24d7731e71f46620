"""Where the parts of a document stand, by paths."""

from __future__ import annotations

import pytest

from dunning_engine.kernel import yamltext
from dunning_engine.policy.source import Source

TEXT = """\
policy: example
title: "one two two"
law: us/reg-f
time:
  zone:
  roll: next
tolerance: {EUR: 5.00}
grace: >-
  3
  days
escaped: "a\\tb c"
steps:
  - step: first
    send: [a, b, c]
  - second
  -
"""


@pytest.fixture(scope="module")
def source():
    node = yamltext.parse(TEXT, file="p.yaml").node
    assert isinstance(node, yamltext.Mapping)
    return Source(node)


def spot(place):
    return place.line, place.column, place.end_column


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ((), (1, 1, 16)),
        (("policy",), (1, 9, 16)),
        (("law", 0), (3, 6, 14)),
        (("time", "zone"), (5, 3, 7)),
        (("time", "roll", "default"), (6, 9, 13)),
        (("tolerance", 0), (7, 18, 22)),
        (("steps", 0, "send", 1), (14, 15, 16)),
        (("steps", 0, "when"), (13, 5, 16)),
        (("steps", 2), (16, 4, 4)),
        (("nowhere",), (1, 1, 16)),
        (("nowhere", 0), (1, 1, 16)),
    ],
)
def test_places(path, expected, source):
    """A value, or its key where nothing is written, or the group that lacks the key."""
    assert spot(source.place(path)) == expected


def test_actual_paths_leave_out_what_the_spelling_does_not_have(source):
    """A single phrase for a list, a word for keys, and keys for a list of phrases."""
    assert source.actual(("law", 0)) == ("law",)
    assert source.actual(("time", "roll", "default")) == ("time", "roll")
    assert source.actual(("tolerance", 0)) == ("tolerance", "EUR")


@pytest.mark.parametrize(
    ("path", "start", "end", "expected"),
    [
        (("policy",), 2, 4, (1, 11, 13)),
        (("title",), 4, 7, (2, 13, 16)),
        (("tolerance", 0), 5, 8, (7, 13, 16)),
        (("tolerance", 0), 0, 8, (7, 18, 22)),
        (("grace",), 2, 6, (8, 8, 10)),
        (("escaped",), 0, 1, (11, 10, 18)),
        (("steps", 0), 0, 4, (13, 5, 16)),
        (("time", "zone"), 0, 4, (5, 3, 7)),
    ],
)
def test_stretches(path, start, end, expected, source):
    """Some characters where they stand as they are read, else the whole value; the currency of a pair is its key."""
    assert spot(source.stretch(path, start, end)) == expected


def test_words(source):
    """The last whole word of that spelling; the value where it has none, or is no text."""
    assert spot(source.word(("title",), "two")) == (2, 17, 20)
    assert spot(source.word(("title",), "tw")) == (2, 8, 21)
    assert spot(source.word(("steps", 0, "send"), "a")) == (14, 11, 20)


def test_pruning_keeps_the_numbers_of_steps(source):
    """A step is emptied, an item of any other list goes, and a key goes with its value."""
    rest = source.without([("steps", 1), ("steps", 0, "send", 0), ("time", "roll"), ("nowhere",)])
    tree = yamltext.plain(rest.root)
    assert tree["steps"] == [{"step": "first", "send": ["b", "c"]}, {}, ""]
    assert tree["time"] == {"zone": ""}
