"""Options and arguments that several commands share."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final

import typer

AUTHORS: Final = "For authors of policies"
PORTFOLIOS: Final = "For portfolios"
RUNNING: Final = "For a running installation"
CONFIG: Final = Path("dunning.toml")


class Findings(StrEnum):
    """How findings are printed."""

    PRETTY = "pretty"
    JSON = "json"


class Listing(StrEnum):
    """How lists are printed."""

    TABLE = "table"
    JSON = "json"


class Simulated(StrEnum):
    """How simulated actions are printed."""

    TABLE = "table"
    JSONL = "jsonl"
    TOTALS = "totals"


FindingsFormat = Annotated[Findings, typer.Option("--format", help="For people, or for programs.")]
ConfigFile = Annotated[Path, typer.Option("--config", "-c", metavar="FILE", help="The configuration.")]
CaseId = Annotated[
    str,
    typer.Argument(
        metavar="CASE", help="The case's name, as in the list, or the number of its invoice.", show_default=False
    ),
]
ListFormat = Annotated[Listing, typer.Option("--format", help="For people, or for programs.")]
ActionId = Annotated[
    str,
    typer.Argument(
        metavar="ACTION",
        help="The action's identity, or how it begins, as `outbox list` prints it.",
        show_default=False,
    ),
]
By = Annotated[str, typer.Option(metavar="NAME", help="Who says so.", show_default=False)]
Why = Annotated[str, typer.Option(metavar="TEXT", help="Why.", show_default=False)]
Role = Annotated[str, typer.Option(metavar="ROLE", help="In which role; the policy names it.", show_default=False)]
Now = Annotated[
    str | None,
    typer.Option(
        metavar="INSTANT", help="When, or a date for its start; the clock's time if left out.", show_default=False
    ),
]
MappingFile = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Which column of the table is what.", show_default=False)
]
DebtorsFile = Annotated[Path | None, typer.Option(metavar="FILE", help="A table of debtors.", show_default=False)]
DebtorsMappingFile = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Which of its columns is what, if not named so.", show_default=False),
]
FactsFile = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Dated facts: date, case or invoice, fact.", show_default=False)
]


def names_in(options: Sequence[str]) -> list[str]:
    """The names of an option that may be repeated, and may hold several with commas; each once."""
    return list(dict.fromkeys(name.strip() for names in options for name in names.split(",") if name.strip()))
