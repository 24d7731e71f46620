"""Identities by content: the same thing has the same name, and other things have others."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import unicodedata
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dunning_engine.kernel.ids import canonical_json, content_hash, short_hash

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)


def test_the_canonical_form_is_short_and_sorted():
    """Keys in order, no spaces, text as itself."""
    value = {"b": [1, True, None], "a": "Müller", "ab": ("x",)}
    assert canonical_json(value) == '{"a":"Müller","ab":["x"],"b":[1,true,null]}'


@given(value=VALUES)
def test_the_canonical_form_is_json_of_the_same_value(value):
    """Nothing is lost but the form of composed letters."""
    read = json.loads(canonical_json(value))
    assert canonical_json(read) == canonical_json(value)


@given(entries=st.dictionaries(TEXT, st.integers(), max_size=6))
def test_the_order_and_the_spelling_of_letters_do_not_matter(entries):
    """Keys in any order, and é as one character or as two, are the same value."""
    composed = {unicodedata.normalize("NFC", key): value for key, value in entries.items()}
    apart = {unicodedata.normalize("NFD", key): composed[key] for key in reversed(list(composed))}
    assert content_hash(apart) == content_hash(composed)


@pytest.mark.parametrize(
    "value", [1.5, float("nan"), [0.1], {"a": {"b": 1.0}}, {1: "a"}, {None: 1}, Decimal(1), {"a"}, b"a", object()]
)
def test_what_has_no_one_form_is_refused(value):
    """Floats above all, at any depth; and keys that JSON would turn into text."""
    with pytest.raises(TypeError, match="has no canonical form: use strings, integers, lists and mappings"):
        canonical_json(value)


def test_hashes_are_fixed_for_ever():
    """They stand in stores: a change here would orphan what was written."""
    assert content_hash({"a": 1}) == "015abd7f5cc57a2dd94b7590f04ad8084273905ee33ec5cebeae62276a97f862"
    assert short_hash("case", "INV-1", "reminder", "1", "email") == "37ae88f719a84ea456158ef4441076eb"
    assert len(short_hash()) == 32


@given(words=st.lists(TEXT, max_size=4), others=st.lists(TEXT, max_size=4))
def test_other_words_have_other_names(words, others):
    """No character inside a word can pass for the beginning of the next one."""
    assert (short_hash(*words) == short_hash(*others)) is (words == others)


def test_words_cannot_flow_into_each_other():
    """A case and an invoice whose names hold separators are not another case and invoice."""
    names = {short_hash("a\x1fb", "c"), short_hash("a", "b\x1fc"), short_hash("ab", "c"), short_hash("a", "bc")}
    assert len(names) == 4


@pytest.mark.parametrize("seed", ["0", "1"])
def test_names_do_not_depend_on_the_hash_seed(seed):
    """Another process on another day finds the same name."""
    code = "from dunning_engine.kernel.ids import content_hash; print(content_hash({'b': ['x'], 'a': 1}))"
    env = {**os.environ, "PYTHONHASHSEED": seed}
    out = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True).stdout
    assert out.strip() == content_hash({"a": 1, "b": ["x"]})
