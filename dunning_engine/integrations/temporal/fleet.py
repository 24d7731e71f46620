"""Workers and clients of a fleet."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from temporalio.client import WithStartWorkflowOperation, WorkflowUpdateFailedError
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.exceptions import ApplicationError
from temporalio.worker import Worker
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

from dunning_engine.engine.dispatcher import DELIVER_SECONDS
from dunning_engine.integrations.temporal.activities import DeskActivities
from dunning_engine.integrations.temporal.commands import Command, Start
from dunning_engine.integrations.temporal.workflow import DebtorWorkflow
from dunning_engine.kernel import errors
from dunning_engine.kernel.errors import UsageError
from dunning_engine.ports.codec import encode_event, to_json

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from temporalio.client import Client, WorkflowHandle
    from temporalio.worker import WorkerDeploymentConfig

    from dunning_engine.domain.events import Fact
    from dunning_engine.domain.parties import Party
    from dunning_engine.domain.receivables import Invoice
    from dunning_engine.integrations.temporal.desk import Desk

QUEUE: Final = "dunning"
"""The task queue of workers and clients that are told no other."""

FIRST: Final = Start("")
"""How the workflows of debtors begin unless told otherwise."""

THREADS: Final = 20
"""Activities of one worker at the same time; decisions share one processor, deliveries mostly wait."""


def runner() -> SandboxedWorkflowRunner:
    """The sandbox of workflows, in which this package is not imported anew for each: what they use of it is pure."""
    restrictions = SandboxRestrictions.default.with_passthrough_modules("dunning_engine")
    return SandboxedWorkflowRunner(restrictions=restrictions)


def worker(
    client: Client,
    desk: Desk,
    *,
    queue: str = QUEUE,
    threads: int = THREADS,
    deployment: WorkerDeploymentConfig | None = None,
) -> Worker:
    """A worker that runs debtors' workflows and hands actions over. Asked to stop, it waits for what it has begun."""
    return Worker(
        client,
        task_queue=queue,
        workflows=[DebtorWorkflow],
        activities=DeskActivities(desk).all,
        activity_executor=ThreadPoolExecutor(threads, "dunning"),
        max_concurrent_activities=threads,
        max_concurrent_local_activities=threads,
        workflow_runner=runner(),
        graceful_shutdown_timeout=timedelta(seconds=DELIVER_SECONDS + 5),
        deployment_config=deployment,
    )


class Debtors:
    """A host's hand on the workflows of its debtors; `tenant` keeps those of several apart on one server.

    `begins` is how new workflows begin: when they hand over to a new run, how long deliveries may take.
    """

    def __init__(
        self,
        client: Client,
        *,
        queue: str = QUEUE,
        tenant: str = "",
        begins: Start = FIRST,
    ) -> None:
        self._client, self._queue, self._tenant, self._begins = client, queue, tenant, begins

    def workflow_id(self, debtor: str) -> str:
        return f"debtor/{self._tenant}/{debtor}" if self._tenant else f"debtor/{debtor}"

    def handle(self, debtor: str) -> WorkflowHandle[DebtorWorkflow, None]:
        """The workflow of a debtor, for queries."""
        return self._client.get_workflow_handle_for(DebtorWorkflow.run, self.workflow_id(debtor))

    async def open_cases(
        self,
        debtor: Party,
        owed: Sequence[Invoice],
        policy: str | None = None,
        *,
        facts: Mapping[str, str] | None = None,
        case_id: str | None = None,
        at: int | str | None = None,
    ) -> dict[str, Any]:
        """Put receivables into cases, as `DunningEngine.open_cases` does; the debtor's workflow begins where it is new."""
        given = {
            "debtor": to_json(type(debtor), debtor),
            "owed": [to_json(type(invoice), invoice) for invoice in owed],
            "policy": policy,
            "facts": dict(facts or {}),
            "case_id": case_id,
            "at": at,
        }
        return await self.tell(debtor.id, "open", given, start=True)

    async def record(
        self,
        debtor: str,
        case_id: str,
        fact: Fact,
        at: int | str | None = None,
        *,
        source: str = "",
        event_id: str = "",
    ) -> bool:
        """Take a fact in, as `DunningEngine.record` does; `False` where the outside event is known already."""
        given = {"case_id": case_id, "fact": list(encode_event(fact)), "at": at}
        said = await self.tell(debtor, "record", {**given, "source": source, "event_id": event_id})
        return bool(said["taken"])

    async def tell(
        self, debtor: str, word: str, given: Mapping[str, Any], *, start: bool = False, settle: bool = False
    ) -> dict[str, Any]:
        """Ask for something by its word and wait for what happened.

        The words are those of `desk.WORDS`; refusals raise what the engine raises. With `start` the debtor's workflow
        begins where there is none; with `settle` the answer waits until everything that is due has been done.
        """
        command = Command(word, dict(given), settle)
        try:
            if not start:
                said = await self.handle(debtor).execute_update("tell", command, result_type=dict)
            else:
                beginning = self._beginning(debtor)
                said = await self._client.execute_update_with_start_workflow(
                    "tell", command, start_workflow_operation=beginning, result_type=dict
                )
        except WorkflowUpdateFailedError as failed:
            raise _ours(failed) from failed
        return dict(said)

    async def send(self, debtor: str, word: str, given: Mapping[str, Any]) -> None:
        """The same without waiting: a signal; the query `refused` tells what could not be followed."""
        await self.handle(debtor).signal("told", Command(word, dict(given)))

    def _beginning(self, debtor: str) -> WithStartWorkflowOperation[DebtorWorkflow, None]:
        return WithStartWorkflowOperation(
            DebtorWorkflow.run,
            replace(self._begins, debtor=debtor),
            id=self.workflow_id(debtor),
            task_queue=self._queue,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        )


def _ours(failed: WorkflowUpdateFailedError) -> Exception:
    """The engine's own error, as it was raised at the desk."""
    cause = failed.cause
    if not isinstance(cause, ApplicationError):
        return failed
    kinds = {"NotFound": errors.NotFound, "UsageError": UsageError}
    return kinds.get(cause.type or "", UsageError)(cause.message)
