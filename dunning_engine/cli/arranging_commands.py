"""`dunning case hold`, `release`, `answer`, `promise` and `plan`: what a clerk takes down about a case."""

from __future__ import annotations

from typing import Annotated

import typer

from dunning_engine.cli.operations import case_app
from dunning_engine.cli.options import CONFIG, By, CaseId, ConfigFile, Now, Why

Reason = Annotated[
    str,
    typer.Argument(
        metavar="REASON",
        help="dispute, hold, hardship, 'identity theft', bankruptcy, deceased, cease, attorney or plan.",
        show_default=False,
    ),
]
OfInvoice = Annotated[str | None, typer.Option("--invoice", metavar="NUMBER", help="Only this invoice.")]
OfChannel = Annotated[str | None, typer.Option("--channel", metavar="CHANNEL", help="Only contacts by this channel.")]
Amount = Annotated[
    str, typer.Argument(metavar="AMOUNT", help="In the currency of the case, as in 40.00.", show_default=False)
]


@case_app.command(
    "hold", epilog="Example: [bold]dunning case hold C-1001/USD hold --until 2026-05-01 --by 'Ida Moor'[/]"
)
def case_hold(
    case: CaseId,
    reason: Reason,
    by: By,
    config: ConfigFile = CONFIG,
    now: Now = None,
    invoice: OfInvoice = None,
    until: Annotated[str | None, typer.Option(metavar="DATE", help="The last day of the hold.")] = None,
    amount: Annotated[str | None, typer.Option(metavar="AMOUNT", help="The disputed part of the invoice.")] = None,
    channel: OfChannel = None,
    resume: Annotated[
        str | None,
        typer.Option(metavar="RULE", help="continue, restart or 'back one step', if not as the policy says."),
    ] = None,
    clock: Annotated[
        str | None, typer.Option(metavar="CLOCK", help="'clock stops' or 'clock runs', if not as the policy says.")
    ] = None,
    note: Why = "",
) -> None:
    """Let a case, one of its invoices or a channel wait."""
    from dunning_engine.cli import arranging

    arranging.hold(
        config,
        case,
        now,
        reason,
        invoice=invoice,
        until=until,
        amount=amount,
        channel=channel,
        resume=resume,
        clock=clock,
        by=by,
        note=note,
    )


@case_app.command(
    "release",
    epilog="Example: [bold]dunning case release C-1001/USD dispute --invoice INV-7 --outcome rejected --by Ida[/]",
)
def case_release(
    case: CaseId,
    reason: Reason,
    by: By,
    config: ConfigFile = CONFIG,
    now: Now = None,
    invoice: OfInvoice = None,
    channel: OfChannel = None,
    outcome: Annotated[
        str | None, typer.Option(metavar="OUTCOME", help="Of a dispute: upheld, rejected or credited.")
    ] = None,
    note: Why = "",
) -> None:
    """End the holds of a reason."""
    from dunning_engine.cli import arranging

    arranging.release(config, case, now, reason, invoice=invoice, channel=channel, outcome=outcome, by=by, note=note)


@case_app.command("answer", epilog="Example: [bold]dunning case answer C-1001/USD --invoice INV-7 --by 'Ida Moor'[/]")
def case_answer(
    case: CaseId, by: By, config: ConfigFile = CONFIG, now: Now = None, invoice: OfInvoice = None, note: Why = ""
) -> None:
    """Note that the debtor got an answer to a dispute, which goes on."""
    from dunning_engine.cli import arranging

    arranging.answer(config, case, now, invoice=invoice, by=by, note=note)


@case_app.command("promise", epilog="Example: [bold]dunning case promise C-1001/USD 240.00 2026-03-23[/]")
def case_promise(
    case: CaseId,
    amount: Amount,
    day: Annotated[
        str, typer.Argument(metavar="DATE", help="The last day on which it is in time.", show_default=False)
    ],
    config: ConfigFile = CONFIG,
    now: Now = None,
    invoice: OfInvoice = None,
) -> None:
    """Note the debtor's promise to pay by the end of a day."""
    from dunning_engine.cli import arranging

    arranging.promise(config, case, now, amount, day, invoice=invoice)


@case_app.command(
    "plan",
    epilog="Example: [bold]dunning case plan C-1001/USD 150.00 --instalments 3 --from 2026-04-01 --by 'Ida Moor'[/]",
)
def case_plan(
    case: CaseId,
    amount: Amount,
    instalments: Annotated[int, typer.Option(min=1, metavar="N", help="In how many parts.", show_default=False)],
    start: Annotated[str, typer.Option("--from", metavar="DATE", help="The first day.", show_default=False)],
    by: By,
    config: ConfigFile = CONFIG,
    now: Now = None,
    weekly: Annotated[bool, typer.Option("--weekly", help="By the week, not by the month.")] = False,
    first: Annotated[
        str | None, typer.Option("--first-payment", metavar="AMOUNT", help="Paid on the first day; the parts follow.")
    ] = None,
    invoice: OfInvoice = None,
    approved_by: Annotated[
        str, typer.Option(metavar="NAME", help="Who allowed more than the policy offers.", show_default=False)
    ] = "",
    note: Why = "",
) -> None:
    """Agree a payment plan, split to the cent; it takes the place of an earlier one."""
    from dunning_engine.cli import arranging

    arranging.plan(
        config,
        case,
        now,
        amount,
        instalments,
        start,
        every="week" if weekly else "month",
        first=first,
        invoice=invoice,
        by=by,
        approved_by=approved_by,
        note=note,
    )
