"""`dunning route`: which policy debtors would get, and why."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dunning_engine.cli.screen import columns, counted, note, print_json, room
from dunning_engine.engine.intake_files import Sources, read_files
from dunning_engine.engine.routed_intake import routed_debts
from dunning_engine.engine.routing_files import load_routing, policies_beside
from dunning_engine.kernel.errors import NotFound

if TYPE_CHECKING:
    from dunning_engine.decision.routing import Routed

HEAD = ("debtor", "currency", "policy", "variant", "route", "screening")


def route(routing_file: Path, sources: Sources, *, debtor: str | None, as_json: bool) -> None:
    """A line for each debtor and currency; of one debtor, the reasons."""
    routing = load_routing(routing_file, policies=policies_beside(routing_file))
    intake = read_files([sources])
    note(*map(str, intake.findings))
    found = {key: debt.routed for key, debt in routed_debts(intake, routing).items() if debtor in (None, key[0])}
    if debtor is not None and not found:
        raise NotFound(f"no invoice of debtor {debtor!r} came in without a policy of its own")
    if as_json:
        print_json([_row(*key, routed) for key, routed in found.items()])
    elif debtor is not None:
        print(*(f"{key[0]}, {key[1]}: {routed.explain()}" for key, routed in found.items()), sep="\n\n")
    else:
        rows = [[str(_row(*key, routed)[name] or "") for name in HEAD] for key, routed in found.items()]
        print(*columns(HEAD, rows, room=room(), whole=range(4)), sep="\n")
        chosen = Counter(routed.policy or "no policy" for routed in found.values())
        note(f"{counted(len(found), 'debt')}: {', '.join(f'{count} {name}' for name, count in sorted(chosen.items()))}")


def _row(debtor: str, currency: str, routed: Routed) -> dict[str, Any]:
    return {
        "debtor": debtor,
        "currency": currency,
        "policy": routed.policy or None,
        "variant": routed.variant or None,
        "route": routed.route or None,
        "screening": routed.screened,
        "passed": [{"route": one.number, "choice": one.choice, "why": one.why} for one in routed.passed],
    }
