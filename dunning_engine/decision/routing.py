"""Which policy a new case gets: the first route that matches, and the variant of an experiment that a debtor belongs to.

A variant of 30 % has thirty tickets. A debtor draws a number for every ticket of every variant, by a hash of the experiment,
the variant, the ticket and the debtor's identity; the highest number wins. So the same debtor is always in the same variant; a
share that grows only draws debtors in, one that shrinks only lets those go whose ticket it lost.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple

from dunning_engine.decision.conditions import failing, holds, words
from dunning_engine.decision.standing import Standing, stand
from dunning_engine.domain.case import Case, fold
from dunning_engine.domain.events import CaseOpened, Event, HostFact, ReceivableAdded, Recorded
from dunning_engine.domain.screening import times_paid_late
from dunning_engine.kernel.ids import canonical_json
from dunning_engine.kernel.spans import Span, Unit
from dunning_engine.policy.routing import Use

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dunning_engine.domain.parties import Party
    from dunning_engine.domain.receivables import Invoice
    from dunning_engine.domain.screening import Settled
    from dunning_engine.kernel.calendar import Day, Instant
    from dunning_engine.policy.routing import Route, Routing, Variant

YEAR = Span(12, Unit.MONTH)

_TICKETS = 4
"""Numbers that one digest of 256 bits gives."""


class Passed(NamedTuple):
    """A route that did not match: its number in the file, what it would have chosen, and why not."""

    number: int
    choice: str
    why: str


@dataclass(frozen=True, slots=True)
class Routed:
    """The policy of a new case (empty: no route matched), how it was chosen, and why not by an earlier route.

    `variant` is the variant of an experiment, as in `sooner/control`.
    """

    routing: str
    policy: str = ""
    number: int = 0
    choice: str = ""
    variant: str = ""
    passed: tuple[Passed, ...] = ()
    screened: str = ""
    """What screening knows of the debtor, in words."""

    @property
    def route(self) -> str:
        """What the case keeps of it: `default 1: route 2, us-consumer`."""
        return f"{self.routing}: route {self.number}, {self.choice}" if self.number else ""

    def explain(self) -> str:
        """The reasoning in lines a person can read."""
        lines = [f"{self.routing}{f': {self.screened}' if self.screened else ''}"]
        lines += [f"  route {one.number}, {one.choice}: {one.why}" for one in self.passed]
        if not self.policy:
            return "\n".join([*lines, "  no route matches: there is no policy for this"])
        if not self.number:
            return "\n".join([*lines, f"  {self.choice}: {self.policy}"])
        variant = f", variant {self.variant}" if self.variant else ""
        return "\n".join(
            [*lines, f"  route {self.number}, {self.choice}: matches{variant}, so the policy is {self.policy}"]
        )


class Question(NamedTuple):
    """Who owes what, and what else is known of them: facts by name, and what they settled in cases of before."""

    debtor: Party
    owed: Sequence[Invoice]
    facts: Mapping[str, str]
    history: tuple[Settled, ...] = ()


def route(routing: Routing, question: Question, at: Instant) -> Routed:
    """The policy of a case that is opened at an instant with receivables of one currency."""
    name = routing.label
    case = _case(routing, question, at)
    standing = stand(case, routing.lens, at)
    passed: list[Passed] = []
    screened = screening(question, routing.zone, standing.today)
    for number, one in enumerate(routing.routes, 1):
        why = _objection(one, case, standing)
        if not why:
            policy, variant = _chosen(one, question.debtor)
            return Routed(name, policy, number, one.words, variant, tuple(passed), screened)
        passed.append(Passed(number, one.words, why))
    return Routed(name, passed=tuple(passed), screened=screened)


def screening(question: Question, zone: str, today: Day) -> str:
    """What is known of a debtor as a customer and payer, in words."""
    debtor = question.debtor
    late = times_paid_late(debtor, question.history, zone, today, YEAR)
    told = [
        f"risk {debtor.risk.value}" if debtor.risk is not None else "",
        f"group {debtor.group}" if debtor.group else "",
        f"customer since {debtor.customer_since}" if debtor.customer_since is not None else "",
        f"paid late {late} time{'s' * (late != 1)} in 12 months" if late else "",
    ]
    return ", ".join(filter(None, told))


def variant_of(experiment: str, split: Sequence[Variant], debtor_id: str) -> Variant:
    """The variant that a debtor belongs to, whatever the order of the variants."""
    return max(split, key=lambda variant: (_best(experiment, variant, debtor_id), variant.name))


def _best(experiment: str, variant: Variant, debtor_id: str) -> bytes:
    """The highest number that a debtor draws with the tickets of a variant."""
    drawn: list[bytes] = []
    for batch in range(-(-variant.share // _TICKETS)):
        digest = sha256(canonical_json([experiment, variant.name, batch, debtor_id]).encode()).digest()
        drawn += [digest[at : at + 8] for at in range(0, 32, 8)]
    return max(drawn[: variant.share])


def _chosen(one: Route, debtor: Party) -> tuple[str, str]:
    if one.use is not None:
        return one.use.policy or debtor.policy or "", ""
    variant = variant_of(one.experiment, one.split, debtor.id)
    return variant.policy, f"{one.experiment}/{variant.name}"


def _case(routing: Routing, question: Question, at: Instant) -> Case:
    """The case as it would begin."""
    events: tuple[Event, ...] = (
        CaseOpened(question.debtor, routing.lens.ref),
        *(ReceivableAdded(invoice) for invoice in question.owed),
        *(HostFact(name, value) for name, value in question.facts.items()),
    )
    case = fold("routing", (Recorded(seq, at, at, event) for seq, event in enumerate(events, 1)))
    return replace(case, history=question.history) if question.history else case


def _objection(one: Route, case: Case, standing: Standing) -> str:
    """Why a route does not match; empty where it does."""
    if one.use == Use() and not case.debtor.policy:
        return "the debtor has no policy of their own"
    false = failing(one.when, case, standing)
    if false is not None:
        return f"its condition “{words(false)}” does not hold"
    if one.when_any and not any(holds(c, case, standing) for c in one.when_any):
        return "none of its conditions “when_any” holds"
    true = next((c for c in one.unless if holds(c, case, standing)), None)
    return f"its exception “{words(true)}” holds" if true is not None else ""
