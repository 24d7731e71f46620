"""Recorded histories replay alike, whatever the law and the policies have become since.

The replayer has no desk at all: no policy, no rulebook, no engine. A history holds every decision that was made in it.
"""

from __future__ import annotations

import asyncio
import json
from base64 import b64decode
from pathlib import Path

import pytest
from chains import broken
from temporal_house import CASE, Post, desk_of
from temporalio import workflow
from temporalio.client import WorkflowHistory
from temporalio.worker import Replayer, UnsandboxedWorkflowRunner, WorkflowRunner
from temporalio.workflow import NondeterminismError

from dunning_engine.integrations.temporal import DebtorWorkflow, Start
from dunning_engine.integrations.temporal.commands import Reading
from dunning_engine.integrations.temporal.fleet import runner
from dunning_engine.integrations.temporal.image import merge, packed, unpacked

HISTORIES = Path(__file__).parent / "histories"
KEPT = sorted(path for path in HISTORIES.glob("*.json") if not path.name.startswith("refused-"))


def _replayed(path: Path, code: type = DebtorWorkflow, how: WorkflowRunner | None = None) -> None:
    replayer = Replayer(workflows=[code], workflow_runner=how or runner())
    asyncio.run(replayer.replay_workflow(WorkflowHistory.from_json(f"debtor/{path.stem}", path.read_text())))


@pytest.mark.parametrize("path", KEPT, ids=lambda path: path.stem)
def test_a_history_of_before_replays(path: Path) -> None:
    _replayed(path)


def test_a_history_that_another_workflow_would_have_written_is_refused() -> None:
    with pytest.raises(NondeterminismError, match="deliver"):
        _replayed(HISTORIES / "refused-another-activity.json")


# How the workflow's own code is changed --------------------------------------------------------------------------------


@workflow.defn(name="Debtor")
class Patient(DebtorWorkflow):
    """A version to come, which does something more at first: behind a word that no history of before knows."""

    @workflow.init
    def __init__(self, start: Start) -> None:
        super().__init__(start)

    @workflow.run
    async def run(self, start: Start) -> None:
        if workflow.patched("a breath at first"):
            await asyncio.sleep(1)
        await super().run(start)


@workflow.defn(name="Debtor")
class Hasty(DebtorWorkflow):
    """The same without the word."""

    @workflow.init
    def __init__(self, start: Start) -> None:
        super().__init__(start)

    @workflow.run
    async def run(self, start: Start) -> None:
        await asyncio.sleep(1)
        await super().run(start)


@pytest.mark.parametrize("path", KEPT, ids=lambda path: path.stem)
def test_a_change_behind_its_word_replays_what_was_recorded_before_it(path: Path) -> None:
    _replayed(path, Patient, UnsandboxedWorkflowRunner())


def test_a_change_without_a_word_is_found_by_the_histories() -> None:
    with pytest.raises(NondeterminismError):
        _replayed(HISTORIES / "everything.json", Hasty, UnsandboxedWorkflowRunner())


def test_an_image_that_a_version_before_left_is_carried_on() -> None:
    """By the desk of today, with the policy of then: it gets its chain, and goes on where it was."""
    begun = _events(HISTORIES / "second-run.json")[0]["workflowExecutionStartedEventAttributes"]
    image = unpacked(json.loads(b64decode(begun["input"]["payloads"][0]["data"]))["image"])
    assert image["form"] == 1
    known = [row[:4] for row in image["events"][CASE]]
    desk = desk_of(Post())

    merge(image, desk.look(image, Reading(min(image["looks"].values()), rehearsed=True)).changes)

    assert [row[:4] for row in image["events"][CASE]][: len(known)] == known
    assert (broken(image), unpacked(packed(image))["form"]) == ([], 2)
    assert "waiting: hand off agency acme for the approval of manager" in image["words"][CASE]


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
