"""Commands of a running installation."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dunning_engine.cli.options import (
    CONFIG,
    RUNNING,
    ActionId,
    By,
    CaseId,
    ConfigFile,
    ListFormat,
    Listing,
    Now,
    Role,
    Why,
)
from dunning_engine.cli.steering_commands import steer_cases

operations = typer.Typer()


@operations.command(
    rich_help_panel=RUNNING,
    epilog="Example: [bold]dunning run --config dunning.toml[/], every hour by cron · [bold]dunning run --now 2026-03-06T16:00:00Z[/]",
)
def run(config: ConfigFile = CONFIG, now: Now = None) -> None:
    """Take in what is new, decide what is due, hand it over; twice in a row does nothing more."""
    from dunning_engine.cli.running import run as run_once

    raise typer.Exit(run_once(config, now))


@operations.command(
    rich_help_panel=RUNNING,
    epilog="Example: [bold]dunning worker --config dunning.toml --health worker.json[/] · [bold]dunning worker --processes 4[/], on PostgreSQL",
)
def worker(
    config: ConfigFile = CONFIG,
    processes: Annotated[
        int, typer.Option(metavar="N", min=1, max=64, help="How many; more than one on PostgreSQL only.")
    ] = 1,
    poll: Annotated[float, typer.Option(metavar="SECONDS", min=0.05, help="How long it sleeps at most.")] = 60.0,
    per_minute: Annotated[
        int | None,
        typer.Option(
            metavar="N", min=1, help="How many actions each process hands over in a minute at most.", show_default=False
        ),
    ] = None,
    health: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Where it says how it is, as JSON; of several processes each in FILE with its number.",
            show_default=False,
        ),
    ] = None,
    isolate: Annotated[
        bool, typer.Option("--isolate", help="Run adapters in a process of their own, which may hang or crash.")
    ] = False,
) -> None:
    """Take in, decide and hand over until told to stop (SIGTERM, SIGINT); what is armed then gets its receipt."""
    from dunning_engine.cli.working import Settings, work

    raise typer.Exit(work(config, Settings(poll, per_minute, health, isolate), processes))


@operations.command(
    rich_help_panel=RUNNING,
    epilog="Example: [bold]dunning health worker.json[/] · [bold]dunning health worker.json --alive[/], for who starts anew what hangs",
)
def health(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="The health files of workers.")],
    alive: Annotated[
        bool, typer.Option("--alive", help="Ask only whether it is there: starting anew mends nothing else.")
    ] = False,
    within: Annotated[
        float | None,
        typer.Option(
            metavar="SECONDS", min=1, help="How old the last word may be; two polls and a minute.", show_default=False
        ),
    ] = None,
) -> None:
    """Ask how workers are, for containers: 0 where all work, 1 where one hangs, has stopped or may hand nothing over."""
    from dunning_engine.cli.health import health as asked

    raise typer.Exit(asked(files, within=within, alive=alive))


@operations.command(
    rich_help_panel=RUNNING, epilog="Example: [bold]dunning demo --config examples/portfolio/dunning.toml[/]"
)
def demo(
    config: ConfigFile = CONFIG,
    start: Annotated[
        str | None,
        typer.Option("--from", metavar="DATE", help="First day, if not the configuration's.", show_default=False),
    ] = None,
    days: Annotated[
        int | None, typer.Option(min=1, max=3660, help="How many days, if not the configuration's.", show_default=False)
    ] = None,
) -> None:
    """Play some months of a portfolio, and tell what they brought."""
    from dunning_engine.cli.demo import demo as play
    from dunning_engine.cli.reading import day

    play(config, None if start is None else day(start, "--from"), days)


case_app = typer.Typer(no_args_is_help=True, help="Look at cases, and set their ladders by hand.")
outbox_app = typer.Typer(
    no_args_is_help=True,
    help="Look at actions on their way out, and say what becomes of those that nobody knows about.",
)
operations.add_typer(case_app, name="case", rich_help_panel=RUNNING)
operations.add_typer(outbox_app, name="outbox", rich_help_panel=RUNNING)


@case_app.command("list", epilog="Example: [bold]dunning case list --status overdue[/]")
def case_list(
    config: ConfigFile = CONFIG,
    status: Annotated[
        str | None,
        typer.Option(metavar="STATUS", help="upcoming, overdue, paused, placed or closed.", show_default=False),
    ] = None,
    format: ListFormat = Listing.TABLE,  # noqa: A002
) -> None:
    """List cases in the order of opening, with status and amounts as of now."""
    from dunning_engine.cli import cases

    cases.list_cases(config, status=status, as_json=format is Listing.JSON)


@case_app.command("show", epilog="Example: [bold]dunning case show C-1001/USD[/]")
def case_show(case: CaseId, config: ConfigFile = CONFIG, format: ListFormat = Listing.TABLE) -> None:  # noqa: A002
    """Show a case and everything that happened, day by day."""
    from dunning_engine.cli import cases

    cases.show_case(config, case, as_json=format is Listing.JSON)


@case_app.command("why", epilog="Example: [bold]dunning case why C-1001/USD --at 2026-03-06T10:00-05:00[/]")
def case_why(
    case: CaseId,
    config: ConfigFile = CONFIG,
    at: Annotated[
        str | None,
        typer.Option(
            metavar="INSTANT",
            help="When, or a date for its start; now if left out. Where something was done then: what led to it.",
            show_default=False,
        ),
    ] = None,
    format: ListFormat = Listing.TABLE,  # noqa: A002
) -> None:
    """Say what is done about a case at an instant, what is not, and why, on what was known by then."""
    from dunning_engine.cli import cases

    cases.why_case(config, case, at, as_json=format is Listing.JSON)


steer_cases(case_app)


@outbox_app.command("list", epilog="Example: [bold]dunning outbox list --state uncertain --format json[/]")
def outbox_list(
    config: ConfigFile = CONFIG,
    state: Annotated[
        str | None,
        typer.Option(
            metavar="STATE",
            help="pending, armed, retry, sent, bounced, uncertain, dead or cancelled.",
            show_default=False,
        ),
    ] = None,
    format: ListFormat = Listing.TABLE,  # noqa: A002
) -> None:
    """List actions in the order in which they were cleared."""
    from dunning_engine.cli import outbox

    outbox.list_outbox(config, state=state, as_json=format is Listing.JSON)


@outbox_app.command("show", epilog="Example: [bold]dunning outbox show 3f2c…[/]")
def outbox_show(action: ActionId, config: ConfigFile = CONFIG, format: ListFormat = Listing.TABLE) -> None:  # noqa: A002
    """Show one action: how it stands, what happened to it, and the words that went out or are about to."""
    from dunning_engine.cli import outbox

    outbox.show(config, action, as_json=format is Listing.JSON)


@outbox_app.command("requeue", epilog="Example: [bold]dunning outbox requeue 3f2c… --by 'Ida Moor'[/]")
def outbox_requeue(
    action: ActionId,
    by: By,
    config: ConfigFile = CONFIG,
    now: Now = None,
    note: Why = "",
) -> None:
    """Try an action again that was given up (dead); the next run hands it over."""
    from dunning_engine.cli import outbox

    outbox.requeue(config, action, by=by, words=note, now=now)


@outbox_app.command(
    "resolve",
    epilog="Example: [bold]dunning outbox resolve 3f2c… --left --by 'Ida Moor' --note 'the provider has it'[/]",
)
def outbox_resolve(
    action: ActionId,
    by: By,
    left: Annotated[bool, typer.Option("--left/--not-left", help="What became of it.", show_default=False)],
    config: ConfigFile = CONFIG,
    now: Now = None,
    note: Annotated[str, typer.Option(metavar="TEXT", help="How you know.", show_default=False)] = "",
) -> None:
    """Say of an uncertain action whether it left; what did not is handed over by the next run."""
    from dunning_engine.cli import outbox

    outbox.resolve(config, action, left=left, by=by, words=note, now=now)


@operations.command(
    rich_help_panel=RUNNING, epilog="Example: [bold]dunning approve 3f2c… --by 'Ida Moor' --role credit-manager[/]"
)
def approve(
    action: ActionId,
    by: By,
    role: Role,
    config: ConfigFile = CONFIG,
    now: Now = None,
    seen: Annotated[
        str,
        typer.Option(
            metavar="DIGEST",
            help="The digest of what was read, from `case why --format json`: refused if it has changed since.",
            show_default=False,
        ),
    ] = "",
) -> None:
    """Agree to exactly the action that waits; the next run hands it over."""
    from dunning_engine.cli import cases

    cases.answer(config, action, by=by, role=role, agreed=True, now=now, seen=seen)


@operations.command(
    rich_help_panel=RUNNING,
    epilog="Example: [bold]dunning refuse 3f2c… --by 'Ida Moor' --role credit-manager --note 'pays by Friday'[/]",
)
def refuse(
    action: ActionId,
    by: By,
    role: Role,
    config: ConfigFile = CONFIG,
    now: Now = None,
    note: Why = "",
) -> None:
    """Refuse the action that waits; its step is skipped."""
    from dunning_engine.cli import cases

    cases.answer(config, action, by=by, role=role, agreed=False, now=now, words=note)


@operations.command(
    rich_help_panel=RUNNING,
    epilog=(
        "Example: [bold]dunning override C-1001/USD chase --rule us/reg-f/seven-calls --by 'Ida Moor' "
        "--reason 'the debtor asked to be called back'[/]"
    ),
)
def override(
    case: CaseId,
    step: Annotated[
        str, typer.Argument(metavar="STEP", help="The step, or the identity of its action.", show_default=False)
    ],
    rule: Annotated[
        list[str],
        typer.Option(metavar="RULE", help="The rule, as `case why` prints it; may be repeated.", show_default=False),
    ],
    by: By,
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why the rule does not stand here.", show_default=False)],
    config: ConfigFile = CONFIG,
    now: Now = None,
) -> None:
    """Set presumptions or requirements aside for one action; prohibitions stay."""
    from dunning_engine.cli import cases

    cases.override(config, case, step, rules=rule, by=by, reason=reason, now=now)
