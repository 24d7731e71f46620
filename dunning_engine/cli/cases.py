"""`dunning case`, `outbox`, `approve`, `refuse` and `override`: what the store knows, and a person's word on what waits."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from dunning_engine.cli.reading import moment_in
from dunning_engine.cli.running import clock_at
from dunning_engine.cli.screen import columns, console, counted, note, print_json, room
from dunning_engine.cli.story import told
from dunning_engine.cli.waiting_words import waiting_lines
from dunning_engine.decision.decider import decide
from dunning_engine.decision.standing import stand
from dunning_engine.decision.words import word_of
from dunning_engine.domain.case import CaseStatus
from dunning_engine.domain.deliveries import DeliveryState
from dunning_engine.domain.events import StatusChanged
from dunning_engine.engine.config import load_config
from dunning_engine.engine.installation import open_engine, store_file
from dunning_engine.engine.looking_back import acted
from dunning_engine.engine.paths import shown
from dunning_engine.kernel.calendar import iso, moment
from dunning_engine.kernel.diagnostics import suggest
from dunning_engine.kernel.errors import NotFound, OnlyReadable, UsageError
from dunning_engine.kernel.money import Money
from dunning_engine.ports.store import OutboxState
from dunning_engine.stores.sqlite_files import may_write

if TYPE_CHECKING:
    from dunning_engine.decision.decision import Decision
    from dunning_engine.decision.standing import Standing
    from dunning_engine.domain.case import Case
    from dunning_engine.domain.deliveries import Delivery
    from dunning_engine.domain.events import Recorded
    from dunning_engine.engine.engine import DunningEngine
    from dunning_engine.kernel.calendar import Instant
    from dunning_engine.policy.model import Policy


DEAD: Final = OutboxState.DEAD.value

ALIKE: Final = 0.9
"""Names of cases differ by a digit: less like than this, another case is not what was meant."""

ZONES_SHOWN: Final = 4
"""How many zones of a debtor are named one by one."""

MINUTE: Final = 60
TO_THE_MINUTE: Final = re.compile(r"T\d\d:?\d\d(Z|[+-]|$)")
"""How times are given that were read off a list: it shows no seconds."""


def opened(config_file: Path, now: str | None = None) -> DunningEngine:
    """The engine on a store that exists: looking at nothing should not make something."""
    config = load_config(config_file)
    file = store_file(config)
    if file is not None and not file.is_file():
        raise UsageError(f"there is no store yet at {shown(file)}: `dunning run --config {config_file}` makes it")
    return open_engine(config, clock_at(now, config))


def opened_to_read(config_file: Path, now: str | None = None) -> DunningEngine:
    """The same for what only looks: also where the file or the role of the database lets nothing be written."""
    config = load_config(config_file)
    file = store_file(config)
    if file is None or not file.is_file() or may_write(file):
        with suppress(OnlyReadable):
            return opened(config_file, now)
    return open_engine(config, clock_at(now, config), write=False)


def chosen(word: str, kinds: type[CaseStatus | OutboxState], option: str) -> Any:
    words = [kind.value for kind in kinds]
    if word not in words:
        near = suggest(word, words)
        raise UsageError(
            f"{option}: {word!r} is none of {', '.join(words)}{f'; did you mean {near!r}?' if near else ''}"
        )
    return kinds(word)


def found(engine: DunningEngine, name: str) -> Case:
    """A case by its name, or by the number of an invoice that stands in no other."""
    try:
        return engine.case(name)
    except NotFound:
        cases = engine.cases()
    holding = [case for case in cases if any(owed.number == name for owed in case.receivables)]
    if len(holding) == 1:
        return holding[0]
    if holding:
        raise UsageError(f"invoice {name} stands in several cases: name one of {', '.join(c.id for c in holding)}")
    names = (*(case.id for case in cases), *(owed.number for case in cases for owed in case.receivables))
    near = get_close_matches(name, names, n=1, cutoff=ALIKE)
    raise NotFound(f"there is no case and no invoice {name!r}{f'; did you mean {near[0]!r}?' if near else ''}")


# Lists ----------------------------------------------------------------------------------------------------------------


def list_cases(config_file: Path, *, status: str | None, as_json: bool) -> None:
    """One line per case, in the order of opening."""
    wanted = None if status is None else chosen(status, CaseStatus, "--status")
    with opened_to_read(config_file) as engine:
        now = engine.clock.now()
        known = [(case, engine.policy_of(case.id)) for case in engine.cases()]
    rows = [_summary(case, policy, now) for case, policy in known if wanted in (None, _status(case, policy, now)[0])]
    if as_json:
        print_json(rows)
        return
    keys = ["case", "status", "open", "overdue", "last action", "policy", "name"]
    keys = keys if room() >= 140 else keys[:6] if room() >= 110 else keys[:5]
    lines = columns(keys, [[row[key] or "" for key in keys] for row in rows], room=room(), whole=(0, 1, 2, 3))
    print(*lines, sep="\n")
    note(f"{counted(len(rows), 'case')}, as of now")


def _status(case: Case, policy: Policy, now: Instant) -> tuple[CaseStatus, str]:
    """As of now, like the amounts: between two runs time alone lets an invoice fall due. With why it is closed."""
    moves = [event for event in decide(case, policy, (), now).events if isinstance(event, StatusChanged)]
    return (CaseStatus(moves[-1].status), moves[-1].why) if moves else (case.status, case.closed_as)


def _status_words(case: Case, policy: Policy, now: Instant) -> str:
    status, why = _status(case, policy, now)
    return f"{status.value} as {why}" if status is CaseStatus.CLOSED else status.value


def _summary(case: Case, policy: Policy, now: int) -> dict[str, str | None]:
    standing = stand(case, policy, now)
    last = max(case.deliveries.values(), key=lambda delivery: delivery.changed_at, default=None)
    return {
        "case": case.id,
        "debtor": case.debtor.id,
        "name": case.debtor.name,
        "policy": f"{policy.name} {policy.version}",
        "status": _status_words(case, policy, now),
        "standing": word_of(case, policy, now).value,
        "open": str(Money.of_minor(standing.open + standing.charged.total, case.currency)),
        "overdue": str(Money.of_minor(standing.overdue, case.currency)),
        "last action": _last(last, policy.zone) if last else None,
        **({"charges": str(Money.of_minor(standing.charged.total, case.currency))} if standing.charged.total else {}),
        **({"credit": str(Money.of_minor(case.credit, case.currency))} if case.credit else {}),
        **({"route": case.route, "variant": case.variant or None} if case.route else {}),
    }


def _last(delivery: Delivery, zone: str) -> str:
    return f"{moment(delivery.changed_at, zone):%Y-%m-%d} {delivery.words} ({delivery.state.value})"


# One case -------------------------------------------------------------------------------------------------------------


def show_case(config_file: Path, name: str, *, as_json: bool) -> None:
    """A case and everything that happened, day by day."""
    with opened_to_read(config_file) as engine:
        case = found(engine, name)
        policy, history, now = engine.policy_of(case.id), engine.history(case.id), engine.clock.now()
    if as_json:
        print_json({**_summary(case, policy, now), "events": [_event(recorded, policy) for recorded in history]})
        return
    screen = console()
    screen.print(
        f"{case.id}  {case.debtor.name or case.debtor.id}, {policy.name} version {policy.version}", style="bold"
    )
    for line in _facts(case, policy, now):
        screen.print(f"  {line}")
    screen.print()
    screen.print(_timeline(case, history, policy))


def _facts(case: Case, policy: Policy, now: int) -> Iterator[str]:
    standing = stand(case, policy, now)
    word = word_of(case, policy, now).value
    status = _status_words(case, policy, now)
    left = Money.of_minor(standing.open + standing.charged.total, case.currency)
    yield f"{status}{'' if status.startswith(word) else f', {word}'}: {left} open"
    yield from _beside(case, standing)
    for receivable in case.receivables:
        amount, rest = (Money.of_minor(minor, case.currency) for minor in (receivable.amount, receivable.open))
        yield f"invoice {receivable.number}: {amount} due {date.fromordinal(receivable.due)}, {f'{rest} open' if rest else 'settled'}"
    yield from waiting_lines(case, policy, now)
    yield f"times are those of {policy.zone}; the debtor's: {_zones(case.zones, now)}"


def _beside(case: Case, standing: Standing) -> Iterator[str]:
    """What is open beside invoices, what is left over, and what was given up; nothing where there is none of it."""
    charged = standing.charged
    disputed = charged.total - charged.fees - charged.interest
    sums = {
        "fees": charged.fees,
        "interest": charged.interest,
        "disputed charges": disputed,
        "credit": case.credit,
        "written off": case.written_off,
        "recovered": case.recovered,
    }
    told = [f"{name} {Money.of_minor(minor, case.currency)}" for name, minor in sums.items() if minor]
    if told:
        yield f"of it and beside it: {', '.join(told)}"


def _zones(zones: Sequence[str], now: Instant) -> str:
    """The names of a few zones; of many their count and the ends, as the sun reaches them last and first."""
    if len(zones) <= ZONES_SHOWN:
        return ", ".join(zones) or "unknown"
    westward = sorted(zones, key=lambda zone: (moment(now, zone).replace(tzinfo=None), zone))
    return f"{len(zones)} zones, from {westward[0]} to {westward[-1]}"


def _timeline(case: Case, history: Sequence[Recorded], policy: Policy) -> Any:
    from rich.table import Table

    table = Table.grid(padding=(0, 2, 0, 0), pad_edge=False)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    day = ""
    for recorded in sorted(history, key=lambda recorded: (recorded.at, recorded.seq)):
        at = moment(recorded.at, policy.zone)
        today = f"{at:%a %Y-%m-%d}"
        line = told(recorded.event, case, policy)
        if line is None:
            continue
        when = f"{today if today != day else ' ' * len(today)} {at:%H:%M}"
        table.add_row(when, line.what, line.details, style=line.style)
        day = today
    return table


def _event(recorded: Recorded, policy: Policy) -> dict[str, Any]:
    from dunning_engine.ports.codec import encode_event

    written = encode_event(recorded.event)
    return {
        "seq": recorded.seq,
        "at": iso(recorded.at, policy.zone),
        "recorded_at": iso(recorded.recorded_at, policy.zone),
        "type": written.type,
        "body": json.loads(written.body),
    }


def why_case(config_file: Path, name: str, at: str | None, *, as_json: bool) -> None:
    """What a look at the case at an instant says, with every reason and where it stands."""
    with opened_to_read(config_file) as engine:
        case = found(engine, name)
        decision = engine.why(case.id, None if at is None else _asked_about(engine, case, at))
    if as_json:
        print_json(_reasoning(decision))
    else:
        from dunning_engine.cli.story import reasoning

        console().print(reasoning(decision))


def _asked_about(engine: DunningEngine, case: Case, at: str) -> Instant:
    """The instant that is meant: where the engine acted within a minute that was given without seconds, that one."""
    start = moment_in(at, "--at", {engine.policy_of(case.id).zone})
    if not TO_THE_MINUTE.search(at):
        return start
    there = acted(engine.history(case.id), start, start + MINUTE - 1)
    return start if there is None else there


def _reasoning(decision: Decision) -> dict[str, Any]:
    def reasons(found: Sequence[Any]) -> list[dict[str, Any]]:
        return [
            {
                "rule": reason.rule,
                "words": reason.words,
                "citation": reason.citation,
                "url": reason.url,
                "confidence": reason.confidence,
                "code": reason.code,
                "until": time(reason.until),
            }
            for reason in found
        ]

    def time(at: int | None) -> str | None:
        return None if at is None else iso(at, decision.zone)

    return {
        "case": decision.case_id,
        "at": time(decision.at),
        "notes": [{"about": n.about, "words": n.words, "at": time(n.at)} for n in decision.why],
        "cleared": [cleared.action.action.spec.words for cleared in decision.cleared],
        "obligations": {c.action.action.spec.words: c.action.obligations for c in decision.cleared},
        "deferred": [
            {"action": d.action.spec.words, "until": time(d.until), "reasons": reasons(d.reasons)}
            for d in decision.deferred
        ],
        "blocked": [{"action": b.action.spec.words, "reasons": reasons(b.reasons)} for b in decision.blocked],
        "waiting": [
            {"action": w.action.spec.words, "role": w.role, "id": w.action.id, "digest": w.digest}
            for w in decision.waiting
        ],
        "next_look": time(decision.next_look),
    }


# A person's word ------------------------------------------------------------------------------------------------------


def answer(
    config_file: Path,
    action_id: str,
    *,
    by: str,
    role: str,
    agreed: bool,
    now: str | None,
    words: str = "",
    seen: str = "",
) -> None:
    """Approve or refuse an action that waits for a role."""
    with opened(config_file, now) as engine:
        every = [(case, delivery) for case in engine.cases() for delivery in case.deliveries.values()]
        meant = [one for one in every if action_id and one[1].id.startswith(action_id)]
        if len(meant) != 1:
            waiting = [delivery.id for _, delivery in meant or every if delivery.state is DeliveryState.AWAITING]
            there = f"; waiting are {', '.join(waiting)}" if waiting else "; nothing waits for approval"
            raise NotFound(f"there is no {'one ' if meant else ''}action {action_id!r}{there}")
        ((case, delivery),) = meant
        if agreed:
            engine.approve(case.id, delivery.id, by=by, role=role, seen=seen)
        else:
            engine.refuse(case.id, delivery.id, by=by, role=role, note=words)
        done = delivery.words
    print(f"{'approved' if agreed else 'refused'} by {by}: {done} of case {case.id}")


def override(
    config_file: Path, name: str, step: str, *, rules: Sequence[str], by: str, reason: str, now: str | None
) -> None:
    """Set rules aside for the action of a step."""
    with opened(config_file, now) as engine:
        case = found(engine, name)
        engine.override(case.id, step, rules=rules, by=by, reason=reason)
    print(f"set aside by {by} for {step} of case {case.id}: {', '.join(rules)}; the next run asks again")
