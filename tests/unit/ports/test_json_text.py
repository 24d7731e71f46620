"""Text is the same with `orjson` and without it: it is hashed, and read by whoever has either."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dunning_engine.ports import json_text
from dunning_engine.ports.json_text import as_sorted_text, as_text

TEXTS = st.text(st.characters(), max_size=12) | st.sampled_from(
    ["\x00\x1f\x7f", "\u2028\ud800", '"\\/\b\f\n\r\t', "Zoë 🎈"]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from([2**63, 2**64 - 1, 2**64, -(2**63) - 1]) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.tuples(inner, inner) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=20,
)


@given(VALUES)
def test_the_text_is_that_of_the_standard_library(value: Any) -> None:
    """To the letter, whatever is in a text and however large a number is."""
    assert as_text(value) == json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    assert as_sorted_text(value) == json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


@given(VALUES)
def test_it_reads_as_what_was_written(value: Any) -> None:
    """By the standard library, which reads integers of any size."""
    assert json.dumps(json.loads(as_text(value))) == json.dumps(value)


def test_depth_is_no_obstacle() -> None:
    """Deeper than `orjson` goes."""
    value: Any = 1
    for _ in range(300):
        value = [value]
    assert as_text(value) == f"{'[' * 300}1{']' * 300}"


@pytest.mark.parametrize("value", [{1, 2}, object()])
def test_what_is_no_json_is_refused(value: Any) -> None:
    """As the standard library refuses it."""
    with pytest.raises(TypeError, match="not JSON serializable"):
        as_text(value)


@pytest.fixture
def without_orjson(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setitem(sys.modules, "orjson", None)
    json_text._writers.cache_clear()
    yield
    json_text._writers.cache_clear()


@pytest.mark.usefixtures("without_orjson")
def test_nobody_needs_it() -> None:
    """Where it is not installed, the standard library writes."""
    assert as_text({"b": [1, None], "a": "é"}) == '{"b":[1,null],"a":"é"}'
    assert as_sorted_text({"b": [1, None], "a": "é"}) == '{"a":"é","b":[1,null]}'
