"""`policy_machine`: a stateful machine of Hypothesis that drives a policy, for whoever tests their own.

    from dunning_engine.testing import policy_machine

    TestOurPolicy = policy_machine(load_policy("policies/us-consumer.yaml")).TestCase

Hypothesis chooses what happens and cuts a failure down; the monitors say what must not be, as a dated story.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, rule

from dunning_engine.kernel.calendar import DAY_SECONDS
from dunning_engine.testing.exploring import Explorer
from dunning_engine.testing.happenings import Away, Crash, Look, NoProof, Outage, Restart
from dunning_engine.testing.monitors import MONITORS
from dunning_engine.testing.rehearsal import Rehearsal
from dunning_engine.testing.rules_money import MoneyRules
from dunning_engine.testing.rules_people import PeopleRules
from dunning_engine.testing.rules_waiting import WaitingRules
from dunning_engine.testing.telling import story, text

if TYPE_CHECKING:
    from random import Random

    from dunning_engine.compliance.rulebook import Rulebook
    from dunning_engine.domain.events import Fact
    from dunning_engine.policy.model import Policy
    from dunning_engine.testing.core_monitors import Monitor
    from dunning_engine.testing.happenings import Deed


def policy_machine(
    policy: Policy,
    rulebooks: Sequence[Rulebook] | None = None,
    *,
    known: Iterable[Fact] = (),
    monitors: Iterable[Monitor] = MONITORS,
) -> type[PolicyMachine]:
    """A machine for a policy.

    Its rulebooks are those that ship under the names in `law`, unless others are given; `known` are facts that the
    case begins with.
    """
    from dunning_engine.engine.loading import load_rulebooks

    books = tuple(load_rulebooks(policy.books) if rulebooks is None else rulebooks)
    parts: dict[str, Any] = {"policy": policy, "rulebooks": books, "known": tuple(known), "monitors": tuple(monitors)}
    return type("PolicyMachine", (PolicyMachine,), parts)


class PolicyMachine(MoneyRules, WaitingRules, PeopleRules):
    """One case and everything that may befall it; `policy_machine` says for which policy."""

    @initialize(chance=st.randoms(use_true_random=False))
    def opens(self, chance: Random) -> None:
        """A debtor for whom the policy is owes something."""
        setting = Explorer(self.policy, 0, self.known).setting(chance)
        self.stage = Rehearsal(self.policy, self.rulebooks, setting, self.monitors)
        self.stage.go_on(self.stage.now)

    @rule(days=st.integers(1, 40))
    def days_pass(self, days: int) -> None:
        self.stage.go_on(self.stage.now + days * DAY_SECONDS)

    @rule(days=st.integers(1, 40))
    def more_days_pass(self, days: int) -> None:
        """Again, so that ladders are climbed among all that may happen."""
        self.stage.go_on(self.stage.now + days * DAY_SECONDS)

    @rule(minutes=st.integers(1, 1439))
    def minutes_pass(self, minutes: int) -> None:
        self.stage.go_on(self.stage.now + minutes * 60)
        self.happens(Look())

    # The machinery -----------------------------------------------------------------------------------------------------

    @rule(deed=st.sampled_from([Look(), Restart(), Crash()]))
    def machinery(self, deed: Deed) -> None:
        self.happens(deed)

    @rule(days=st.integers(1, 40), deed=st.sampled_from([Away, Outage, NoProof]))
    def trouble(self, days: int, deed: type[Away | Outage | NoProof]) -> None:
        self.happens(deed(days))

    # Promises ----------------------------------------------------------------------------------------------------------

    @invariant()
    def nothing_is_breached(self) -> None:
        """Every monitor is content."""
        stage = getattr(self, "stage", None)  # before the first rule there is nothing to look at
        if stage is not None and stage.breaches:
            first = stage.breaches[0]
            raise AssertionError(f"{first.monitor} ({first.invariants}): {first.words}\n{text(story(stage))}")

    def teardown(self) -> None:
        """What can only be said at the end."""
        if hasattr(self, "stage") and not self.stage.breaches:
            self.stage.watch("ended")
            self.nothing_is_breached()
