"""The commands, their options and their help; what they do is imported when one of them runs."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import Annotated, Any, Final, NoReturn

import typer
from typer.core import TyperGroup

from dunning_engine.cli import arranging_commands  # noqa: F401 - adds its commands to `dunning case`
from dunning_engine.cli.audit_command import audits
from dunning_engine.cli.audit_log_commands import audit_logs
from dunning_engine.cli.law_commands import law_commands
from dunning_engine.cli.operations import operations
from dunning_engine.cli.options import (
    AUTHORS,
    PORTFOLIOS,
    DebtorsFile,
    DebtorsMappingFile,
    FactsFile,
    Findings,
    FindingsFormat,
    ListFormat,
    Listing,
    MappingFile,
    Simulated,
)
from dunning_engine.cli.report_commands import reports
from dunning_engine.cli.routing_commands import routes
from dunning_engine.cli.steering_commands import steering
from dunning_engine.cli.store_commands import stores
from dunning_engine.cli.version_commands import versions
from dunning_engine.kernel.errors import DunningError, PolicyInvalid

PIPE_CLOSED: Final = 141
"""What shells report of a program that wrote to a pipe nobody read any more."""


OURS: Final = 70
"""What `sysexits.h` calls an internal software error."""

DEBUG: Final = "DUNNING_DEBUG"
"""The variable that lets an internal error show its traceback."""


class _Group(TyperGroup):
    """Mistakes of the user are told in a line, mistakes of a policy as findings; neither as a traceback."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except PolicyInvalid as invalid:
            raise typer.Exit(_tell(invalid)) from None
        except BrokenPipeError:
            raise typer.Exit(PIPE_CLOSED) from None
        except typer.BadParameter as wrong:
            if wrong.message or wrong.ctx is None:
                raise
            print(_lacking(wrong), file=sys.stderr)
            raise typer.Exit(2) from None
        except (DunningError, OSError) as error:
            print(f"dunning: {error}", file=sys.stderr)
            raise typer.Exit(2) from None


def _lacking(missing: typer.BadParameter) -> str:
    """What a command needs that was not given, and how it is called."""
    assert missing.ctx is not None
    assert missing.param is not None
    command = missing.ctx.command
    value = missing.param.metavar or (missing.param.name or "").upper()
    what = value if missing.param.param_type_name == "argument" else _option(missing.param, missing.param.metavar or "")
    told = f" {getattr(missing.param, 'help', '') or ''}".rstrip()
    example = re.sub(r"\[/?(?:bold)?\]", "", command.epilog or f"See dunning {command.name} -h")
    return f"dunning: {command.name} needs {what}.{told} {example}"


def _option(param: Any, value: str) -> str:
    """An option as it is written: `--by NAME`, or `--left or --not-left`."""
    words = " or ".join([*param.opts, *param.secondary_opts])
    return words if param.secondary_opts else f"{words} {value or (param.name or '').upper()}"


def _tell(invalid: PolicyInvalid) -> int:
    from dunning_engine.engine.config import ConfigInvalid

    if not isinstance(invalid, ConfigInvalid):
        from dunning_engine.cli.findings import show

        show(invalid.diagnostics, sys.stderr)
        return 1
    for finding in invalid.diagnostics:  # without the line itself: it may hold a secret
        hint = f"; did you mean “{finding.suggestion}”?" if finding.suggestion else ""
        print(f"{finding}{hint}", file=sys.stderr)
    return 2


app = typer.Typer(
    cls=_Group,
    name="dunning",
    help="Escalation policies in, lawful and explained actions out.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def main() -> NoReturn:
    """Run the command line of this process; a reader that goes away ends it without a word."""
    from dunning_engine.cli.screen import prepare

    prepare()
    try:
        try:
            app()
        except SystemExit as stop:
            code = stop.code
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = PIPE_CLOSED
    except Exception as error:
        if os.environ.get(DEBUG):
            raise
        name = type(error).__name__
        print(f"dunning: this is a mistake of ours, not yours: {name}; {DEBUG}=1 shows where", file=sys.stderr)
        code = OURS
    sys.exit(code)


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        print(f"dunning {version('dunning-engine')}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=_version, is_eager=True)
    ] = False,
) -> None:
    """Escalation policies in, lawful and explained actions out."""


@app.command(
    rich_help_panel=AUTHORS,
    epilog="Example: [bold]dunning check policies[/] · [bold]dunning check policies/us-consumer.yaml --format json[/]",
)
def check(
    paths: Annotated[
        list[Path],
        typer.Argument(
            metavar="PATH",
            help="Policies, mappings, test files, folders of them, or a configuration (.toml).",
            show_default=False,
        ),
    ],
    format: FindingsFormat = Findings.PRETTY,  # noqa: A002
    templates: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Folder of templates, if not beside the policy.", show_default=False),
    ] = None,
) -> None:
    """Say everything that is wrong with policies and what belongs to them, all at once."""
    from dunning_engine.cli.checking import check as run_check

    raise typer.Exit(run_check(paths, as_json=format is Findings.JSON, templates=templates))


