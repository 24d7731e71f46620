"""`dunning schema` and `dunning explain`: a policy's language and its meaning."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

from dunning_engine.cli.reading import policy_in
from dunning_engine.cli.screen import print_json, width
from dunning_engine.engine.paths import file_bytes

if TYPE_CHECKING:
    from dunning_engine.domain.parties import Party, ZoneHint
    from dunning_engine.engine.casework import CasePlan
    from dunning_engine.policy.model import Policy

LINE_MAX: Final = 88
DAYS_WATCHED: Final = 400
TERM: Final = 30
"""Days between issue and due date of the example."""


def schema(*, routing: bool) -> None:
    """The JSON Schema of policies, or of routing."""
    from dunning_engine.policy.schema import json_schema, routing_schema

    print_json(routing_schema() if routing else json_schema())


def explain(path: Path, due: date) -> None:
    """The policy in English, with the days on which an unpaid invoice would be dunned."""
    from dunning_engine.engine.routing_files import is_routing, load_routing, policies_beside
    from dunning_engine.policy.explain import explain as paragraphs

    if is_routing(file_bytes(path)):
        from dunning_engine.policy.routing_explain import explain_routing

        _print(explain_routing(load_routing(path, policies=policies_beside(path))))
        return
    policy = policy_in(path)
    dates = example_dates(policy, due)
    text = paragraphs(policy, dates)
    if dates:
        text += f"\nThe example is an invoice that was issued on {_words(due - timedelta(TERM))}, was due on {_words(due)}, and is never paid{_tried(policy)}.\n"
        text += _absent([step.name for step in policy.steps if step.name not in dates])
    _print(text)


def _tried(policy: Policy) -> str:
    """The failed payments of the example, as the end of a sentence."""
    count = _failures(policy)
    days = f" and the {'day' if count == 2 else f'{count - 1} days'} after" if count > 1 else ""
    return f": its payment fails on the due date{days}" if count else ""


def _failures(policy: Policy) -> int:
    """How many payments fail in the example, one each day from the due date: as many as some step waits for."""
    from dunning_engine.policy.model import AnchorKind

    return max((step.when.count for step in policy.steps if step.when.kind is AnchorKind.FAILED_PAYMENTS), default=0)


def _absent(steps: list[str]) -> str:
    """Steps without a day: they ask for facts that the example lacks, or count from a step that does not come."""
    return f"What these steps ask for is not so in it, and they have no day: {', '.join(steps)}.\n" if steps else ""


def _print(text: str) -> None:
    room = min(width(), LINE_MAX)
    print("\n\n".join(textwrap.fill(part, room, break_on_hyphens=False) for part in text.strip().split("\n\n")))


def example_dates(policy: Policy, due: date) -> dict[str, str]:
    """The first day of each step for a debtor who can be reached, never pays and fits the policy."""
    from dunning_engine.engine.loading import load_rulebooks
    from dunning_engine.kernel.calendar import moment
    from dunning_engine.simulation.run import Simulation

    books = {book.name: book for book in load_rulebooks(policy.books)}
    lines = Simulation(
        plans=[_example(policy, due)],
        rulebooks=books,
        zones=_Here(policy.zone),
        start=due - timedelta(TERM),
        until=due + timedelta(DAYS_WATCHED),
    ).run()
    dates: dict[str, str] = {}
    for line in lines:
        if line.trace.verdict == "cleared":
            dates.setdefault(line.trace.action.step, _words(moment(line.at, policy.zone).date()))
    return dates


@dataclass(frozen=True, slots=True)
class _Here:
    """A debtor who lives where the policy counts its days."""

    zone: str

    def hints(self, party: Party) -> tuple[ZoneHint, ...]:  # noqa: ARG002 - one debtor, one zone
        from dunning_engine.domain.parties import ZoneHint

        return (ZoneHint("zone", (self.zone,)),)


def _example(policy: Policy, due: date) -> CasePlan:
    from dunning_engine.domain.declines import Decline
    from dunning_engine.domain.events import PaymentFailed
    from dunning_engine.domain.parties import Party, PartyKind
    from dunning_engine.domain.receivables import Invoice
    from dunning_engine.engine.casework import CasePlan
    from dunning_engine.intake.model import IncomingInvoice
    from dunning_engine.kernel.money import Money
    from dunning_engine.policy.model import Test

    asked = {condition.test: condition.value for condition in policy.applies_to}
    currency = asked.get(Test.CURRENCY) or next(iter(policy.tolerance), "USD")
    debtor = Party(
        id="example",
        kind=PartyKind(asked.get(Test.DEBTOR_KIND) or "consumer"),
        email="debtor@example.com",
        phone="+12025550100",
        country=asked.get(Test.COUNTRY),
        language=asked.get(Test.LANGUAGE),
        zone=policy.zone,
    )
    invoice = Invoice("EXAMPLE", Money(1_000_000, currency), issued=due - timedelta(TERM), due=due)
    incoming = IncomingInvoice(debtor=debtor.id, invoice=invoice, file="example", line=1)
    failed = PaymentFailed(decline=Decline.INSUFFICIENT_FUNDS)
    facts = [(due + timedelta(number), replace(failed, event_id=f"{number}")) for number in range(_failures(policy))]
    return CasePlan("example", policy, debtor, currency, invoices=[incoming], facts=[*facts])


def _words(day: date) -> str:
    return f"{day:%A} {day.day} {day:%B %Y}"
