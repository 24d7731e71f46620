"""`dunning route`: its options and its help."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dunning_engine.cli.options import (
    PORTFOLIOS,
    DebtorsFile,
    DebtorsMappingFile,
    FactsFile,
    ListFormat,
    Listing,
    MappingFile,
)

routes = typer.Typer()


@routes.command(
    rich_help_panel=PORTFOLIOS,
    epilog="Example: [bold]dunning route policies/routing.yaml --invoices invoices.csv --mapping mapping.yaml --debtor C-1001[/]",
)
def route(
    routing: Annotated[Path, typer.Argument(metavar="ROUTING", help="A routing file.", show_default=False)],
    invoices: Annotated[
        list[Path],
        typer.Option(metavar="FILE", help="A table, an e-invoice, or a folder of e-invoices.", show_default=False),
    ],
    mapping: MappingFile = None,
    debtors: DebtorsFile = None,
    debtors_mapping: DebtorsMappingFile = None,
    events: FactsFile = None,
    debtor: Annotated[
        str | None, typer.Option(metavar="ID", help="This debtor only, with the reasons.", show_default=False)
    ] = None,
    format: ListFormat = Listing.TABLE,  # noqa: A002
) -> None:
    """Say which policy and variant each debtor would get, and why the routes before did not match."""
    from dunning_engine.cli import routing as answering
    from dunning_engine.engine.intake_files import Sources

    sources = Sources(
        invoices=invoices, mapping=mapping, debtors=debtors, debtors_mapping=debtors_mapping, events=events
    )
    answering.route(routing, sources, debtor=debtor, as_json=format is Listing.JSON)
