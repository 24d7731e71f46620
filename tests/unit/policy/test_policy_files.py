"""Whole policy files: those that compile, those that do not, and what chance makes of them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dunning_engine.policy.codes import CODES
from dunning_engine.policy.explain import explain

POLICIES = Path(__file__).parents[2] / "policies"
GOOD = sorted((POLICIES / "good").glob("*.yaml"))
BAD = sorted((POLICIES / "bad").glob("*.yaml"))
EXPECTED = re.compile(r"^# expect: ([0-9]+:[0-9]+ DUN[0-9]{3})$", re.MULTILINE)


def of(files: list[Path]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("file", files, ids=[file.stem for file in files])


@of(GOOD)
def test_good_policies_compile_without_any_finding(file, compiled):
    """A good policy has no error, no warning and no note, and can be explained."""
    result = compiled(file.read_text(encoding="utf-8"))
    assert result.diagnostics == ()
    assert result.policy is not None
    assert explain(result.policy).startswith(f"{result.policy.name}, version ")


@of(BAD)
def test_bad_policies_have_exactly_the_findings_written_in_them(file, compiled):
    """Every mistake is told at its line and column, in reading order, and nothing else is."""
    text = file.read_text(encoding="utf-8")
    found = [f"{d.place.line}:{d.place.column} {d.code}" for d in compiled(text).diagnostics]
    assert found == EXPECTED.findall(text)


def test_every_code_has_a_bad_policy():
    """No diagnostic is without a file that provokes it."""
    shown = {code for file in BAD for code in re.findall(r"DUN[0-9]{3}", file.read_text(encoding="utf-8"))}
    assert set(CODES) <= shown


TEXTS = [file.read_text(encoding="utf-8") for file in GOOD]


@st.composite
def mutations(draw):
    """A good policy after a few accidents: lines lost, doubled, swapped or indented, characters changed."""
    lines = draw(st.sampled_from(TEXTS)).split("\n")
    for _ in range(draw(st.integers(1, 5))):
        at = draw(st.integers(0, len(lines) - 1))
        match draw(st.sampled_from(["drop", "double", "indent", "change", "cut", "swap"])):
            case "drop":
                lines[at] = ""
            case "double":
                lines.insert(at, lines[at])
            case "indent":
                lines[at] = " " * draw(st.integers(0, 6)) + lines[at].strip()
            case "change":
                cut = draw(st.integers(0, len(lines[at])))
                new = draw(st.text(alphabet=":-[]{},\"'#&*!|> 0a\té\u200b", min_size=1, max_size=3))
                lines[at] = lines[at][:cut] + new + lines[at][cut + draw(st.integers(0, 2)) :]
            case "cut":
                lines[at] = lines[at][: draw(st.integers(0, len(lines[at])))]
            case _:
                other = draw(st.integers(0, len(lines) - 1))
                lines[at], lines[other] = lines[other], lines[at]
    return "\n".join(lines)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(text=mutations())
def test_accidents_are_told_and_never_raise(text, compiled):
    """Whatever happens to a policy file, the answer is a policy or at least one located error."""
    result = compiled(text)
    assert (result.policy is None) == any(d.severity.value == "error" for d in result.diagnostics)
    lines = text.count("\n") + 1
    for finding in result.diagnostics:
        assert 1 <= finding.place.line <= lines
        assert 1 <= finding.place.column <= finding.place.end_column
    if result.policy is not None:
        explain(result.policy)
