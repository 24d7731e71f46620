"""A worker of its own process, which a test may kill: `python temporal_worker.py ADDRESS QUEUE LEDGER`.

Its adapter writes the key of each message to a ledger, durably, before it answers: between the two a kill leaves doubt.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time

from temporal_house import Post, desk_of
from temporalio.client import Client

from dunning_engine.integrations.temporal import worker
from dunning_engine.ports.adapter import Message, Outcome, Sent
from dunning_engine.stores.sql import SqlStore


async def main(address: str, queue: str, ledger: str) -> None:
    file = os.open(ledger, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def effect(message: Message) -> Outcome:
        os.write(file, f"{message.action_id} {message.action.step}\n".encode())
        os.fsync(file)
        time.sleep(0.02)
        return Sent(message.action_id[:8])

    client = await Client.connect(address)
    await worker(client, desk_of(Post(answer=effect), registry=SqlStore(f"sqlite:///{ledger}.db")), queue=queue).run()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
