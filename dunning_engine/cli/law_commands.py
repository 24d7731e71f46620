"""Commands about the law: when somebody may be reached, which rules there are, and what one of them says."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final

import typer

from dunning_engine.cli.options import ListFormat, Listing, names_in
from dunning_engine.domain.parties import Channel, Collector, PartyKind

LAW: Final = "About the law"


class Drawn(StrEnum):
    """How a map of lawful hours is drawn."""

    TEXT = "text"
    SVG = "svg"
    HTML = "html"
    JSON = "json"


class Way(StrEnum):
    """The channels of which a map can be asked."""

    CALL = "call"
    SMS = "sms"
    EMAIL = "email"
    LETTER = "letter"


class Step(StrEnum):
    """Minutes of a cell."""

    QUARTER = "15"
    HALF = "30"
    HOUR = "60"


law_commands = typer.Typer()
law_app = typer.Typer(no_args_is_help=True, help="The rulebooks that ship: list, show.")
law_commands.add_typer(law_app, name="law", rich_help_panel=LAW)


def _text(name: str, metavar: str, help: str) -> typer.models.OptionInfo:  # noqa: A002 - the option's word
    option: typer.models.OptionInfo = typer.Option(name, metavar=metavar, help=help, show_default=False)
    return option


@law_commands.command(
    rich_help_panel=LAW,
    epilog="Example: [bold]dunning windows --law us/reg-f --zip 80202 --phone +12125550123 --from 2026-03-02[/] · [bold]dunning windows --law us/reg-f,us/states --debtor ann.yaml --from 2026-03-02 --format html > ann.html[/]",
)
def windows(
    law: Annotated[list[str], _text("--law", "RULEBOOK", "Whose rules; may be repeated, or several with commas.")],
    start: Annotated[str, _text("--from", "DATE", "First day.")],
    days: Annotated[int, typer.Option(metavar="N", min=1, max=366, help="How many days.")] = 28,
    debtor: Annotated[Path | None, _text("--debtor", "FILE", "A debtor with contacts, holds and facts (YAML).")] = None,
    zip: Annotated[str | None, _text("--zip", "CODE", "Postal code.")] = None,  # noqa: A002
    phone: Annotated[str | None, _text("--phone", "NUMBER", "International phone number.")] = None,
    state: Annotated[str | None, _text("--state", "CODE", "State or province: MA, ON.")] = None,
    country: Annotated[
        str | None, _text("--country", "CODE", "Country; US where only a ZIP or state is given.")
    ] = None,
    zone: Annotated[str | None, _text("--zone", "ZONE", "Time zone, where it is known.")] = None,
    kind: Annotated[PartyKind, typer.Option(help="Who owes, without a file.")] = PartyKind.CONSUMER,
    channel: Annotated[Way, typer.Option(help="How they would be reached.")] = Way.CALL,
    collector: Annotated[Collector, typer.Option(help="Who collects.")] = Collector.THIRD_PARTY,
    regulator: Annotated[
        list[str] | None, _text("--regulator", "NAME", "A supervisor of the collector: fca, rbi; may be repeated.")
    ] = None,
    step: Annotated[Step, typer.Option(help="Minutes of a cell of the text.")] = Step.HALF,
    format: Annotated[Drawn, typer.Option(help="How it is drawn.")] = Drawn.TEXT,  # noqa: A002
) -> None:
    """Draw the hours at which somebody may lawfully be reached, with the rule that closes each of the others."""
    from dunning_engine.cli import windows as drawing
    from dunning_engine.cli.reading import day

    place = {"postal_code": zip, "phone": phone, "region": state, "country": country, "zone": zone}
    asked = drawing.Asked(
        law=names_in(law),
        first=day(start, "--from"),
        days=days,
        step=int(step.value),
        channel=Channel(channel.value),
        collector=collector,
        regulators=regulator or (),
        debtor=debtor,
        options=drawing.party_of(kind.value, place),
    )
    drawing.windows(asked, format.value)


@law_app.command("list", epilog="Example: [bold]dunning law list[/]")
def law_list(format: ListFormat = Listing.TABLE) -> None:  # noqa: A002
    """List the rulebooks: where and whom they bind, how many rules, as of which day, how sure we are."""
    from dunning_engine.cli.law import list_law

    list_law(as_json=format is Listing.JSON)


@law_app.command(
    "show", epilog="Example: [bold]dunning law show us/reg-f/seven-calls[/] · [bold]dunning law show us/reg-f[/]"
)
def law_show(
    name: Annotated[str, typer.Argument(metavar="RULE", help="A rule, or a rulebook.", show_default=False)],
    format: ListFormat = Listing.TABLE,  # noqa: A002
) -> None:
    """Show a rule: what it says, whom it binds, its numbers over time, where it stands, and worked examples."""
    from dunning_engine.cli.law import show_law

    show_law(name, as_json=format is Listing.JSON)
