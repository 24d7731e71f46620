"""The demonstration and the simulator, two ways through the same core, tell the same story of the example portfolio."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from dunning_engine.cli.demo import demo
from dunning_engine.domain.approval_events import ApprovalRequested
from dunning_engine.domain.events import ActionBlocked, ActionCleared
from dunning_engine.engine.casework import casework
from dunning_engine.engine.config import load_config
from dunning_engine.engine.installation import intake_of, open_engine, policies_of
from dunning_engine.engine.loading import load_rulebooks
from dunning_engine.kernel.calendar import iso
from dunning_engine.simulation.run import Simulation, with_address
from dunning_engine.simulation.world import Approvals
from dunning_engine.whereabouts.zones import Whereabouts

ROOT = Path(__file__).parents[2]
DAYS = 75


@pytest.fixture(scope="module")
def config_file(tmp_path_factory):
    """The example portfolio, away from where people look at its output."""
    folder = tmp_path_factory.mktemp("portfolio")
    shutil.copytree(ROOT / "examples/portfolio", folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("out"))
    file = folder / "dunning.toml"
    file.write_text(file.read_text("utf-8").replace("../../policies", str(ROOT / "policies")), "utf-8")
    return file


def simulated(config, plans):
    policies = policies_of(config)
    simulation = Simulation(
        plans=plans,
        rulebooks={book.name: book for policy in policies for book in load_rulebooks(policy.law)},
        zones=Whereabouts(),
        start=config.demo.start,
        until=config.demo.start + timedelta(DAYS - 1),
        approvals=Approvals(config.demo.approval_days),
    )
    return {told(decision.at, event) for _, world in simulation.worlds() for decision in world.decisions
            for event in decision.events if isinstance(event, VERDICTS)}  # fmt: skip


def played(config):
    with open_engine(config) as engine:
        events = [recorded for case in engine.cases() for recorded in engine.history(case.id)]
    return {told(recorded.at, recorded.event) for recorded in events if isinstance(recorded.event, VERDICTS)}


VERDICTS = (ActionCleared, ActionBlocked, ApprovalRequested)


def told(at, event):
    return iso(at), event.action.case_id, event.action.step, event.action.spec.words, type(event).__name__


def test_same_actions_at_the_same_instants(config_file, capsys):
    """Every action is cleared, blocked and submitted for approval at the same second; a simulation assumes addresses."""
    config = load_config(config_file)
    policies = {policy.name: policy for policy in policies_of(config)}
    plans = casework(intake_of(config), policies, default=None).plans
    homeless = {plan.case_id for plan in plans if with_address(plan.debtor) != plan.debtor}

    demo(config_file, None, DAYS)
    capsys.readouterr()

    one, other = (
        {line for line in lines if line[1] not in homeless} for lines in (played(config), simulated(config, plans))
    )
    assert sorted(one ^ other) == []
    assert {line[4] for line in one} == {event.__name__ for event in VERDICTS}
