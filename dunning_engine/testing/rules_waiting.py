"""Rules of `policy_machine` about reasons to wait: promises, plans, disputes, holds, pauses of many cases."""

from __future__ import annotations

from typing import Final

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from dunning_engine.domain.arrangements import Clock, DisputeOutcome, HoldReason, Resume
from dunning_engine.domain.events import (
    DisputeAnswered,
    HoldLifted,
    HoldPlaced,
    PlanBroken,
    PromiseMade,
)
from dunning_engine.domain.orders import Scope
from dunning_engine.domain.parties import Channel
from dunning_engine.domain.plans import PlanAgreed, PlanOffered, instalments
from dunning_engine.testing.driving import NUMBERS, PARTS, Driven
from dunning_engine.testing.happenings import Late, Paused, Resumed

_HOLDS: Final = st.sampled_from(HoldReason)
_CHANNELS: Final = st.sampled_from(Channel)
_SCOPES: Final = st.sampled_from(Scope)


def _held(machine: Driven) -> bool:
    return bool(machine.stage.case.holds)


class WaitingRules(Driven):
    """Everything that lets a ladder wait, or go on."""

    @rule(part=PARTS, days=st.integers(0, 14), number=st.none() | NUMBERS)
    def promises(self, part: int, days: int, number: int | None) -> None:
        self.happens(PromiseMade(self.share(part), self.today + days, None if number is None else self.number(number)))

    @rule(count=st.integers(1, 4), start=st.integers(0, 20), number=st.none() | NUMBERS, offer=st.booleans())
    def agrees_to_a_plan(self, count: int, start: int, number: int | None, offer: bool) -> None:
        every = "month" if count % 2 else "week"
        parts = instalments(self.share(1000), count, self.today + start, every=every)
        invoice = None if number is None else self.number(number)
        self.happens(PlanOffered(parts, invoice) if offer else PlanAgreed(parts, invoice))

    @precondition(_held)
    @rule()
    def plan_breaks(self) -> None:
        self.happens(PlanBroken())

    # Disputes ----------------------------------------------------------------------------------------------------------

    @rule(whole=st.booleans(), number=NUMBERS, until=st.none() | st.integers(0, 30))
    def disputes(self, whole: bool, number: int, until: int | None) -> None:
        last = None if until is None else self.today + until
        self.happens(HoldPlaced(HoldReason.DISPUTE, None if whole else self.number(number), until=last))

    @rule(part=st.sampled_from([100, 300, 1000]), number=NUMBERS)
    def disputes_a_part(self, part: int, number: int) -> None:
        self.happens(HoldPlaced(HoldReason.DISPUTE, self.number(number), amount=self.share(part)))

    @precondition(_held)
    @rule(outcome=st.none() | st.sampled_from(DisputeOutcome), number=st.none() | NUMBERS)
    def dispute_ends(self, outcome: DisputeOutcome | None, number: int | None) -> None:
        invoice = None if number is None else self.number(number)
        self.happens(HoldLifted(HoldReason.DISPUTE, invoice, outcome=outcome))

    @precondition(_held)
    @rule(number=st.none() | NUMBERS)
    def dispute_is_answered(self, number: int | None) -> None:
        self.happens(DisputeAnswered(None if number is None else self.number(number), by="north"))

    # Holds -------------------------------------------------------------------------------------------------------------

    @rule(reason=_HOLDS, until=st.none() | st.integers(0, 30))
    def hold_begins(self, reason: HoldReason, until: int | None) -> None:
        self.happens(HoldPlaced(reason, until=None if until is None else self.today + until))

    @rule(reason=_HOLDS, days=st.integers(0, 20))
    def hold_is_known_late(self, reason: HoldReason, days: int) -> None:
        self.happens(Late(HoldPlaced(reason), days))

    @rule(channel=_CHANNELS, until=st.none() | st.integers(0, 30))
    def channel_waits(self, channel: Channel, until: int | None) -> None:
        last = None if until is None else self.today + until
        self.happens(HoldPlaced(HoldReason.MANUAL, until=last, channel=channel))

    @rule(resume=st.sampled_from(Resume), clock=st.sampled_from(Clock))
    def hold_begins_with_words_of_its_own(self, resume: Resume, clock: Clock) -> None:
        self.happens(HoldPlaced(HoldReason.MANUAL, resume=resume, clock=clock))

    @precondition(_held)
    @rule(reason=_HOLDS)
    def hold_ends(self, reason: HoldReason) -> None:
        self.happens(HoldLifted(reason))

    @precondition(_held)
    @rule(channel=_CHANNELS)
    def channel_goes_on(self, channel: Channel) -> None:
        self.happens(HoldLifted(HoldReason.MANUAL, channel=channel))

    @rule(scope=_SCOPES)
    def many_cases_are_paused(self, scope: Scope) -> None:
        self.happens(Paused(scope))

    @rule(scope=_SCOPES)
    def many_cases_go_on(self, scope: Scope) -> None:
        self.happens(Resumed(scope))
