"""What a clerk takes down about a case: holds, answers, promises and payment plans."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from dunning_engine.cli.cases import found, opened
from dunning_engine.domain.plans import instalments
from dunning_engine.kernel.money import Money

if TYPE_CHECKING:
    from dunning_engine.domain.case import Case
    from dunning_engine.engine.engine import DunningEngine


@contextmanager
def _case(config: Path, name: str, now: str | None) -> Iterator[tuple[DunningEngine, Case]]:
    with opened(config, now) as engine:
        yield engine, found(engine, name)


def hold(
    config: Path,
    name: str,
    now: str | None,
    reason: str,
    *,
    invoice: str | None,
    until: str | None,
    amount: str | None,
    channel: str | None,
    resume: str | None,
    clock: str | None,
    by: str,
    note: str,
) -> None:
    """Let a case, an invoice, a part of one or a channel wait."""
    with _case(config, name, now) as (engine, case):
        engine.hold(
            case.id,
            reason,
            invoice=invoice,
            until=until,
            amount=None if amount is None else Money(amount, case.currency),
            channel=channel,
            resume=resume,
            clock=clock,
            by=by,
            note=note,
        )
    print(f"case {case.id}: hold for {reason} by {by}; the next run takes it into account")


def release(
    config: Path,
    name: str,
    now: str | None,
    reason: str,
    *,
    invoice: str | None,
    channel: str | None,
    outcome: str | None,
    by: str,
    note: str,
) -> None:
    """End the holds of a reason."""
    with _case(config, name, now) as (engine, case):
        engine.release(case.id, reason, invoice=invoice, outcome=outcome, channel=channel, by=by, note=note)
    print(f"case {case.id}: hold for {reason} ended by {by}; the next run takes it into account")


def answer(config: Path, name: str, now: str | None, *, invoice: str | None, by: str, note: str) -> None:
    """Note that a dispute was answered."""
    with _case(config, name, now) as (engine, case):
        engine.answer_dispute(case.id, invoice=invoice, by=by, note=note)
    print(f"case {case.id}: dispute answered by {by}")


def promise(config: Path, name: str, now: str | None, amount: str, day: str, *, invoice: str | None) -> None:
    """Note a promise to pay."""
    with _case(config, name, now) as (engine, case):
        money = Money(amount, case.currency)
        engine.promise(case.id, money, day, invoice=invoice)
    print(f"case {case.id}: promise of {money} by {day}")


def plan(
    config: Path,
    name: str,
    now: str | None,
    amount: str,
    count: int,
    start: str,
    *,
    every: str,
    first: str | None,
    invoice: str | None,
    by: str,
    approved_by: str,
    note: str,
) -> None:
    """Agree a payment plan."""
    with _case(config, name, now) as (engine, case):
        paid_first = None if first is None else Money(first, case.currency)
        parts = instalments(Money(amount, case.currency), count, start, every=every, first_payment=paid_first)
        engine.agree_plan(case.id, parts, invoice=invoice, by=by, approved_by=approved_by, note=note)
    print(f"case {case.id}: {len(parts)} payments, the first of {parts[0].amount} by {start}")
