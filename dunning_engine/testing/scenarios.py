"""The tests of a policy as values: a debtor, invoices, dated facts, and what is expected of each day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from dunning_engine.domain.facts import FactPhrase, News, StepNews
from dunning_engine.kernel.grammar import Form, Grammar
from dunning_engine.kernel.money import Money
from dunning_engine.kernel.slots import AMOUNT, COUNT, CURRENCY
from dunning_engine.simulation.world import Approvals
from dunning_engine.testing.expectations import STATES

if TYPE_CHECKING:
    from dunning_engine.domain.parties import Party
    from dunning_engine.domain.receivables import Invoice
    from dunning_engine.kernel.diagnostics import Diagnostic, Place
    from dunning_engine.testing.expectations import Expectation

APPROVALS: Grammar[Approvals] = Grammar(
    "how approvals are given",
    (
        Form("none", make=lambda: Approvals(None), take=lambda one: {} if one.days is None else None),
        Form("instant", make=lambda: Approvals(0), take=lambda one: {} if one.days == 0 else None),
        Form(
            "{days} day[s]",
            slots={"days": COUNT},
            make=Approvals,
            take=lambda one: {"days": one.days} if one.days else None,
        ),
    ),
)

PRICE: Grammar[Money] = Grammar(
    "an amount of money",
    [
        Form(
            "{amount} {currency}",
            slots={"amount": AMOUNT, "currency": CURRENCY},
            make=lambda amount, currency: Money(f"{amount:f}", currency),
            take=lambda money: {"amount": money.amount, "currency": money.currency},
        )
    ],
)


@dataclass(frozen=True, slots=True)
class Told:
    """A fact of a day; `day` is None for what was so from the start."""

    day: date | None
    fact: FactPhrase
    place: Place


@dataclass(frozen=True, slots=True)
class Wanted:
    """One expectation of a day."""

    day: date
    what: Expectation
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One test. `taken_in` is the day of the engine's first look, where that is later than the first invoice."""

    name: str
    place: Place
    debtor: Party
    invoices: tuple[tuple[Invoice, Place], ...]
    facts: tuple[Told, ...]
    wanted: tuple[Wanted, ...]
    taken_in: date | None = None
    approvals: Approvals | None = None
    chosen: tuple[str, Place] | None = None
    """The policy that routing is expected to choose; `none` where no route should match."""

    @property
    def until(self) -> date:
        """The last day that the test looks at."""
        return max((one.day for one in self.wanted), default=date.min)

    @property
    def asked(self) -> tuple[date, ...]:
        """Days at whose end the test asks where things stand."""
        return tuple(sorted({one.day for one in self.wanted if one.what.kind in STATES}))

    @property
    def granting(self) -> Approvals:
        """How approvals are given: as the test says; where its facts tell of answers, only by them; else at once."""
        if self.approvals is not None:
            return self.approvals
        answered = any(
            isinstance(t.fact, StepNews) and t.fact.news in (News.APPROVED, News.REFUSED) for t in self.facts
        )
        return Approvals(None) if answered else Approvals()


@dataclass(frozen=True, slots=True)
class ScenarioFile:
    """A test file as far as it could be read: `policy` is the name and where it stands."""

    policy: tuple[str, Place] | None
    scenarios: tuple[Scenario, ...]
    diagnostics: tuple[Diagnostic, ...]
    routing: tuple[str, Place] | None = None
    """The routing that chooses the policy of each test, where the file names no policy."""
