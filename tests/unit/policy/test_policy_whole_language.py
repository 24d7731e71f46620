"""`everything.yaml` and its variants use the whole language: every key of a file, every form of every phrase."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import pytest
import yaml

from dunning_engine.engine.loading import policy_of
from dunning_engine.kernel import spans
from dunning_engine.kernel.grammar import Grammar, Misfit
from dunning_engine.policy import host_actions
from dunning_engine.policy.document import KEYS

sys.path.insert(0, str(Path(__file__).parents[3] / "tools"))
from soak import texts

MODULES = [
    importlib.import_module(f"dunning_engine.policy.{name}")
    for name in ("phrases", "phrases_actions", "phrases_arrangements", "phrases_money", "forms")
]


def grammars():
    """Every grammar that a policy file is read by."""
    found = {}
    for module in (*MODULES, spans, host_actions):
        for value in vars(module).values():
            grammar = getattr(value, "one", value)
            if isinstance(grammar, Grammar):
                found[id(grammar)] = grammar
    return list(found.values())


REFUSED = {
    ("whether charges bear interest", "yes"),
    ("a restriction", "service"),
    ("a report", "to bureau {name}"),
}
"""What is read only to be refused, with its reason."""


def forms_met(monkeypatch):
    """The titles of grammars with the patterns of the forms that were read."""
    met, read = set(), Grammar.read

    def noted(grammar, phrase):
        value = read(grammar, phrase)
        fitting = (form for form in grammar.forms if form.compiled.fullmatch(phrase))
        if not isinstance(value, Misfit) and (form := next(fitting, None)) is not None:
            met.add((grammar.title, form.pattern))
        return value

    monkeypatch.setattr(Grammar, "read", noted)
    for text in texts():
        policy_of(text, file="everything.yaml")
    return met


def test_every_form_of_every_phrase_occurs(monkeypatch):
    """What the soak and the laws over the whole language never read, nobody would miss."""
    met = forms_met(monkeypatch)
    assert {
        g.title: lacking for g in grammars() if (lacking := [f for f in patterns(g) if (g.title, f) not in met])
    } == {}


def patterns(grammar):
    return [form.pattern for form in grammar.forms if (grammar.title, form.pattern) not in REFUSED]


def keys_at(tree, path):
    """The keys of every part at a path; `*` is any item or name."""
    if not path:
        return set(tree) if isinstance(tree, dict) else set()
    step, *rest = path
    if step == "*":
        below = tree.values() if isinstance(tree, dict) else tree if isinstance(tree, list) else ()
    else:
        below = [tree[step]] if isinstance(tree, dict) and step in tree else ()
    return {key for part in below for key in keys_at(part, rest)}


@pytest.mark.parametrize("path", KEYS, ids=" ".join)
def test_every_key_occurs(path):
    """Of the file, and of each part in it."""
    known = {field.alias or name for name, field in KEYS[path].model_fields.items()}
    assert known - {key for text in texts() for key in keys_at(yaml.safe_load(text), path)} == set()
