"""A debtor's workflow: it keeps their cases as an image, one thing after the other, and sleeps until the next look.

It decides nothing itself. Every decision is a local activity of the desk, whose answer stands in the history: so a
history replays alike however the law, the policies or this library have changed since, and only what comes later is
decided by what is so now. Nothing between two awaits of this file may depend on anything but the image, the history
and the server's time.
"""

from __future__ import annotations

import asyncio
import builtins
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError, ApplicationError, TimeoutError, TimeoutType  # noqa: A004 - Temporal's name

with workflow.unsafe.imports_passed_through():
    from dunning_engine.integrations.temporal.commands import (
        WALL,
        Answer,
        Armed,
        Command,
        Handing,
        Outcome,
        Reading,
        Start,
    )
    from dunning_engine.integrations.temporal.image import Image, heads_of, merge, packed, plain, unpacked, wake_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

WAITING_SECONDS: Final = 10
"""How long an armed action may wait for a worker; then it certainly did not leave, and the gate is asked anew."""

HALTED_SECONDS: Final = (60, 120, 240, 480, 600)
"""How long to wait before clocks that do not agree are asked again; the last one over and over."""

REFUSED_MAX: Final = 100
"""Refused signals that are remembered, the newest."""


class Unanswered(Exception):
    """The desk did not answer: the workflow task fails, and is tried again until some worker's desk does."""


