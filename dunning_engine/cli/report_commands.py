"""`dunning report`: its commands, their options and their help."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from dunning_engine.cli.options import CONFIG, RUNNING, ConfigFile, Now

reports = typer.Typer()
report_app = typer.Typer(no_args_is_help=True, help="Lists for people and files: aging, contacts, steps.")
reports.add_typer(report_app, name="report", rich_help_panel=RUNNING)


class Printed(StrEnum):
    """How a report is printed."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"


PrintedAs = Annotated[Printed, typer.Option("--format", help="For people, for spreadsheets, or for programs.")]


@report_app.command(epilog="Example: [bold]dunning report aging --format csv > past-due.csv[/]")
def aging(
    config: ConfigFile = CONFIG,
    now: Now = None,
    all_open: Annotated[bool, typer.Option("--all", help="Also what is not due yet.")] = False,
    format: PrintedAs = Printed.TABLE,  # noqa: A002
) -> None:
    """List what is past due, the latest first, with sums by age."""
    from dunning_engine.cli import reporting

    reporting.aging(config, now=now, all_open=all_open, form=format.value)


@report_app.command(epilog="Example: [bold]dunning report contacts --case C-1042 --format csv[/]")
def contacts(
    config: ConfigFile = CONFIG,
    case: Annotated[str | None, typer.Option(metavar="CASE", help="One case only.", show_default=False)] = None,
    now: Now = None,
    format: PrintedAs = Printed.TABLE,  # noqa: A002
) -> None:
    """Log every contact and action, and what was held back by which rule."""
    from dunning_engine.cli import reporting

    reporting.contacts(config, case=case, now=now, form=format.value)


@report_app.command(epilog="Example: [bold]dunning report steps[/]")
def steps(
    config: ConfigFile = CONFIG,
    now: Now = None,
    format: PrintedAs = Printed.TABLE,  # noqa: A002
) -> None:
    """Say for each step how often it was reached, and how many paid before the next one."""
    from dunning_engine.cli import reporting

    reporting.steps(config, now=now, form=format.value)


@report_app.command(epilog="Example: [bold]dunning report variants[/]")
def variants(
    config: ConfigFile = CONFIG,
    now: Now = None,
    format: PrintedAs = Printed.TABLE,  # noqa: A002
) -> None:
    """Compare the variants of experiments: cases, how many paid and after how many days, contacts."""
    from dunning_engine.cli import reporting

    reporting.variants(config, now=now, form=format.value)