@app.command(rich_help_panel=AUTHORS, epilog="Example: [bold]dunning schema > dunning-policy.schema.json[/]")
def schema(
    routing: Annotated[bool, typer.Option("--routing", help="That of routing files.")] = False,
) -> None:
    """Print the JSON Schema of policies, for editors."""
    from dunning_engine.cli.explaining import schema as print_schema

    print_schema(routing=routing)


@app.command(
    rich_help_panel=AUTHORS, epilog="Example: [bold]dunning explain policies/us-consumer.yaml --due 2026-03-02[/]"
)
def explain(
    policy: Annotated[
        Path, typer.Argument(metavar="POLICY", help="A policy file, or a routing file.", show_default=False)
    ],
    due: Annotated[
        str | None,
        typer.Option(metavar="DATE", help="Due date of the example; in 30 days if left out.", show_default=False),
    ] = None,
) -> None:
    """Print a policy as English paragraphs, with the dates of an example invoice."""
    from datetime import date, timedelta

    from dunning_engine.cli.explaining import explain as print_policy
    from dunning_engine.cli.reading import day

    print_policy(policy, date.today() + timedelta(30) if due is None else day(due, "--due"))


@app.command("test", rich_help_panel=AUTHORS, epilog="Example: [bold]dunning test policies[/]")
def run_tests(
    paths: Annotated[
        list[Path],
        typer.Argument(
            metavar="PATH", help="Test files, policies with one beside them, or folders.", show_default=False
        ),
    ],
    format: FindingsFormat = Findings.PRETTY,  # noqa: A002
) -> None:
    """Run the tests beside policies."""
    from dunning_engine.cli.testing import test

    raise typer.Exit(test(paths, as_json=format is Findings.JSON))


@app.command(
    rich_help_panel=AUTHORS,
    epilog="Example: [bold]dunning verify policies/us-consumer.yaml[/] · [bold]dunning verify policies/us-consumer.yaml --examples 5000 --seed 7[/]",
)
def verify(
    policy: Annotated[Path, typer.Argument(metavar="POLICY", help="A policy file.", show_default=False)],
    examples: Annotated[int, typer.Option(metavar="N", min=1, help="How many tales to play.")] = 200,
    seed: Annotated[
        int,
        typer.Option(
            metavar="S", help="Which tales: the same number plays the same ones; 0 if left out.", show_default=False
        ),
    ] = 0,
    format: ListFormat = Listing.TABLE,  # noqa: A002
) -> None:
    """Drive a policy through payments, disputes and trouble: tell breaches, dead ends and steps that never run."""
    from dunning_engine.cli.verifying import verify as run_verify

    raise typer.Exit(run_verify(policy, examples=examples, seed=seed, as_json=format is Listing.JSON))


@app.command(
    rich_help_panel=PORTFOLIOS,
    epilog="Example: [bold]dunning simulate policies/eu-business.yaml --invoices invoices.csv --mapping mapping.yaml --from 2026-02-01 --until 2026-05-31[/]",
)
def simulate(
    policy: Annotated[
        Path,
        typer.Argument(
            metavar="POLICY",
            help="A policy file (rows that name another policy are left out), or a routing file.",
            show_default=False,
        ),
    ],
    invoices: Annotated[
        list[Path],
        typer.Option(
            metavar="FILE",
            help="A table, an e-invoice, or a folder of e-invoices; may be repeated.",
            show_default=False,
        ),
    ],
    start: Annotated[str, typer.Option("--from", metavar="DATE", help="First day.", show_default=False)],
    until: Annotated[str, typer.Option(metavar="DATE", help="Last day.", show_default=False)],
    mapping: MappingFile = None,
    debtors: DebtorsFile = None,
    debtors_mapping: DebtorsMappingFile = None,
    events: FactsFile = None,
    format: Annotated[  # noqa: A002
        Simulated, typer.Option(help="For people, one JSON object a line, or how many of each kind.")
    ] = Simulated.TABLE,
    approvals: Annotated[
        str, typer.Option(metavar="WORDS", help='When people answer: none, instant, "3 days".')
    ] = "instant",
    workers: Annotated[int, typer.Option(metavar="N", min=1, max=64, help="Processes that share the debtors.")] = 1,
    dask: Annotated[
        str, typer.Option(metavar="ADDRESS", help="A Dask cluster that shares them, as in tcp://scheduler:8786.")
    ] = "",
) -> None:
    """Say what a policy would have done to recorded invoices, payments and facts; nothing is stored or sent."""
    from dunning_engine.cli import simulating
    from dunning_engine.cli.reading import day
    from dunning_engine.engine.intake_files import Sources

    simulating.simulate(
        policy,
        Sources(invoices=invoices, mapping=mapping, debtors=debtors, debtors_mapping=debtors_mapping, events=events),
        start=day(start, "--from"),
        until=day(until, "--until"),
        approvals=approvals,
        form=format,
        hands=simulating.Hands(workers, dask),
    )


app.add_typer(versions)
app.add_typer(audits)
app.add_typer(audit_logs)
app.add_typer(law_commands)
app.add_typer(routes)
app.add_typer(operations)
app.add_typer(steering)
app.add_typer(stores)
app.add_typer(reports)
