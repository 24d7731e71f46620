"""Recorded histories replay alike, whatever the law and the policies have become since.

The replayer has no desk at all: no policy, no rulebook, no engine. A history holds every decision that was made in it.
"""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from temporalio.client import WorkflowHistory
from temporalio.worker import Replayer
from temporalio.workflow import NondeterminismError

from dunning_engine.integrations.temporal import DebtorWorkflow
from dunning_engine.integrations.temporal.fleet import runner

HISTORIES = Path(__file__).parent / "histories"
KEPT = sorted(path for path in HISTORIES.glob("*.json") if not path.name.startswith("refused-"))


def _replayed(path: Path) -> None:
    replayer = Replayer(workflows=[DebtorWorkflow], workflow_runner=runner())
    asyncio.run(replayer.replay_workflow(WorkflowHistory.from_json(f"debtor/{path.stem}", path.read_text())))


@pytest.mark.parametrize("path", KEPT, ids=lambda path: path.stem)
def test_a_history_of_before_replays(path: Path) -> None:
    _replayed(path)


def test_a_history_that_another_workflow_would_have_written_is_refused() -> None:
    with pytest.raises(NondeterminismError, match="deliver"):
        _replayed(HISTORIES / "refused-another-activity.json")


def test_the_histories_hold_what_they_should() -> None:
    """Timers, decisions, deliveries, updates, signals, and a run that begins with an image."""
    kinds = {kind for path in KEPT for kind in (event["eventType"] for event in _events(path))}
    assert {
        "EVENT_TYPE_TIMER_FIRED",
        "EVENT_TYPE_MARKER_RECORDED",
        "EVENT_TYPE_ACTIVITY_TASK_COMPLETED",
        "EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_COMPLETED",
        "EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED",
    } <= kinds
    begun = _events(HISTORIES / "second-run.json")[0]["workflowExecutionStartedEventAttributes"]
    assert begun["continuedExecutionRunId"]


def _events(path: Path) -> list[dict]:
    return json.loads(path.read_text())["events"]
