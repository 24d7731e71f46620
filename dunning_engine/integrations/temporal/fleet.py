"""Workers and clients of a fleet."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, TypeVar

from temporalio.client import (
    WithStartWorkflowOperation,
    WorkflowExecutionStatus,
    WorkflowQueryFailedError,
    WorkflowUpdateFailedError,
    WorkflowUpdateRPCTimeoutOrCancelledError,
)
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode
from temporalio.worker import Worker
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

from dunning_engine.decision.keeping import RETENTION_YEARS
from dunning_engine.engine.dispatcher import DELIVER_SECONDS
from dunning_engine.engine.given import check_fact, check_owed, check_party
from dunning_engine.integrations.temporal.activities import DeskActivities
from dunning_engine.integrations.temporal.commands import Command, Start
from dunning_engine.integrations.temporal.workflow import DebtorWorkflow
from dunning_engine.kernel.errors import ForeignError, NotFound, UsageError
from dunning_engine.ports.audit_log import Head
from dunning_engine.ports.codec import encode_event, to_json

if TYPE_CHECKING:
    from collections.abc import Awaitable, Mapping, Sequence

    from temporalio.client import Client, WorkflowHandle
    from temporalio.worker import WorkerDeploymentConfig

    from dunning_engine.domain.events import Fact
    from dunning_engine.domain.parties import Party
    from dunning_engine.domain.receivables import Invoice
    from dunning_engine.integrations.temporal.desk import Desk
    from dunning_engine.integrations.temporal.image import Image
    from dunning_engine.integrations.temporal.keys import Keys

QUEUE: Final = "dunning"
"""The task queue of workers and clients that are told no other."""

ANSWER_SECONDS: Final = 60.0
"""How long a host waits for an answer unless it says otherwise."""

QUESTIONS: Final = frozenset({"next_look", "explain", "history", "refused", "halted", "heads", "image"})

FIRST: Final = Start("")
"""How the workflows of debtors begin unless told otherwise."""

THREADS: Final = 20
"""Activities of one worker at the same time; decisions share one processor, deliveries mostly wait."""


T = TypeVar("T")


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

    `begins` is how new workflows begin: when they hand over to a new run, how long deliveries may take. Whoever is not
    answered within `seconds` gets a `ForeignError`; what was asked may be done all the same, once a worker comes.
    """

    def __init__(
        self,
        client: Client,
        *,
        queue: str = QUEUE,
        tenant: str = "",
        begins: Start = FIRST,
        seconds: float = ANSWER_SECONDS,
    ) -> None:
        self._client, self._queue, self._tenant = client, queue, tenant
        self._begins, self._seconds = begins, seconds

    def workflow_id(self, debtor: str) -> str:
        """By what name Temporal knows a debtor: it stands in lists and logs, so let identities say nothing of people."""
        if not debtor:
            raise UsageError("a debtor has an identity: it names their workflow")
        return f"debtor/{self._tenant}/{debtor}" if self._tenant else f"debtor/{debtor}"

    def handle(self, debtor: str) -> WorkflowHandle[DebtorWorkflow, None]:
        """The workflow of a debtor, for whatever else Temporal can do with it."""
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
        check_party(debtor)
        check_owed(owed)
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
        check_fact(fact)
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
        if not start:
            known = self.handle(debtor).execute_update("tell", command, result_type=dict)
            return dict(await self._answered(debtor, known))
        beginning = self._beginning(debtor)
        said = self._client.execute_update_with_start_workflow(
            "tell", command, start_workflow_operation=beginning, result_type=dict
        )
        try:
            return dict(await self._answered(debtor, said))
        except ForeignError:
            with suppress(Exception, asyncio.CancelledError):  # what became of the beginning: asyncio wants it heard
                await beginning.workflow_handle()
            raise

    async def send(self, debtor: str, word: str, given: Mapping[str, Any]) -> None:
        """The same without waiting: a signal; the question `refused` tells what could not be followed."""
        await self._answered(debtor, self.handle(debtor).signal("told", Command(word, dict(given))))

    # Questions ---------------------------------------------------------------------------------------------------------

    async def ask(self, debtor: str, question: str, *given: Any) -> Any:
        """What a debtor's workflow knows: `next_look`, `explain`, `history`, `refused`, `halted`, `heads` or `image`."""
        if question not in QUESTIONS:
            raise UsageError(f"nobody answers {question!r}; ask {', '.join(sorted(QUESTIONS))}")
        return await self._answered(debtor, self.handle(debtor).query(question, *given))

    async def heads(self, debtor: str) -> list[Head]:
        """The last link of each case of a debtor, for `Anchors.add`."""
        return [Head(*head) for head in await self.ask(debtor, "heads")]

    async def image(self, debtor: str) -> Image:
        """Everything that is known of a debtor; `Desk.bundle` makes a case of it verifiable for others."""
        image: Image = await self.ask(debtor, "image")
        return image

    # The end -----------------------------------------------------------------------------------------------------------

    async def erase(
        self, debtor: str, *, by: str, reason: str, years: int = RETENTION_YEARS, keys: Keys | None = None
    ) -> Image:
        """Delete what identifies a debtor, end their workflow, and throw the key of its history away.

        Refused while a case is open or has to be kept, as by `DunningEngine.erase`. The image that is left has chains
        that can still be verified: keep the bundles of its cases. Asked once more after something was in the way, it
        goes on where it stopped.
        """
        given = {"debtor_id": debtor, "by": by, "reason": reason, "years": years}
        if (await self._answered(debtor, self.handle(debtor).describe())).status is WorkflowExecutionStatus.RUNNING:
            await self.tell(debtor, "erase", given)
        image = await self.image(debtor)
        if keys is not None:
            await asyncio.to_thread(keys.forget, self.workflow_id(debtor))
        return image

    async def _answered(self, debtor: str, answer: Awaitable[T]) -> T:
        """What comes of asking; whatever is in the way is told in the engine's own words."""
        try:
            return await asyncio.wait_for(answer, self._seconds)
        except WorkflowUpdateFailedError as failed:
            raise _ours(failed) from failed
        except (TimeoutError, WorkflowUpdateRPCTimeoutOrCancelledError) as error:
            raise ForeignError(self._unanswered(debtor)) from error
        except WorkflowQueryFailedError as error:
            raise UsageError(f"debtor {debtor!r} does not answer: {error.message}") from error
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND:
                raise NotFound(
                    f"there is no debtor {debtor!r} here: `open_cases` begins a workflow for them"
                ) from error
            if error.status in (RPCStatusCode.DEADLINE_EXCEEDED, RPCStatusCode.CANCELLED):
                raise ForeignError(self._unanswered(debtor)) from error
            if error.status is RPCStatusCode.FAILED_PRECONDITION:
                why = f"debtor {debtor!r} stands still, because workers fail or were lost: their logs say why"
                raise ForeignError(f"{why}; the server tries again ({error.message})") from error
            raise ForeignError(f"the Temporal server refused: {error.message}") from error

    def _unanswered(self, debtor: str) -> str:
        return (
            f"nobody answered for debtor {debtor!r} within {self._seconds:g} seconds: is a worker running on the queue"
            f" {self._queue!r}? What was asked may be done when one comes"
        )

    def _beginning(self, debtor: str) -> WithStartWorkflowOperation[DebtorWorkflow, None]:
        return WithStartWorkflowOperation(
            DebtorWorkflow.run,
            replace(self._begins, debtor=debtor, tenant=self._tenant),
            id=self.workflow_id(debtor),
            task_queue=self._queue,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        )


def _ours(failed: WorkflowUpdateFailedError) -> Exception:
    """The engine's own error, as it was raised at the desk."""
    cause = failed.cause
    if not isinstance(cause, ApplicationError):
        return failed
    kinds = {"NotFound": NotFound, "UsageError": UsageError}
    return kinds.get(cause.type or "", UsageError)(cause.message)
