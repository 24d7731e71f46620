"""What no reviewer should have to look for: who builds cleared actions, and what the pure floors never call."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "dunning_engine"
MODULES = sorted(PACKAGE.rglob("*.py"))
PURE = [
    path
    for path in MODULES
    if path.relative_to(PACKAGE).parts[0] in {"kernel", "domain", "policy", "compliance", "decision"}
]

CLOCKS = {
    "datetime.now",
    "datetime.utcnow",
    "datetime.today",
    "date.today",
    "time.time",
    "time.monotonic",
    "pendulum.now",
}
CHANCE_AND_OUTSIDE = {"random", "secrets", "uuid", "time", "os", "socket", "logging", "subprocess", "locale"}


def calls(tree):
    """The names that are called, as they are written: `float`, `datetime.now`."""
    return {ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}


def imports(tree):
    """The top-level modules that are imported, wherever in the file."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.split(".")[0]


def tree_of(path):
    return ast.parse(path.read_text(encoding="utf-8"))


def test_only_the_gate_builds_a_cleared_action():
    """What enters an outbox has passed the gate: nothing else calls the class, copies it or makes one around it."""
    builders = {
        path.relative_to(PACKAGE).as_posix()
        for path in MODULES
        if any(name.split(".")[-1] == "ClearedAction" for name in calls(tree_of(path)))
    }
    assert builders == {"compliance/gate.py"}


def test_no_other_class_is_a_cleared_action():
    """A subclass would be a second door."""
    bases = {
        ast.unparse(base)
        for path in MODULES
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.ClassDef)
        for base in node.bases
    }
    assert not {base for base in bases if base.split(".")[-1] == "ClearedAction"}


def test_there_is_something_to_look_at():
    """The test below would pass on an empty folder."""
    assert {path.relative_to(PACKAGE).parts[0] for path in PURE} == {
        "kernel",
        "domain",
        "policy",
        "compliance",
        "decision",
    }


@pytest.mark.parametrize("path", PURE, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_the_pure_floors_know_no_clock_no_chance_and_no_floats(path):
    """The same inputs give the same bytes: time is an argument, money is exact, identities follow from content."""
    tree = tree_of(path)
    called = calls(tree)
    assert "float" not in called
    assert not {name for name in called if ".".join(name.split(".")[-2:]) in CLOCKS}
    assert not set(imports(tree)) & CHANCE_AND_OUTSIDE
    assert not {name for name in called if name in {"open", "print", "input", "eval", "exec"}}