@workflow.defn(name="Debtor")
class DebtorWorkflow:
    """One debtor: all their cases and one contact log."""

    @workflow.init
    def __init__(self, start: Start) -> None:
        self._start = start
        self._image: Image = unpacked(start.image)
        self._image["tenant"] = start.tenant
        self._refused = list(start.refused)
        self._lock = asyncio.Lock()
        self._latest = start.latest
        self._halted = ""
        self._waiting = self._halts = 0
        self._news = self._resting = self._over = False

    @workflow.run
    async def run(self, start: Start) -> None:
        """Look whenever something is due; hand over to a new run when the history has grown long."""
        while not self._over:
            await self._catch_up()
            if self._may_end():
                await self._ask("keep")
                workflow.continue_as_new(self._next(start))
            await self._sleep()
        await workflow.wait_condition(workflow.all_handlers_finished)

    # Commands ----------------------------------------------------------------------------------------------------------

    @workflow.update(name="tell")
    async def tell(self, command: Command) -> dict[str, Any]:
        """Do what a command asks for, and answer with what happened; refusals are errors of the update."""
        answer = await self._told(command)
        if answer.refused is not None:
            kind, words = answer.refused
            raise ApplicationError(words, type=kind, non_retryable=True)
        if command.settle:
            await workflow.wait_condition(lambda: self._resting and (bool(self._halted) or not self._due()))
        halted = {"halted": self._halted} if self._halted else {}
        return {**answer.said, **halted, "next_look": wake_of(self._image)}

    @workflow.signal(name="told")
    async def told(self, command: Command) -> None:
        """The same without an answer; what was refused is told by the query `refused`."""
        answer = await self._told(command)
        if answer.refused is not None:
            self._refused = [*self._refused, (command.word, answer.refused[1])][-REFUSED_MAX:]

    async def _told(self, command: Command) -> Answer:
        async with self._turn():
            answer = await self._ask("tell", command)
            self._over = self._over or answer.over
            return answer

    # Questions ---------------------------------------------------------------------------------------------------------

    @workflow.query(name="next_look")
    def next_look(self) -> int | None:
        """When something is to be done next, as an instant; nothing until there are new facts."""
        return wake_of(self._image)

    @workflow.query(name="explain")
    def explain(self, case_id: str) -> str:
        """What the latest look at a case said, and why."""
        words: str = self._image["words"].get(case_id, "")
        return words

    @workflow.query(name="history")
    def history(self, case_id: str) -> list[Any]:
        """Every event of a case, oldest first: when it happened, when it became known, type, version, body."""
        return [plain(row) for row in self._image["events"].get(case_id, [])]

    @workflow.query(name="heads")
    def heads(self) -> list[list[Any]]:
        """The last hash of each case, for anchors."""
        return heads_of(self._image)

    @workflow.query(name="halted")
    def halted(self) -> str:
        """Why nothing is handed over now; empty where it is."""
        return self._halted

    @workflow.query(name="image")
    def image(self) -> Image:
        """Everything that is known of the debtor, for an engine elsewhere to ask."""
        return self._image

    @workflow.query(name="refused")
    def refused(self) -> list[tuple[str, str]]:
        """Signals that could not be followed: the word, and why not."""
        return self._refused

    # Actions out -------------------------------------------------------------------------------------------------------

    async def _catch_up(self) -> None:
        """Decide and hand over until nothing is due, or clocks do not agree."""
        while self._due() and not self._over:
            armed = await self._look()
            if armed is not None:
                await self._receive(armed, await self._deliver(armed))
            elif self._halted:
                return

    async def _look(self) -> Armed | None:
        """A look; where somebody knocked meanwhile, what was armed is let go, for they have to be heard first."""
        async with self._lock:
            answer = await self._ask("look", keep=False)
            self._halts = self._halts + 1 if answer.halted else 0
            if answer.armed is not None and self._waiting:
                return None
            merge(self._image, answer.changes)
            return answer.armed

    async def _deliver(self, armed: Armed) -> Outcome:
        """Hand an action over once: whatever is not known for sure afterwards is uncertain, and nobody tries again."""
        try:
            outcome: Outcome = await workflow.execute_activity(
                "deliver",
                Handing(armed.key, self._image["messages"][armed.key], armed.fence, self._now()),
                activity_id=f"{armed.key}.{armed.fence}",
                result_type=Outcome,
                start_to_close_timeout=timedelta(seconds=self._start.deliver_seconds),
                schedule_to_start_timeout=timedelta(seconds=WAITING_SECONDS),
                retry_policy=RetryPolicy(maximum_attempts=1),
                summary=armed.words,
            )
            return outcome  # noqa: TRY300 - what follows is for when nobody knows
        except ActivityError as error:
            cause = error.cause
            if isinstance(cause, TimeoutError) and cause.type is TimeoutType.SCHEDULE_TO_START:
                return Outcome("Retry", {"after": 0, "note": "no worker took it in time"})
            return Outcome("Uncertain", {"note": f"nobody knows whether it left: {cause or error}"})

    async def _receive(self, armed: Armed, outcome: Outcome) -> None:
        async with self._lock:
            await self._ask("receive", armed, outcome)

    async def _ask(self, what: str, *given: Any, keep: bool = True) -> Answer:
        """What the desk says to the debtor's image as it is now; whoever asks holds the lock."""
        clock = self._start.clock
        told = Reading(clock.instant(workflow.time()), self._latest, rehearsed=clock != WALL)
        try:
            answer: Answer = await workflow.execute_local_activity(
                what,
                args=[self._image, told, *given],
                result_type=Answer,
                start_to_close_timeout=timedelta(seconds=30),
                retry_policy=RetryPolicy(maximum_attempts=2),
            )
        except ActivityError as error:
            raise Unanswered(f"the desk could not {what}: {error.cause}") from error
        if keep:
            merge(self._image, answer.changes)
        self._latest = max(self._latest, told.shows) if answer.at is None else answer.at
        self._halted, self._news = answer.halted, True
        return answer

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        """One command at a time, before any look that waits to arm something."""
        self._waiting += 1
        async with self._lock:
            self._waiting -= 1
            yield

    # Time --------------------------------------------------------------------------------------------------------------

    def _now(self) -> int:
        """The present instant, never before the latest one by which something was decided."""
        return max(self._latest, self._start.clock.instant(workflow.time()))

    def _due(self) -> bool:
        wake = wake_of(self._image)
        return wake is not None and wake <= self._now()

    async def _sleep(self) -> None:
        """Until the next look, or until something happens."""
        self._news, wake = False, wake_of(self._image)
        seconds = None if wake is None else max(0.001, self._start.clock.seconds(workflow.time(), wake))
        if self._halted and self._due():
            seconds = HALTED_SECONDS[min(self._halts, len(HALTED_SECONDS)) - 1]
        self._resting = True
        try:
            await workflow.wait_condition(lambda: self._news or self._may_end(), timeout=seconds)
        except builtins.TimeoutError:
            return
        finally:
            self._resting = False

    # The next run ------------------------------------------------------------------------------------------------------

    def _may_end(self) -> bool:
        """Whether the history has grown long, and nobody waits for an answer."""
        info = workflow.info()
        long = info.is_continue_as_new_suggested() or info.get_current_history_length() >= self._start.events_max
        return long and workflow.all_handlers_finished()

    def _next(self, start: Start) -> Start:
        return replace(start, image=packed(self._image), refused=tuple(self._refused), latest=self._latest)
