"""What the rules of `policy_machine` stand on: a case on its stage, and shares of what was billed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine

from dunning_engine.kernel.calendar import Day, local_day
from dunning_engine.kernel.money import Money

if TYPE_CHECKING:
    from dunning_engine.compliance.rulebook import Rulebook
    from dunning_engine.domain.events import Fact
    from dunning_engine.policy.model import Policy
    from dunning_engine.testing.core_monitors import Monitor
    from dunning_engine.testing.happenings import Deed
    from dunning_engine.testing.rehearsal import Rehearsal

PARTS: Final = st.sampled_from([1000, 500, 100, 999, 1300])
"""Sums in thousandths of everything billed: all, a part, nearly all, more than all."""

NUMBERS: Final = st.integers(0, 3)
"""Which invoice is meant, counted round."""

DAYS: Final = st.integers(0, 40)


class Driven(RuleBasedStateMachine):
    """One case and what may befall it, without any rule yet."""

    policy: Policy
    rulebooks: Sequence[Rulebook]
    known: Sequence[Fact]
    monitors: Sequence[Monitor]
    stage: Rehearsal

    def happens(self, *deeds: Deed) -> None:
        """Let deeds happen now, one after the other."""
        for deed in deeds:
            self.stage.happen(deed)

    @property
    def today(self) -> Day:
        return local_day(self.stage.now, self.policy.zone)

    @property
    def currency(self) -> str:
        return self.stage.setting.invoices[0].amount.currency

    def share(self, part: int) -> Money:
        """A part, in thousandths, of all that was billed at first."""
        total = sum(invoice.amount.minor for invoice in self.stage.setting.invoices)
        return Money.of_minor(max(1, total * part // 1000), self.currency)

    def number(self, place: int) -> str:
        """The number of an invoice of the case, also of one that has not come in yet."""
        known = [receivable.number for receivable in self.stage.case.receivables]
        known = known or [invoice.number for invoice in self.stage.setting.invoices]
        return known[place % len(known)]
