"""`dunning audit-log`: its commands, their options and their help."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dunning_engine.cli.options import CONFIG, RUNNING, By, CaseId, ConfigFile, Now

audit_logs = typer.Typer()
commands = typer.Typer(
    no_args_is_help=True, help="Prove what was recorded, export it, and erase who it was about when its time has come."
)
audit_logs.add_typer(commands, name="audit-log", rich_help_panel=RUNNING)


@commands.command(
    "verify",
    epilog="Example: [bold]dunning audit-log verify --db dunning.db --anchors anchors.jsonl --key env:ANCHOR_KEY[/]",
)
def verify(
    db: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            help="A database, or the bundle of a case; that of the configuration if left out.",
            show_default=False,
        ),
    ] = None,
    anchors: Annotated[Path | None, typer.Option(metavar="FILE", help="The anchors.", show_default=False)] = None,
    key: Annotated[str, typer.Option(metavar="env:NAME", help="The secret that signed them.", show_default=False)] = "",
    tenant: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Whose cases, in PostgreSQL; the configuration's if left out, and with --db everybody's.",
            show_default=False,
        ),
    ] = None,
    config: ConfigFile = CONFIG,
) -> None:
    """Recompute every hash and compare it with the anchors; tell every break, and what cannot be seen."""
    from dunning_engine.cli import audit_logs as working

    raise typer.Exit(working.verify(db, anchors, key, tenant=tenant, config_file=config))


@commands.command("anchor", epilog="Example: [bold]dunning audit-log anchor[/], every ten minutes by cron")
def anchor(config: ConfigFile = CONFIG, now: Now = None) -> None:
    """Append the heads of all cases that moved to the file of anchors, outside the database."""
    from dunning_engine.cli import audit_logs as working

    working.anchor(config, now)


@commands.command("seal", epilog="Example: [bold]dunning audit-log seal[/], once after an upgrade")
def seal(config: ConfigFile = CONFIG) -> None:
    """Give events from before there was a chain their hashes, and take personal data out of them."""
    from dunning_engine.cli import audit_logs as working

    working.seal(config)


@commands.command(
    "erase", epilog="Example: [bold]dunning audit-log erase C-1001 --by 'Ida Moor' --reason 'request 2029-17'[/]"
)
def erase(
    debtor: Annotated[list[str], typer.Argument(metavar="DEBTOR", help="Identities.", show_default=False)],
    by: By,
    reason: Annotated[
        str, typer.Option(metavar="TEXT", help="On whose wish, without naming the debtor.", show_default=False)
    ],
    config: ConfigFile = CONFIG,
    now: Now = None,
) -> None:
    """Delete what identifies debtors from closed cases that need not be kept any longer; their chains stay valid."""
    from dunning_engine.cli import audit_logs as working

    raise typer.Exit(working.erase(config, debtor, by=by, reason=reason, now=now))


@commands.command("export", epilog="Example: [bold]dunning audit-log export C-1001/USD -o C-1001.zip[/]")
def export(
    case: CaseId,
    output: Annotated[
        Path,
        typer.Option("--output", "-o", metavar="FILE", help="A .zip with the verifier, or .json.", show_default=False),
    ],
    redact: Annotated[bool, typer.Option("--redact", help="Leave personal data out.")] = False,
    config: ConfigFile = CONFIG,
) -> None:
    """Write a case as a bundle that others can check without us."""
    from dunning_engine.cli import audit_logs as working

    working.export(config, case, output, redact=redact)
