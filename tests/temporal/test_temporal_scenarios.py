"""The tests of policies on a Temporal server: a debtor's workflow does on every day what the engine does in memory.

`make test` plays every thirteenth of them; `make temporal` (or `DUNNING_TEMPORAL=all`) all.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from temporal_stage import TestServer, server

from dunning_engine.testing.routed import RoutedTest
from dunning_engine.testing.runner import Test, load_file

HERE = Path(__file__).parents[1]
POLICIES = HERE.parent / "policies"
EVERY = 1 if os.environ.get("DUNNING_TEMPORAL") == "all" else 13


def _tests() -> list[Test | RoutedTest]:
    files = sorted([*(HERE / "scenarios").rglob("*.test.yaml"), *POLICIES.glob("*.test.yaml")])
    loaded = [test for file in files for test in load_file(file, policies_dir=POLICIES).tests]
    return [test for test in loaded if isinstance(test, Test | RoutedTest)][::EVERY]


@pytest.fixture(scope="module")
def stage() -> Iterator[TestServer]:
    with server() as running:
        yield running


@pytest.mark.parametrize("test", _tests(), ids=lambda test: f"{Path(test.file).name}-{test.name}")
def test_a_workflow_does_what_the_policy_says(stage: TestServer, test: Test | RoutedTest) -> None:
    result = test.run(stage.play)

    assert result.passed, result.message
