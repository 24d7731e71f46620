"""`dunning store`: what an operator does to the database itself."""

from __future__ import annotations

from typing import Annotated

import typer

from dunning_engine.cli.options import RUNNING

stores = typer.Typer()
store_app = typer.Typer(no_args_is_help=True, help="Look after the database.")
stores.add_typer(store_app, name="store", rich_help_panel=RUNNING)

Database = Annotated[
    str,
    typer.Option("--db", metavar="URL", help="The database, or env:NAME for a variable with it.", show_default=False),
]


@store_app.command(
    "secure",
    epilog="Example: [bold]dunning store secure --db env:DUNNING_OWNER --role dunning_app[/]",
)
def secure(
    database: Database,
    role: Annotated[
        str | None,
        typer.Option(
            metavar="ROLE", help="The role that the engine connects as: it gets its rights.", show_default=False
        ),
    ] = None,
) -> None:
    """Let PostgreSQL show each tenant its own rows only; connect as the owner of the tables."""
    from dunning_engine.cli.storing import secure as run_secure

    run_secure(database, role)
