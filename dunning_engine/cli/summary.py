"""What some days brought, folded from the store: actions, what was held back and why, and what is still owed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Final

from dunning_engine.cli.screen import console, counted, width
from dunning_engine.decision.own_rules import rule_words
from dunning_engine.domain.case import Case, CaseStatus
from dunning_engine.domain.deliveries import DeliveryState
from dunning_engine.domain.events import ActionBlocked, ActionCancelled, ActionDeferred, Recorded
from dunning_engine.domain.ledger import ledger_at
from dunning_engine.domain.verbs import WAYS_BESIDES
from dunning_engine.engine.installation import store_file
from dunning_engine.engine.loading import load_rulebooks
from dunning_engine.engine.paths import shown
from dunning_engine.kernel.calendar import Instant, day_start, moment
from dunning_engine.kernel.money import Money
from dunning_engine.reports.past_due import BUCKETS, bucket_of

if TYPE_CHECKING:
    from rich.table import Table

    from dunning_engine.decision.decision import Decision
    from dunning_engine.engine.config import Config
    from dunning_engine.engine.engine import DunningEngine
    from dunning_engine.policy.model import Policy

ROOM_FOR_CENTS: Final = 80
_DONE: Final = (DeliveryState.SENT, DeliveryState.DELIVERED)
_WAYS: Final = ("email", "sms", "call", "letter", "agency")


def print_summary(engine: DunningEngine, config: Config, config_file: Path, first: date, last: date) -> None:
    """Four tables and the paths to look at."""
    cases = engine.cases()
    histories = {case.id: engine.history(case.id) for case in cases}
    policies = {case.id: engine.policy_of(case.id) for case in cases}
    screen = console()
    screen.print(f"{first:%d %B %Y} to {last:%d %B %Y}: {_portfolio(cases)}", style="bold")
    for table in (
        actions(cases, policies),
        held_back(engine, histories),
        aging(cases, policies, first, last),
        standing(cases),
    ):
        screen.print()
        screen.print(table)
    screen.print()
    for line in (*_paths(config), *_questions(cases, histories, config_file)):
        screen.print(line, soft_wrap=True)


def _portfolio(cases: Sequence[Case]) -> str:
    debtors = len({case.debtor.id for case in cases})
    invoices = sum(len(case.receivables) for case in cases)
    return f"{counted(invoices, 'invoice')} of {counted(debtors, 'debtor')} in {counted(len(cases), 'case')}"


def _table(title: str, *columns: str, numbers: Iterable[int] = ()) -> Table:
    from rich import box
    from rich.table import Table

    table = Table(
        title=title,
        title_justify="left",
        title_style="bold",
        box=box.SIMPLE_HEAD,
        pad_edge=False,
        collapse_padding=True,
    )
    right = set(numbers)
    for at, column in enumerate(columns):
        number = at in right
        table.add_column(column, justify="right" if number else "left", overflow="fold", no_wrap=number)
    return table


# Actions --------------------------------------------------------------------------------------------------------------


def actions(cases: Sequence[Case], policies: Mapping[str, Policy]) -> Table:
    """How often each step was done, by the way it took."""
    done: Counter[tuple[str, str, str]] = Counter()
    for case in cases:
        for delivery in case.deliveries.values():
            if delivery.state in _DONE:
                done[policies[case.id].name, delivery.key.step, delivery.way] += 1
    ways = (*_WAYS, *(way for way in WAYS_BESIDES if way not in _WAYS and any(key[2] == way for key in done)))
    table = _table("Actions by step and channel", "policy and step", *ways, "all", numbers=range(1, len(ways) + 2))
    for policy in {policy.name: policy for policy in policies.values()}.values():
        table.add_row(policy.name, style="bold")
        for step in policy.steps:
            counts = [done[policy.name, step.name, way] for way in ways]
            table.add_row(f"  {step.name}", *map(_blank, counts), str(sum(counts)))
    totals = [sum(count for key, count in done.items() if key[2] == way) for way in ways]
    table.add_row("all", *map(_blank, totals), str(done.total()), style="bold")
    return table


def _blank(count: int) -> str:
    return str(count) if count else "·"


# What was held back ---------------------------------------------------------------------------------------------------


def held_back(engine: DunningEngine, histories: Mapping[str, Sequence[Recorded]]) -> Table:
    """Actions by what deferred, blocked or withdrew them: each stands in one row of a verdict, with all its rules."""
    found: dict[tuple[str, str], tuple[str, dict[str, str]]] = {}
    for case_id, history in histories.items():
        policy = engine.policy_of(case_id)
        for recorded in history:
            for verdict, action_id, rules in _verdicts(recorded, case_id, policy, engine):
                found.setdefault((verdict, action_id), (case_id, {}))[1].update(rules)
    rows: dict[tuple[str, tuple[tuple[str, str], ...]], list[str]] = {}
    for (verdict, _), (case_id, rules) in found.items():
        rows.setdefault((verdict, tuple(sorted(rules.items()))), []).append(case_id)
    table = _table("Held back, and why", "verdict", "actions", "because", "for example", numbers=[1])
    for (verdict, reasons), cases in sorted(rows.items(), key=lambda row: (row[0][0], -len(row[1]))):
        style = {"blocked": "red", "deferred": "yellow"}.get(verdict, "")
        because = "\n".join(f"{said} [{rule}]" if said != rule else rule for rule, said in reasons)
        table.add_row(verdict, str(len(cases)), because, cases[0], style=style)
    return table


def _verdicts(
    recorded: Recorded, case_id: str, policy: Policy, engine: DunningEngine
) -> Iterator[tuple[str, str, dict[str, str]]]:
    """Verdict, action, and words by rule; what live facts made needless has a reason instead of a rule."""
    match recorded.event:
        case ActionDeferred(action, _, rules):
            yield "deferred", action.id, {rule: rule_text(rule, policy) for rule in rules}
        case ActionBlocked(action, rules, why):
            words = why if len(why) == len(rules) else rules
            said = {rule: reason.partition(f" [{rule}")[0] for rule, reason in zip(rules, words, strict=True)}
            refusing = _refusing(engine.why(case_id, recorded.recorded_at), action.id)
            yield "blocked", action.id, {rule: said[rule] for rule in rules if rule in (refusing or rules)}
        case ActionCancelled(action_id, why):
            yield "withdrawn", action_id, {why: why}
        case _:
            pass


def _refusing(decision: Decision, action_id: str) -> set[str]:
    """The rules for which no waiting would have helped, without those that would only have deferred the action."""
    reasons = [reason for blocked in decision.blocked if blocked.action.id == action_id for reason in blocked.reasons]
    return {reason.rule for reason in reasons if reason.until is None}


def rule_text(rule: str, policy: Policy) -> str:
    """What a rule says: of the policy itself, or of a rulebook that it names."""
    limit = dict(policy.rules).get(rule)
    if limit is not None:
        return rule_words(limit)
    says = {law.id: law.says for book in load_rulebooks(policy.books) for law in book.rules}
    return says.get(rule, rule)


# What is owed ---------------------------------------------------------------------------------------------------------


def aging(cases: Sequence[Case], policies: Mapping[str, Policy], first: date, last: date) -> Table:
    """Open amounts by days past due, on the first day and at the end of the last."""
    table = _table("Owed by days past due", "", *BUCKETS, "all", numbers=range(1, 7))
    for name, day in (("before", first), ("after", last)):
        owed: dict[str, list[int]] = {}
        for case in cases:
            end = day_start(day.toordinal() + (name == "after"), policies[case.id].zone)
            for bucket, amount in _open(case, end, day.toordinal()):
                owed.setdefault(case.currency, [0] * len(BUCKETS))[bucket] += amount
        for currency, amounts in sorted(owed.items()):
            table.add_row(f"{name}, {currency}", *(_major(amount, currency) for amount in (*amounts, sum(amounts))))
        table.add_section()
    return table


def _open(case: Case, until: Instant, today: int) -> Iterator[tuple[int, int]]:
    """Open amounts by bucket, from what had happened before an instant; charges are as old as their invoices."""
    known = tuple(receivable for receivable in case.receivables if receivable.issued <= today)
    found = ledger_at(replace(case, receivables=known), until)
    dues = {account.number: account.due for account in found.receivables}
    for account in found.receivables:
        if account.open > 0:
            yield bucket_of(today - account.due), account.open
    for beside in found.charges:
        if beside.open > 0:
            due = dues.get(beside.charge.invoice or "", min(dues.values(), default=today))
            yield bucket_of(today - due), beside.open


def _major(minor: int, currency: str) -> str:
    """An amount without its currency; a narrow screen has no room for cents."""
    if not minor:
        return "·"
    amount = Money.of_minor(minor, currency).amount
    return f"{amount:,f}" if width() >= ROOM_FOR_CENTS else f"{amount:,.0f}"


def standing(cases: Sequence[Case]) -> Table:
    """Where the cases stand."""
    found = Counter((case.status, case.closed_as if case.status is CaseStatus.CLOSED else "") for case in cases)
    order = list(CaseStatus)
    table = _table("Cases at the end", "status", "cases", numbers=[1])
    for (status, why), count in sorted(found.items(), key=lambda item: (order.index(item[0][0]), item[0][1])):
        table.add_row(f"{status.value}{f' as {why}' if why else ''}", str(count))
    return table


# Where to look --------------------------------------------------------------------------------------------------------


def _paths(config: Config) -> Iterator[str]:
    yield "Look at"
    if config.adapters.files is not None:
        folder = config.adapters.files.folder
        mails, letters = (len(list(folder.glob(f"*.{ending}"))) for ending in ("eml", "txt"))
        yield f"  {shown(folder)}/  {counted(mails, 'e-mail')} (.eml), {counted(letters, 'letter')} (.txt)"
        for file in sorted(folder.glob("*.jsonl")):
            with file.open("rb") as lines:
                yield f"  {shown(file)}  {counted(sum(1 for _ in lines), 'line')}"
    if (store := store_file(config)) is not None:
        yield f"  {shown(store)}  every event, decision and delivery"


def _questions(cases: Sequence[Case], histories: Mapping[str, Sequence[Recorded]], config_file: Path) -> Iterator[str]:
    """The longest story, and the first decision that waited."""
    yield "Ask"
    busiest = max(cases, key=lambda case: len(case.deliveries), default=None)
    if busiest is not None:
        yield f"  dunning case show {busiest.id} -c {config_file}"
    waited = (
        (r.recorded_at, case_id)
        for case_id, history in histories.items()
        for r in history
        if isinstance(r.event, ActionDeferred)
    )
    first = min(waited, default=None)
    if first is not None:
        yield f"  dunning case why {first[1]} --at {moment(first[0]):%Y-%m-%dT%H:%MZ} -c {config_file}"
