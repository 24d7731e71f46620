"""Commands by which people set a ladder by hand, and let cases wait."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dunning_engine.cli.options import CONFIG, RUNNING, By, CaseId, ConfigFile, ListFormat, Listing, Now, Why

steering = typer.Typer()

StepName = Annotated[str, typer.Argument(metavar="STEP", help="The step, as the policy names it.", show_default=False)]
Debtor = Annotated[str | None, typer.Option(metavar="DEBTOR", help="All cases of a debtor.", show_default=False)]
PolicyName = Annotated[str | None, typer.Option(metavar="POLICY", help="All cases of a policy.", show_default=False)]
Everything = Annotated[bool, typer.Option("--everything", help="All cases.")]


def _steer(config: Path, word: str, case: str, step: str, by: str, reason: str, now: str | None) -> None:
    from dunning_engine.cli import steering as words

    words.steer(config, word, case, step, by=by, reason=reason, now=now)


def skip(case: CaseId, step: StepName, by: By, reason: Why, config: ConfigFile = CONFIG, now: Now = None) -> None:
    """Leave a step out; of one that repeats, the rest of it."""
    _steer(config, "skip", case, step, by, reason, now)


def rewind(case: CaseId, step: StepName, by: By, reason: Why, config: ConfigFile = CONFIG, now: Now = None) -> None:
    """Set the ladder back: the step and all behind it come again."""
    _steer(config, "rewind", case, step, by, reason, now)


def force(case: CaseId, step: StepName, by: By, reason: Why, config: ConfigFile = CONFIG, now: Now = None) -> None:
    """Let a step go at the next run, whatever its day and its conditions; the law is asked all the same."""
    _steer(config, "force", case, step, by, reason, now)


def cancel_notice(
    case: CaseId, step: StepName, by: By, reason: Why, config: ConfigFile = CONFIG, now: Now = None
) -> None:
    """Take back the latest notice, by its step or its action: it comes again."""
    _steer(config, "cancel_notice", case, step, by, reason, now)


def pause_case(case: CaseId, by: By, reason: Why, config: ConfigFile = CONFIG, now: Now = None) -> None:
    """Let a case wait; its clock stands still."""
    from dunning_engine.cli import steering as words

    words.pause(config, on=True, case_id=case, by=by, reason=reason, now=now)


def resume_case(case: CaseId, by: By, reason: Why, config: ConfigFile = CONFIG, now: Now = None) -> None:
    """Let a case go on that was paused by hand."""
    from dunning_engine.cli import steering as words

    words.pause(config, on=False, case_id=case, by=by, reason=reason, now=now)


def steer_cases(case_app: typer.Typer) -> None:
    """Put the words about one case among the others of `dunning case`."""
    for name, word, example in (
        ("skip", skip, "skip C-1001/USD reminder"),
        ("rewind", rewind, "rewind C-1001/USD reminder"),
        ("force", force, "force C-1001/USD agency"),
        ("cancel-notice", cancel_notice, "cancel-notice C-1001/USD reminder"),
        ("pause", pause_case, "pause C-1001/USD"),
        ("resume", resume_case, "resume C-1001/USD"),
    ):
        case_app.command(name, epilog=f"Example: [bold]dunning case {example} --by 'Ida Moor' --reason 'as agreed'[/]")(
            word
        )


@steering.command(
    rich_help_panel=RUNNING,
    epilog=(
        "Example: [bold]dunning pause --policy us-consumer --by 'Ida Moor' --reason 'wrong fee'[/] · "
        "[bold]dunning pause --everything --by 'Ida Moor' --reason strike[/]"
    ),
)
def pause(
    by: By,
    reason: Why,
    debtor: Debtor = None,
    policy: PolicyName = None,
    everything: Everything = False,
    config: ConfigFile = CONFIG,
    now: Now = None,
) -> None:
    """Let a debtor, a policy or everything wait, at once, with cases that are opened later."""
    from dunning_engine.cli import steering as words

    words.pause(config, on=True, debtor=debtor, policy=policy, everything=everything, by=by, reason=reason, now=now)


@steering.command(
    rich_help_panel=RUNNING,
    epilog="Example: [bold]dunning resume --policy us-consumer --by 'Ida Moor' --reason 'the fee is right now'[/]",
)
def resume(
    by: By,
    reason: Why,
    debtor: Debtor = None,
    policy: PolicyName = None,
    everything: Everything = False,
    config: ConfigFile = CONFIG,
    now: Now = None,
) -> None:
    """Let go on what was paused; the days between do not count."""
    from dunning_engine.cli import steering as words

    words.pause(config, on=False, debtor=debtor, policy=policy, everything=everything, by=by, reason=reason, now=now)


@steering.command(rich_help_panel=RUNNING, epilog="Example: [bold]dunning pauses[/]")
def pauses(config: ConfigFile = CONFIG, format: ListFormat = Listing.TABLE) -> None:  # noqa: A002
    """List the pauses of debtors, policies and everything."""
    from dunning_engine.cli import steering as words

    words.list_pauses(config, as_json=format is Listing.JSON)
