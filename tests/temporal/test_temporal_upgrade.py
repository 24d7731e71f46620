"""A fleet that is brought up to date by worker deployments, on a real server: runs that are open move to the new build."""

from __future__ import annotations

import asyncio
import os
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from temporal_house import ANN, CASE, Post, desk_of, invoice
from temporal_stage import patiently, program
from temporalio.api.workflowservice.v1 import SetWorkerDeploymentCurrentVersionRequest
from temporalio.client import Client
from temporalio.common import VersioningBehavior, WorkerDeploymentVersion
from temporalio.service import RPCError
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker, WorkerDeploymentConfig

from dunning_engine.domain.events import PaymentReceived
from dunning_engine.integrations.temporal import Debtors, worker
from dunning_engine.kernel.money import Money

QUEUE = "upgrade"
DEPLOYMENT = "fleet"

pytestmark = pytest.mark.skipif(
    os.environ.get("DUNNING_TEMPORAL") != "all", reason="`make temporal` plays it: a server of its own"
)


def _build(client: Client, number: int) -> Worker:
    version = WorkerDeploymentVersion(DEPLOYMENT, f"build-{number}")
    config = WorkerDeploymentConfig(
        version=version, use_worker_versioning=True, default_versioning_behavior=VersioningBehavior.AUTO_UPGRADE
    )
    return worker(client, desk_of(Post()), queue=QUEUE, deployment=config)


async def _made_current(client: Client, number: int) -> None:
    """Once the server has heard of the build."""
    asked = SetWorkerDeploymentCurrentVersionRequest(
        namespace=client.namespace, deployment_name=DEPLOYMENT, build_id=f"build-{number}", identity="rosa"
    )
    for _ in range(100):
        with suppress(RPCError):
            await client.workflow_service.set_worker_deployment_current_version(asked)
            return
        await asyncio.sleep(0.2)
    pytest.fail(f"the server never heard of build {number}")


async def _built_by(debtors: Debtors) -> str:
    described: Any = (await debtors.handle("ann").describe()).raw_description
    build: str = described.workflow_execution_info.versioning_info.deployment_version.build_id
    return build


async def _played(tmp_path: Path) -> list[str]:
    server = await patiently(
        lambda: WorkflowEnvironment.start_local(
            dev_server_existing_path=program("temporal"),
            dev_server_database_filename=str(tmp_path / "temporal.db"),
            dev_server_log_level="never",
        )
    )
    builds = []
    async with server as env:
        debtors = Debtors(env.client, queue=QUEUE)
        async with _build(env.client, 1):
            await _made_current(env.client, 1)
            await debtors.open_cases(ANN, [invoice()], "shop")
            builds.append(await _built_by(debtors))
        async with _build(env.client, 2):
            await _made_current(env.client, 2)
            assert await debtors.record("ann", CASE, PaymentReceived(Money("40.00", "EUR")))
            builds.append(await _built_by(debtors))
            assert [row[2] for row in await debtors.ask("ann", "history", CASE)][-1] == "PaymentReceived"
    return builds


def test_an_open_run_moves_to_the_build_that_is_current(tmp_path: Path) -> None:
    assert asyncio.run(_played(tmp_path)) == ["build-1", "build-2"]
