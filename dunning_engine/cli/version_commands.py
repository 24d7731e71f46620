"""`dunning init`, `diff` and `migrate`: how policies begin, change and take their cases along."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dunning_engine.cli.diffing import DiffFormat
from dunning_engine.cli.options import (
    AUTHORS,
    CONFIG,
    RUNNING,
    ConfigFile,
    DebtorsFile,
    DebtorsMappingFile,
    FactsFile,
    ListFormat,
    Listing,
    MappingFile,
    Now,
    Why,
)

versions = typer.Typer()


@versions.command(
    rich_help_panel=AUTHORS, epilog="Example: [bold]dunning init[/] · [bold]dunning init de-business our-dunning[/]"
)
def init(
    policy: Annotated[
        str | None,
        typer.Argument(
            metavar="[POLICY]",
            help="A policy of the library, or `routing` for all of them; without one the library is listed.",
            show_default=False,
        ),
    ] = None,
    folder: Annotated[
        Path,
        typer.Argument(metavar="[DIR]", help="Where to put it; the current folder if left out.", show_default=False),
    ] = Path(),
    force: Annotated[bool, typer.Option("--force", help="Replace files that are there already.")] = False,
    format: ListFormat = Listing.TABLE,  # noqa: A002
) -> None:
    """Begin with a policy of the library: with its test, templates, configuration, JSON Schema and editor settings."""
    from dunning_engine.cli.starting import init as run_init

    run_init(policy, folder, force=force, as_json=format is Listing.JSON)


@versions.command(
    rich_help_panel=AUTHORS,
    epilog=(
        "Example: [bold]dunning diff old.yaml new.yaml[/] · [bold]dunning diff old.yaml new.yaml --invoices invoices.csv "
        "--mapping mapping.yaml[/] · [bold]dunning diff us-consumer@1 us-consumer@2 --config dunning.toml[/]"
    ),
)
def diff(
    old: Annotated[
        str, typer.Argument(metavar="OLD", help="A policy file, or NAME@VERSION of the store.", show_default=False)
    ],
    new: Annotated[
        str, typer.Argument(metavar="NEW", help="The one to compare it with, likewise.", show_default=False)
    ],
    invoices: Annotated[
        list[Path] | None,
        typer.Option(metavar="FILE", help="Replay both over these invoices; may be repeated.", show_default=False),
    ] = None,
    mapping: MappingFile = None,
    debtors: DebtorsFile = None,
    debtors_mapping: DebtorsMappingFile = None,
    events: FactsFile = None,
    config: Annotated[
        Path | None,
        typer.Option(
            "--config",
            "-c",
            metavar="FILE",
            help="Replay both over the intake of this configuration; also whose store has NAME@VERSION.",
            show_default=False,
        ),
    ] = None,
    start: Annotated[
        str | None,
        typer.Option("--from", metavar="DATE", help="First day; that of the first invoice.", show_default=False),
    ] = None,
    until: Annotated[
        str | None,
        typer.Option(metavar="DATE", help="Last day; 180 days after the last due date.", show_default=False),
    ] = None,
    approvals: Annotated[
        str, typer.Option(metavar="WORDS", help='When people answer: none, instant, "3 days".')
    ] = "instant",
    format: Annotated[  # noqa: A002
        DiffFormat, typer.Option(help="For people, for programs, or for a review.")
    ] = DiffFormat.TEXT,
) -> None:
    """Say in words what differs between two policies, and what that does to real debtors; exits with 1 where anything does."""
    from dunning_engine.cli.diffing import Over
    from dunning_engine.cli.diffing import diff as run_diff
    from dunning_engine.cli.reading import day
    from dunning_engine.engine.intake_files import Sources

    sources = (
        [Sources(invoices=invoices, mapping=mapping, debtors=debtors, debtors_mapping=debtors_mapping, events=events)]
        if invoices
        else []
    )
    over = Over(
        sources=sources,
        config=config,
        start=None if start is None else day(start, "--from"),
        until=None if until is None else day(until, "--until"),
        approvals=approvals,
    )
    raise typer.Exit(run_diff(old, new, over=over, form=format))


@versions.command(
    rich_help_panel=RUNNING,
    epilog=(
        "Example: [bold]dunning migrate us-consumer --to 3 --step chase=reminder[/] · "
        "[bold]dunning migrate us-consumer --to 3 --yes --by 'Ida Moor' --reason 'ten days are enough'[/]"
    ),
)
def migrate(
    policy: Annotated[
        str, typer.Argument(metavar="POLICY", help="The policy that the cases keep, by name.", show_default=False)
    ],
    to: Annotated[
        str,
        typer.Option(metavar="VERSION", help="The version to go to, or another policy: NAME@3.", show_default=False),
    ],
    step: Annotated[
        list[str] | None,
        typer.Option(
            metavar="OLD=NEW",
            help="A step that is called otherwise now; OLD= has no counterpart. May be repeated.",
            show_default=False,
        ),
    ] = None,
    case: Annotated[
        list[str] | None,
        typer.Option(metavar="CASE", help="Only this case; may be repeated.", show_default=False),
    ] = None,
    start_at: Annotated[
        str,
        typer.Option(
            metavar="STEP",
            help="Go on right at this step of the new version; pass over those above.",
            show_default=False,
        ),
    ] = "",
    by: Annotated[str, typer.Option(metavar="NAME", help="Who decided it.", show_default=False)] = "",
    reason: Why = "",
    yes: Annotated[
        bool, typer.Option("--yes/--dry-run", help="Move the cases, or only say what would happen.")
    ] = False,
    config: ConfigFile = CONFIG,
    now: Now = None,
    format: ListFormat = Listing.TABLE,  # noqa: A002
) -> None:
    """Move cases to another version of their policy: first what would happen to each, then, with --yes, for good."""
    from dunning_engine.cli.migrating import migrate as run_migrate

    raise typer.Exit(
        run_migrate(
            config,
            policy,
            to=to,
            steps=step or [],
            cases=case or [],
            start_at=start_at,
            by=by,
            reason=reason,
            yes=yes,
            as_json=format is Listing.JSON,
            now=now,
        )
    )
