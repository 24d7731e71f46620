"""The sweep with mutmut: its survivors are held against the list of those that nobody can, or need, notice."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
SPEC = importlib.util.spec_from_file_location("tools_mutation", ROOT / "tools/mutation.py")
mutation = importlib.util.module_from_spec(SPEC)
sys.modules[SPEC.name] = mutation
SPEC.loader.exec_module(mutation)

DIFF = """\
--- dunning_engine/compliance/gate.py
+++ dunning_engine/compliance/gate.py
@@ -1,4 +1,4 @@
 def _latest(waits, now):
     \"\"\"--- no change ---\"\"\"
-    return max(
-        waits)
+    return None
"""


def mutant(number, status="killed", module="gate"):
    return mutation.Mutant(module, f"{module}.f", f"before {number}", f"after {number}", status)


def listed(number, module="gate"):
    return mutation.Accepted(f"{module}.f", f"before {number}", f"after {number}", "No test can tell.")


def test_a_change_is_told_by_its_lines():
    assert mutation.changed(DIFF) == ("return max( waits)", "return None")


@pytest.mark.parametrize(
    ("name", "function"),
    [
        ("dunning_engine.compliance.gate.x__latest__mutmut_3", "_latest"),
        ("dunning_engine.compliance.gate.xǁGateRuleǁat_most__mutmut_12", "GateRule.at_most"),
        ("dunning_engine.compliance.gate.xǁDeedǁ__post_init____mutmut_1", "Deed.__post_init__"),
    ],
)
def test_functions_have_the_names_that_people_write(name, function):
    assert mutation.function_of(name) == function


def test_a_sweep_passes_where_every_survivor_is_listed():
    """A test that never ends noticed the change as well."""
    judged = mutation.judge(
        [mutant(n) for n in range(18)] + [mutant(18, "timeout"), mutant(19, "survived")], [listed(19)]
    )
    assert (judged.passes, judged.noticed, judged.score) == (True, 19, 95.0)


def test_a_survivor_that_is_not_listed_fails_the_sweep():
    """So does a function that no test reaches."""
    judged = mutation.judge([mutant(1, "survived"), mutant(2, "no tests"), mutant(3, "survived")], [listed(3)])
    assert [one.key for one in judged.unlisted] == [listed(1).key, listed(2).key]
    assert not judged.passes


def test_a_listed_survivor_that_is_noticed_fails_the_sweep():
    """Of the modules that were swept."""
    judged = mutation.judge([mutant(n) for n in range(9)], [listed(3), listed(4, "money.rates")], ["gate"])
    assert (judged.stale, judged.passes) == ((listed(3),), False)


def test_too_many_listed_survivors_fail_the_sweep():
    judged = mutation.judge([mutant(1), mutant(2, "survived")], [listed(2)])
    assert (judged.unlisted, judged.stale, judged.passes) == ((), (), False)


def test_nothing_swept_is_no_success():
    assert not mutation.judge([], []).passes


def test_every_listed_survivor_has_a_reason_and_a_function_that_there_is():
    """A function that was renamed leaves no entry behind."""
    entries = mutation.accepted()
    assert len({one.key for one in entries}) == len(entries)
    for one in entries:
        names = one.function.split(".")
        paths = [
            ROOT.joinpath("dunning_engine/compliance", *names[:n]).with_suffix(".py") for n in range(1, len(names))
        ]
        sources = [path.read_text("utf-8") for path in paths if path.is_file()]
        assert any(f"def {names[-1]}(" in source for source in sources), one.function
        assert one.why.endswith("."), one


def test_a_sweep_is_told_as_a_table_or_as_json(monkeypatch, capsys):
    """What mutmut left behind is told again as often as one likes."""
    monkeypatch.setattr(mutation, "results", lambda _modules: [mutant(1), mutant(2, "survived", "money.rates")])
    monkeypatch.setattr(mutation, "accepted", lambda: (listed(1),))
    assert mutation.main(["--report"]) == 1
    table = capsys.readouterr().out
    assert "money.rates.f: survived\n  - before 2\n  + after 2\n" in table
    assert "listed, but survives no more: gate.f\n  + after 1\n" in table
    assert "50.0 %" in table
    assert mutation.main(["--report", "--format", "json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert (told["mutants"], told["noticed"], told["score"]) == (2, 1, 50.0)
    assert (len(told["survivors"]), len(told["stale"])) == (1, 1)
