"""Commands about the store as a whole: how it stands, its backups, its tables, and the word that lets it go on."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from dunning_engine.cli.options import CONFIG, RUNNING, By, ConfigFile, ListFormat, Listing

stores = typer.Typer()
store_app = typer.Typer(no_args_is_help=True, help="Look at the store, copy it, change its tables, let it go on.")
stores.add_typer(store_app, name="store", rich_help_panel=RUNNING)

Database = Annotated[
    str,
    typer.Option("--db", metavar="URL", help="The database, or env:NAME for a variable with it.", show_default=False),
]


class Decision(StrEnum):
    """What becomes of what may have left."""

    HOLD = "hold"
    RESEND = "resend"


@store_app.command("status", epilog="Example: [bold]dunning store status[/]")
def status(config: ConfigFile = CONFIG, format: ListFormat = Listing.TABLE) -> None:  # noqa: A002
    """Say whether actions are handed over, and if not, why and what is in doubt; 1 where they are not."""
    from dunning_engine.cli import stores as words

    raise typer.Exit(words.status(config, as_json=format is Listing.JSON))


@store_app.command("backup", epilog="Example: [bold]dunning store backup /backups/dunning-2026-03-05.db[/]")
def backup(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The copy, which is not there yet.", show_default=False)],
    config: ConfigFile = CONFIG,
) -> None:
    """Copy the database while others work with it."""
    from dunning_engine.cli import stores as words

    words.backup(config, file)


@store_app.command("restore", epilog="Example: [bold]dunning store restore /backups/dunning-2026-03-05.db[/]")
def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A copy.", show_default=False)],
    config: ConfigFile = CONFIG,
) -> None:
    """Put a copy in the place of the database, which nobody may have open."""
    from dunning_engine.cli import stores as words

    words.restore(config, file)


@store_app.command("resume", epilog="Example: [bold]dunning store resume --epoch 2 --decide hold --by 'Ida Moor'[/]")
def resume(
    epoch: Annotated[
        int, typer.Option(metavar="N", help="The epoch that begins, as status tells.", show_default=False)
    ],
    decide: Annotated[
        Decision, typer.Option(help="What may have left: held back, or sent once more.", show_default=False)
    ],
    by: By,
    config: ConfigFile = CONFIG,
) -> None:
    """Let a store go on that was restored from a backup; what certainly left is never sent again."""
    from dunning_engine.cli import stores as words

    words.resume(config, epoch=epoch, decide=decide.value, by=by)


@store_app.command("trim", epilog="Example: [bold]dunning store trim --keep-days 90[/]")
def trim(
    keep_days: Annotated[
        int, typer.Option(metavar="N", min=1, help="As many days as your oldest backup is old, or more.")
    ] = 90,
    config: ConfigFile = CONFIG,
) -> None:
    """Take old lines out of the send journal, while others work; a backup from before them is no more told exactly."""
    from dunning_engine.cli import stores as words

    words.trim(config, keep_days)


@store_app.command("trust-clock", epilog="Example: [bold]dunning store trust-clock --by 'Ida Moor'[/]")
def trust_clock(by: By, config: ConfigFile = CONFIG) -> None:
    """Say that the machine's clock is right, although it was later already."""
    from dunning_engine.cli import stores as words

    words.trust_clock(config, by)


@store_app.command("upgrade", epilog="Example: [bold]dunning store upgrade[/]")
def upgrade(config: ConfigFile = CONFIG) -> None:
    """Bring the tables to the present version, as every command does by itself."""
    from dunning_engine.cli import stores as words

    words.upgrade(config)


@store_app.command("downgrade", epilog="Example: [bold]dunning store downgrade 0004[/]")
def downgrade(
    version: Annotated[
        str, typer.Argument(metavar="VERSION", help="An older version of the tables.", show_default=False)
    ],
    config: ConfigFile = CONFIG,
) -> None:
    """Take the tables back for an older dunning_engine; refused where that would lose something."""
    from dunning_engine.cli import stores as words

    words.downgrade(config, version)


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
