"""Tests of routing: which policy it chooses for a case, and what that policy then does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Protocol

from dunning_engine.engine.routing_files import is_routing, load_routing, policies_beside
from dunning_engine.kernel.diagnostics import Diagnostic, suggest
from dunning_engine.kernel.errors import PolicyInvalid
from dunning_engine.simulation.run import Simulation

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from dunning_engine.decision.routing import Routed
    from dunning_engine.kernel.diagnostics import Place
    from dunning_engine.policy.model import Policy
    from dunning_engine.policy.routing import Routing
    from dunning_engine.testing.runner import TestResult
    from dunning_engine.testing.scenarios import Scenario, ScenarioFile
    from dunning_engine.testing.states import Play

NONE = "none"
"""What a test says whose case no route should match."""


class Runs(Protocol):
    """A test that is ready to run."""

    def run(self, play: Play = Simulation.played_out) -> TestResult:
        """What comes of it."""


@dataclass(frozen=True, slots=True)
class RoutedTest:
    """A test that is ready to run: `inner` plays the days that it expects something of, where it names any."""

    __test__: ClassVar[bool] = False  # pytest looks for classes of this name

    file: str
    scenario: Scenario
    routing: Routing
    routed: Routed
    inner: Runs | None

    @property
    def name(self) -> str:
        return self.scenario.name

    @property
    def about(self) -> str:
        return f"{self.routing.name}: {self.scenario.name}"

    @property
    def place(self) -> Place:
        return self.scenario.place

    def run(self, play: Play = Simulation.played_out) -> TestResult:
        """Compare the policy that was chosen, then play the days under it."""
        from dunning_engine.testing.runner import TestResult

        wanted = self.scenario.chosen[0] if self.scenario.chosen is not None else ""
        if wanted != (self.routed.policy or NONE):
            message = f"- policy {wanted}\n+ policy {self.routed.policy or NONE}\n{self.routed.explain()}"
            return TestResult(f"{self.file}::{self.name}", False, message, self.place)
        return (
            self.inner.run(play)
            if self.inner is not None
            else TestResult(f"{self.file}::{self.name}", True, "", self.place)
        )


def strange_policies(scenario: Scenario, policies: Mapping[str, Policy]) -> Iterator[Diagnostic]:
    """An expected policy that is not there."""
    if scenario.chosen is None or scenario.chosen[0] in (NONE, *policies):
        return
    name, place = scenario.chosen
    names = tuple(sorted(policies))
    message = f"there is no policy {name}"
    yield Diagnostic("DUN280", message, place, suggestion=suggest(name, names), accepted=names)


def routing_of_tests(
    parsed: ScenarioFile, path: Path, policies: Path
) -> tuple[Routing | None, dict[str, Policy], tuple[Diagnostic, ...]]:
    """The routing that a test file names, with its policies: beside it under its own name, else in the folder of policies."""
    assert parsed.routing is not None
    name, place = parsed.routing
    for file in (
        path.with_name(path.name.replace(".test.", ".")),
        *(folder / f"{stem}.yaml" for folder in (path.parent, policies) for stem in (name, "routing")),
    ):
        if file == path or not file.is_file() or not is_routing(file.read_bytes()):
            continue
        try:
            beside = policies_beside(file)
            routing = load_routing(file, policies=beside)
        except PolicyInvalid as invalid:
            return None, {}, invalid.diagnostics
        if routing.name == name:
            return routing, {policy.name: policy for policy in beside}, ()
    message = f"there is no routing {name} in {path.parent} or {policies}"
    return None, {}, (Diagnostic("DUN279", message, place),)
