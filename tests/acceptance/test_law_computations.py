"""Every computation case of the shared law file, where it lies beside the project."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from dunning_engine.testing.law_computations import agrees, compute

FILE = Path(__file__).parents[3] / "shared" / "law" / "cases.yaml"


def cases():
    if not FILE.exists():
        return []
    loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
    return yaml.load(FILE.read_text("utf-8"), loader)["computation_cases"]


CASES = cases()


@pytest.mark.skipif(not CASES, reason="the shared law cases are not at hand")
def test_there_are_as_many_cases_as_the_file_has():
    """A file that was read half would pass too easily."""
    assert len({case["id"] for case in CASES}) == len(CASES) >= 42


@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_a_computation_gives_every_figure_of_its_case(case):
    """Exact decimals and dates, and none of the published figures that are wrong."""
    computed = compute(case["law"], case["kind"], case["given"])
    assert agrees(case["expected"], computed, case.get("not")) == []
