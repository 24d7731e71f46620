"""The command `audit`: its options and its help."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from dunning_engine.cli.options import PORTFOLIOS, names_in

audits = typer.Typer()


class AuditFormat(StrEnum):
    """How breaches are printed."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"


@audits.command(
    rich_help_panel=PORTFOLIOS,
    epilog="Example: [bold]dunning audit examples/audit/dialler.csv --map examples/audit/columns.yaml --law us/reg-f[/]",
)
def audit(
    law: Annotated[
        list[str],
        typer.Option(
            metavar="RULEBOOK",
            help="What to judge by; may be repeated, or several with commas.",
            show_default=False,
        ),
    ],
    file: Annotated[
        Path | None,
        typer.Argument(metavar="FILE", help="Contacts: a table of any dialler, or our own JSON.", show_default=False),
    ] = None,
    db: Annotated[
        str | None,
        typer.Option(metavar="URL", help="Instead of a file the database of an engine.", show_default=False),
    ] = None,
    map: Annotated[  # noqa: A002
        Path | None,
        typer.Option(metavar="FILE", help="Which column of the table is what (YAML, TOML).", show_default=False),
    ] = None,
    collector: Annotated[
        str, typer.Option(metavar="WHO", help="third_party, first_party or first_party_in_default.")
    ] = "third_party",
    zone: Annotated[
        str | None,
        typer.Option(metavar="ZONE", help="Where debtors are of whom the file does not tell.", show_default=False),
    ] = None,
    times_in: Annotated[
        str | None,
        typer.Option(
            metavar="ZONE",
            help="The zone of times without an offset, or `debtor` for the debtor's own; --zone if left out.",
            show_default=False,
        ),
    ] = None,
    facts: Annotated[
        str | None,
        typer.Option(
            metavar="WORD",
            help="assumed: judge what is known; required: what nobody can show is a breach. required for JSON.",
            show_default=False,
        ),
    ] = None,
    format: Annotated[AuditFormat, typer.Option(help="For people, or for programs.")] = AuditFormat.TABLE,  # noqa: A002
) -> None:
    """Judge a history of contacts, ours or a foreign one, by a second reading of the law that knows nothing of the gate."""
    from dunning_engine.cli.auditing import run

    code = run(
        file,
        laws=names_in(law),
        database=db,
        mapping=map,
        collector=collector,
        zone=zone,
        times_in=times_in,
        facts=facts,
        format=format,
    )
    raise typer.Exit(code)
