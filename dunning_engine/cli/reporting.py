"""`dunning report`: what is owed and how late, the log of contacts, and what each step brings."""

from __future__ import annotations

import csv
import sys
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dunning_engine.cli.cases import opened_to_read
from dunning_engine.cli.screen import columns, counted, note, print_json, room
from dunning_engine.cli.variants import variant_table
from dunning_engine.kernel.calendar import iso
from dunning_engine.kernel.money import Money
from dunning_engine.reports.contact_log import Entry, contact_log, deemed_by
from dunning_engine.reports.past_due import BUCKETS, Owed, by_age, owed
from dunning_engine.reports.step_results import StepResult, step_results
from dunning_engine.reports.variants import VariantResult, variant_results

if TYPE_CHECKING:
    from dunning_engine.engine.engine import DunningEngine
    from dunning_engine.kernel.calendar import Instant


def aging(config_file: Path, *, now: str | None, all_open: bool, form: str) -> None:
    """Open receivables past due (or all), the latest first, with sums by age."""
    with opened_to_read(config_file, now) as engine:
        rows = owed(
            ((case, engine.policy_of(case.id)) for case in engine.cases()), engine.clock.now(), due_only=not all_open
        )
    values = [_owed_row(row) for row in rows]
    if form != "table":
        _machine(values, form)
        return
    keys = ["days", "debtor", "invoice", "due", "open", "waits", "last"]
    cells = [[str(value[key]) for key in keys] for value in values]
    print(*columns(keys, cells, room=room(), whole=(0, 3, 4)), sep="\n")
    print()
    sums = [
        [currency, *(_major(sum_, currency) for sum_ in (*ages, sum(ages)))] for currency, ages in by_age(rows).items()
    ]
    print(*columns(["days past due", *BUCKETS, "all"], sums, room=room(), whole=range(7)), sep="\n")
    note(f"{counted(len(rows), 'open receivable')}{'' if all_open else ' past due'}")


def _owed_row(row: Owed) -> dict[str, Any]:
    return {
        "debtor": row.name or row.debtor,
        "debtor_id": row.debtor,
        "case": row.case,
        "invoice": row.invoice,
        "amount": str(Money.of_minor(row.amount, row.currency)),
        "open": str(Money.of_minor(row.open, row.currency)),
        "due": date.fromordinal(row.due).isoformat(),
        "days": row.days,
        "age": row.bucket,
        "waits": ", ".join(row.waits),
        "last": row.last,
    }


def contacts(config_file: Path, *, case: str | None, now: str | None, form: str) -> None:
    """Every contact and action of all cases, or of one, oldest first."""
    with opened_to_read(config_file, now) as engine:
        cases = engine.cases() if case is None else (engine.case(case),)
        policies = {case.id: engine.policy_of(case.id) for case in cases}
        zones = {name: policy.zone for name, policy in policies.items()}
        deemed = deemed_by(((case, policies[case.id]) for case in cases), engine.clock.now())
        entries = contact_log(cases, deemed=deemed)
    values = [_log_row(entry, zones[entry.case]) for entry in entries]
    if form != "table":
        _machine(values, form)
        return
    keys = ["at", "case", "what", "result", "step", "invoices", "rules"]
    cells = [[value["at"][:16].replace("T", " "), *(value[key] for key in keys[1:])] for value in values]
    print(*columns(keys, cells, room=room(), whole=(0,)), sep="\n")
    note(f"{counted(len(entries), 'entry', 'entries')}; times are those of each case's policy")


def _log_row(entry: Entry, zone: str) -> dict[str, str]:
    return {
        "at": iso(entry.at, zone),
        "case": entry.case,
        "debtor": entry.debtor,
        "what": entry.what,
        "result": entry.result,
        "step": entry.step,
        "invoices": " ".join(entry.invoices),
        "rules": " ".join(entry.rules),
        "action": entry.action,
    }


def steps(config_file: Path, *, now: str | None, form: str) -> None:
    """What each step of each policy brought."""
    with opened_to_read(config_file, now) as engine:
        results = _results(engine, engine.clock.now())
    values = [_step_row(result) for result in results]
    if form != "table":
        _machine(values, form)
        return
    keys = ["policy", "step", "reached", "paid", "share", "asked", "settled", "blocked", "bounced"]
    cells = [[str(value[key]) for key in keys] for value in values]
    print(*columns(keys, cells, room=room(), whole=range(2, 9)), sep="\n")
    note("paid: settled before the next step went out, or by now after the last one")


def variants(config_file: Path, *, now: str | None, form: str) -> None:
    """The variants of experiments side by side; without a variant the cases of each policy."""
    with opened_to_read(config_file, now) as engine:
        pairs = [(case, engine.policy_of(case.id).zone) for case in engine.cases()]
    if form == "table":
        print(*variant_table(pairs), sep="\n")
        note("days to pay: from the due date to the day on which nothing was open any more, in the mean")
        return
    results = variant_results(pairs)
    _machine([_variant_row(result) for result in results], form)


def _variant_row(result: VariantResult) -> dict[str, Any]:
    row = {**asdict(result), "share": result.share, "days_to_pay": result.days}
    return {key: value for key, value in row.items() if key != "tenths"}


def _results(engine: DunningEngine, now: Instant) -> list[StepResult]:
    return step_results(((case, engine.policy_of(case.id)) for case in engine.cases()), now)


def _step_row(result: StepResult) -> dict[str, Any]:
    return {
        **asdict(result),
        "policy": f"{result.policy} {result.version}",
        "share": f"{result.share:.0%}" if result.reached else "",
        "asked": str(Money.of_minor(result.asked, result.currency)) if result.asked else "",
        "settled": str(Money.of_minor(result.settled, result.currency)) if result.settled else "",
    }


def _machine(values: Sequence[dict[str, Any]], form: str) -> None:
    """JSON, or CSV with a header even where there are no rows to take it from."""
    if form == "json":
        print_json(list(values))
    elif values:
        table = csv.DictWriter(sys.stdout, fieldnames=list(values[0]), lineterminator="\n")
        table.writeheader()
        table.writerows(values)


def _major(minor: int, currency: str) -> str:
    return f"{Money.of_minor(minor, currency).amount:,f}" if minor else "·"
