"""What an audit needs besides files: the law as it ships, key by key; holidays; and the histories of a database."""

from __future__ import annotations

import json
from functools import lru_cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from dunning_engine.compliance.audit.history import Deed, Held, History, Known, OptOut, Stretch
from dunning_engine.domain.contacts import ContactLog
from dunning_engine.domain.deliveries import DeliveryState
from dunning_engine.domain.events import OptedIn, OptedOut
from dunning_engine.domain.parties import Collector
from dunning_engine.domain.recording import docket_of
from dunning_engine.domain.verbs import VERBS, Do
from dunning_engine.engine.audit_files import Audited, Gathered
from dunning_engine.engine.loading import default_calendars, rulebook_names
from dunning_engine.kernel.diagnostics import suggest
from dunning_engine.kernel.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import date

    from dunning_engine.domain.case import Case
    from dunning_engine.domain.events import Recorded
    from dunning_engine.engine.engine import DunningEngine
    from dunning_engine.kernel.calendar import Instant
    from dunning_engine.ports.sources import CalendarSource


def law_texts(names: Iterable[str]) -> tuple[dict[str, Any], ...]:
    """The JSON of rulebooks that ship, each followed by those that it includes."""
    found: dict[str, dict[str, Any]] = {}
    waiting = list(names)
    while waiting:
        name = waiting.pop(0)
        if name not in found:
            found[name] = _law_text(name)
            waiting = [*found[name].get("includes", ()), *waiting]
    return tuple(found.values())


@lru_cache(maxsize=256)
def _law_text(name: str) -> dict[str, Any]:
    known = rulebook_names()
    if name not in known:
        near = suggest(name, known)
        meant = f"did you mean {near}?" if near else f"there are {', '.join(known)}"
        raise UsageError(f"no rulebook is called {name}; {meant}")
    file = resources.files("dunning_engine.compliance").joinpath("rulebooks", f"{name}.json")
    text: dict[str, Any] = json.loads(file.read_text("utf-8"))
    return text


def is_holiday(calendar: str, day: date) -> bool:
    """Whether a day is a public holiday of a calendar; raises `UsageError` where there is no such calendar."""
    found = _calendars().calendar(calendar)
    if found is None:
        raise UsageError(f"no calendar is called {calendar}")
    return found.is_holiday(day.toordinal())


@lru_cache(maxsize=1)
def _calendars() -> CalendarSource:
    return default_calendars()


# A database -----------------------------------------------------------------------------------------------------------


def stored(engine: DunningEngine) -> Gathered:
    """The histories of every debtor whom an engine knows, in the order of their first case."""
    with engine.transaction(write=False) as connection:
        debtors: dict[str, list[Case]] = {}
        for case in engine.cases(connection=connection):
            debtors.setdefault(case.debtor.id, []).append(case)
        return Gathered(tuple(_of_cases(engine, cases, connection) for cases in debtors.values()))


def _of_cases(engine: DunningEngine, cases: Sequence[Case], connection: Any) -> Audited:
    """One debtor with all of their cases; the strictest collector of them is taken for each."""
    policies = [engine.policy_of(case.id, connection=connection) for case in cases]
    collectors = {policy.collector for policy in policies}
    contacts = ContactLog(dict.fromkeys(contact for case in cases for contact in case.contacts))
    deeds = _deeds(contacts, cases)
    known = all(case.zones for case in cases)
    placed = [case.places for case in cases]
    history = History(
        debtor=cases[0].debtor.id,
        kind=cases[-1].debtor.kind,
        collector=Collector.THIRD_PARTY if Collector.THIRD_PARTY in collectors else policies[0].collector,
        zones=tuple(sorted({zone for case in cases for zone in case.zones})) if known else (),
        places=frozenset().union(*(places or () for places in placed)) if all(placed) else None,
        zone=policies[0].zone,
        deeds=deeds,
        facts=tuple(known for case in cases for known in _facts(case)),
        holds=tuple(
            Held(hold.reason.value, Stretch(hold.start, hold.end, (case.id,)))
            for case in cases
            for hold in case.holds
            if hold.invoice is None and hold.channel is None
        ),
        opted_out=tuple(
            refusal for case in cases for refusal in _refusals(engine.history(case.id, connection=connection))
        ),
    )
    return Audited(history, tuple(deed.debts[0] if deed.debts else "" for deed in deeds))


def _deeds(contacts: ContactLog, cases: Sequence[Case]) -> tuple[Deed, ...]:
    """Contacts, and the acts that the law of no place but a contract looks at: payments that were tried again."""
    tried = [deed for case in cases for deed in _retries(case)]
    return tuple(sorted((*map(Deed.of, contacts), *tried), key=lambda deed: deed.at))


def _retries(case: Case) -> Iterator[Deed]:
    """Each further attempt of ours at a payment, with what was known of its failure."""
    for delivery in case.deliveries.values():
        at = delivery.armed_at
        if delivery.do is Do.RETRY and at is not None and delivery.state is not DeliveryState.CANCELLED:
            failed = next((declined for declined in reversed(case.declines) if declined.at <= at), None)
            facts = {} if failed is None else {"scheme": failed.scheme.value, "decline": failed.decline.term}
            yield Deed(at, None, (case.id,), {"purpose": VERBS[Do.RETRY].purpose, **facts})


def _facts(case: Case) -> Iterator[Known]:
    """What the docket held from each telling to the next."""
    marks = case.fact_marks
    for at, mark in enumerate(marks):
        until = next((later.at for later in marks[at + 1 :] if later.name == mark.name), None)
        value = docket_of(marks[: at + 1]).get(mark.name)
        if value is not None:
            yield Known(mark.name, value, Stretch(mark.at, until, (case.id,)))


def _refusals(history: Iterable[Recorded]) -> Iterator[OptOut]:
    """Channels from each refusal to the word that takes it back."""
    since: dict[Any, Instant] = {}
    for recorded in sorted(history, key=lambda one: (one.at, one.seq)):
        match recorded.event:
            case OptedOut(channel=channel):
                since.setdefault(channel, recorded.at)
            case OptedIn(channel=channel) if channel in since:
                yield OptOut(channel, Stretch(since.pop(channel), recorded.at))
            case _:
                pass
    for channel, start in since.items():
        yield OptOut(channel, Stretch(start))
