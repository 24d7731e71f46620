"""Records the histories that replay tests read: `PYTHONPATH=.:tests python tests/temporal/temporal_histories.py`.

They are recorded once and kept: what a fleet has running is what an earlier version of this library recorded. A new
history is added when the workflow learns something new; an old one is never recorded again.
"""

from __future__ import annotations

import json
from pathlib import Path

from temporal_house import CASE, House, Post, house
from temporal_stage import server
from temporalio.client import WorkflowHistory

from dunning_engine.domain.events import PaymentReceived
from dunning_engine.kernel.money import Money
from dunning_engine.ports.adapter import Message, Outcome, Retry, Sent, Uncertain

HISTORIES = Path(__file__).parent / "histories"


def fickle(message: Message) -> Outcome:
    """At first not taken, then taken; of the second nobody knows."""
    if message.action.step == "warning":
        return Uncertain("no answer after the last byte")
    first = not seen.count(message.action_id)
    seen.append(message.action_id)
    return Retry(3_600, "busy") if first else Sent("ref", delivered=True)


seen: list[str] = []


async def everything(home: House) -> None:
    """A ladder with a retry, doubt, a part payment that is told twice, a signal, an approval and the end."""
    await home.opens()
    part = PaymentReceived(Money("40.00", "EUR"), source="bank", event_id="tx-1")
    await home.passes(10)
    await home.debtors.record("ann", CASE, part)
    await home.debtors.record("ann", CASE, part)
    await home.debtors.send("ann", "pause", {"case_id": CASE, "by": "mara", "reason": "she called"})
    await home.passes(3)
    await home.debtors.send("ann", "resume", {"case_id": CASE, "by": "mara", "reason": "back from holiday"})
    await home.debtors.send("ann", "resume", {"debtor": "ann", "by": "mara", "reason": "by mistake"})
    await home.passes(60)
    await home.debtors.record("ann", CASE, PaymentReceived(Money("200.00", "EUR"), source="bank", event_id="tx-2"))
    await home.passes(1)


async def plain(home: House) -> None:
    """Nobody answers."""
    await home.opens()
    await home.passes(40)


def otherwise(history: WorkflowHistory) -> str:
    """The same history as a workflow would have written it that makes something else of the same decisions."""
    events = json.loads(history.to_json())["events"]
    for event in events:
        if scheduled := event.get("activityTaskScheduledEventAttributes"):
            scheduled["activityType"]["name"] = "send"
    return json.dumps({"events": events}, indent=1)


async def erased(home: House) -> None:
    """A ladder over several runs, paid, and years later forgotten: the workflow ends."""
    await home.opens()
    await home.passes(30)
    await home.debtors.record("ann", CASE, PaymentReceived(Money("240.00", "EUR"), source="bank", event_id="tx-1"))
    await home.passes(4 * 366)
    await home.debtors.erase("ann", by="rosa", reason="her wish")


STORIES = {
    "plain": (plain, Post(), 5_000),
    "everything": (everything, Post(answer=fickle), 5_000),
    "second-run": (plain, Post(), 25),
    "chained": (everything, Post(answer=fickle), 60),
    "chained-erased": (erased, Post(), 30),
}
"""What happens, what its adapter answers, and after how many events a new run begins; the first three are of form 1."""


def record() -> None:
    """Write every history that is not there yet."""
    HISTORIES.mkdir(exist_ok=True)
    with server() as stage:
        for number, (name, (story, sink, limit)) in enumerate(STORIES.items()):
            if (HISTORIES / f"{name}.json").exists():
                continue

            async def recorded() -> WorkflowHistory:
                async with house(stage.env, 1_000 + number, sink, events_max=limit) as home:  # noqa: B023 - called at once
                    await story(home)  # noqa: B023
                    return await home.history()

            history = stage.run(recorded())
            text = json.dumps(json.loads(history.to_json()), indent=1)
            (HISTORIES / f"{name}.json").write_text(text + "\n")
            if name == "plain":
                (HISTORIES / "refused-another-activity.json").write_text(otherwise(history) + "\n")


if __name__ == "__main__":
    record()
