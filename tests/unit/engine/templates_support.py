"""A policy, a case and its templates, small enough to read."""

from __future__ import annotations

from dunning_engine.domain.actions import ActionKey, ActionSpec, Do, ProposedAction
from dunning_engine.domain.case import Case, fold
from dunning_engine.domain.events import CaseOpened, ReceivableAdded, Recorded
from dunning_engine.domain.parties import Channel, Party
from dunning_engine.domain.receivables import Invoice
from dunning_engine.kernel.calendar import EVERY_DAY, day_of, parse_instant
from dunning_engine.kernel.diagnostics import Place
from dunning_engine.kernel.money import Money
from dunning_engine.kernel.spans import Span
from dunning_engine.policy.model import Anchor, AnchorKind, Policy, Step

MAIL = ActionSpec(Do.SEND, "reminder", Channel.EMAIL)
SMS = ActionSpec(Do.SEND, "nudge", Channel.SMS)
CALL = ActionSpec(Do.CALL, "script", Channel.CALL)
LETTER = ActionSpec(Do.SEND, "final", Channel.LETTER, certified=True)
AGENCY = ActionSpec(Do.HAND_OFF, "acme")

CREDITOR = Party.business(
    "us",
    name="Larkfield Home",
    email="billing@example.com",
    phone="+1 555",
    address=("400 Canal Street", "New York"),
    payment_methods=("Card: https://pay.example.com/{invoice}",),
)
NOW = parse_instant("2026-03-20T15:00:00Z")


def step(name: str, *specs: ActionSpec, deadline: int | None = None) -> Step:
    return Step(
        name=name,
        when=Anchor(AnchorKind.ON_DUE),
        actions=tuple((spec,) for spec in specs),
        deadline=None if deadline is None else Span(deadline),
    )


def policy(*steps: Step) -> Policy:
    if not steps:
        steps = (step("reminder", MAIL, SMS, CALL), step("ultimatum", LETTER, deadline=14), step("agency", AGENCY))
    return Policy(name="p", version=1, title="t", hash="h", calendar=EVERY_DAY, steps=steps, zone="America/New_York")


def case(*events, name: str | None = "Ann Example", language: str | None = None, owed=None) -> Case:
    debtor = Party.consumer("cust-17", name=name, language=language, email="ann@example.com")
    owed = owed or [
        Invoice("INV-1", Money("1234.50", "USD"), due="2026-03-02", issued="2026-02-01"),
        Invoice("INV-2", Money("20.00", "USD"), due="2026-03-09", issued="2026-02-08"),
        Invoice("INV-3", Money("5.00", "USD"), due="2026-04-09", issued="2026-03-08"),
    ]
    facts = [CaseOpened(debtor, policy().ref), *(ReceivableAdded(invoice) for invoice in owed), *events]
    start = parse_instant("2026-02-01T00:00:00Z")
    return fold("case-17", [Recorded(n + 1, start + n, start + n, fact) for n, fact in enumerate(facts)])


def action(
    spec: ActionSpec = MAIL,
    name: str = "reminder",
    *,
    deadline: str | None = None,
    occurrence: int = 1,
    invoices: tuple[str, ...] = ("INV-1", "INV-2"),
    amount: int = 125_450,
):
    key = ActionKey("INV-1", name, occurrence, "")
    return ProposedAction(
        id=key.action_id("case-17"),
        key=key,
        case_id="case-17",
        debtor_id="cust-17",
        spec=spec,
        planned_at=NOW,
        invoices=invoices,
        amount=amount,
        currency="USD",
        deadline=None if deadline is None else day_of(deadline),
    )


def place_of(name: str, words: str) -> Place:
    """Step and words, readable in a place: line 7 of a file of that name."""
    return Place(f"p.yaml#{name}/{words}", 7, 3, 4)


def write(folder, **texts: str):
    """`email_reminder__de="…"` becomes `email/reminder.de.liquid`."""
    for name, text in texts.items():
        channel, _, rest = name.partition("_")
        stem, _, language = rest.partition("__")
        path = folder / channel / f"{stem.replace('_', '-')}{'.' * bool(language)}{language.replace('_', '-')}.liquid"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder
