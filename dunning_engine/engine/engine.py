"""`DunningEngine`: the pure core with a store, a clock and adapters around it."""

from __future__ import annotations

import logging
import time
from contextlib import contextmanager
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Self

from dunning_engine.decision.decision import Note, local_time
from dunning_engine.domain.case import Case, CaseStatus, fold
from dunning_engine.domain.erasure import check_not_erased
from dunning_engine.domain.events import DebtorUpdated, Event, Fact, Recorded
from dunning_engine.domain.parties import Party
from dunning_engine.engine.arranging import Arranging, check_plan
from dunning_engine.engine.audit_log import AuditLogs
from dunning_engine.engine.beginning import begun
from dunning_engine.engine.casework import concerns_person
from dunning_engine.engine.channels import missing_rules, ways_for, without_ways
from dunning_engine.engine.clocks import SystemClock, instant
from dunning_engine.engine.closed import Closed
from dunning_engine.engine.crossing import note_crossed
from dunning_engine.engine.defaults import journal_of, place_source, renderer_for, store_of, zone_source
from dunning_engine.engine.delivering import Delivering
from dunning_engine.engine.dispatcher import Dispatcher, Renders
from dunning_engine.engine.given import (
    check_fact,
    check_invoice,
    check_name,
    check_owed,
    check_party,
    check_policies,
    check_texts,
)
from dunning_engine.engine.guarded_clock import GuardedClock
from dunning_engine.engine.guarding import Guarding
from dunning_engine.engine.looking_back import contacts_by, known_at
from dunning_engine.engine.migrating import Migrations
from dunning_engine.engine.obligations import obliged
from dunning_engine.engine.reception import Reception, Visit
from dunning_engine.engine.routes import Router, informed
from dunning_engine.engine.routing_files import check_routing
from dunning_engine.engine.shelf import Shelf
from dunning_engine.engine.steering import Steering
from dunning_engine.engine.watch import Watch
from dunning_engine.engine.wording import decide_in_words
from dunning_engine.engine.writing import changed, known, ordered, seen, taken, write
from dunning_engine.kernel.errors import NotFound, UsageError
from dunning_engine.kernel.ids import content_hash
from dunning_engine.policy.model import Policy
from dunning_engine.ports.checkpoints import Checkpoint, Point, nobody
from dunning_engine.ports.codec import encode_event, normal
from dunning_engine.ports.store import CaseChange, HeldCase, OutboxRow, OutboxState

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from dunning_engine.compliance.rulebook import Rulebook
    from dunning_engine.decision.decision import Decision
    from dunning_engine.decision.routing import Routed
    from dunning_engine.domain.parties import Channel
    from dunning_engine.domain.receivables import Invoice
    from dunning_engine.engine.clocks import When
    from dunning_engine.engine.couriers import Courier
    from dunning_engine.engine.opening import Opening
    from dunning_engine.kernel.calendar import Instant
    from dunning_engine.policy.routing import Routing
    from dunning_engine.ports.adapter import Adapter
    from dunning_engine.ports.documents import Documents
    from dunning_engine.ports.journal import SendJournal
    from dunning_engine.ports.sources import CalendarSource, Clock, PlaceSource, ZoneSource
    from dunning_engine.ports.store import Store, Transaction, UnreadCase

BATCH: Final = 1_000
"""Cases that one commit of `advance` decides about at most; whoever records a fact about one of them waits so long."""

NO_FACTS: Final[Mapping[str, str]] = MappingProxyType({})

TROUBLED_SECONDS: Final = 3_600
"""How long a case that could not be decided about is left alone."""

_log = logging.getLogger("dunning_engine")


@dataclass(frozen=True, slots=True)
class Troubled:
    """A case that could not be decided about, and the error that was in the way; it is looked at again in an hour."""

    case_id: str
    error: Exception


class DunningEngine(Migrations, Arranging, Delivering, Steering, Guarding, AuditLogs):
    """Opens cases, takes facts, decides what is due and hands it over. Build one with `open`."""

    def __init__(
        self,
        store: Store,
        shelf: Shelf,
        dispatcher: Dispatcher,
        *,
        clock: Clock,
        zones: ZoneSource,
        places: PlaceSource,
        ways: Mapping[str, Adapter],
        watch: Watch,
        routing: Routing | None = None,
        checkpoint: Checkpoint = nobody,
    ) -> None:
        self._store: Store = store
        self._shelf, self._dispatcher = shelf, dispatcher
        self._checkpoint = checkpoint
        self._zones, self._places, self._ways = zones, places, ways
        self._reception = Reception(Router(routing, shelf), zones, places)
        self._watch = watch
        self.clock = clock
        self.troubles: tuple[Troubled, ...] = ()

    def __repr__(self) -> str:
        names = ", ".join(f"{policy.name} {policy.version}" for policy in self._shelf.policies)
        return f"<DunningEngine {self._store!r} policies: {names}>"

    @classmethod
    def open(
        cls,
        store: str | Store,
        *,
        tenant: str | None = None,
        password: str | None = None,
        policies: Sequence[Policy],
        adapters: Sequence[Adapter] = (),
        allow_missing: Iterable[str | Channel] = (),
        creditor: Party | None = None,
        clock: Clock | None = None,
        zones: ZoneSource | None = None,
        places: PlaceSource | None = None,
        calendars: CalendarSource | None = None,
        rulebooks: Sequence[Rulebook] | None = None,
        renderer: Renders | None = None,
        documents: Documents | None = None,
        routing: Routing | None = None,
        journal: str | Path | SendJournal | bool | None = None,
        checkpoint: Checkpoint = nobody,
        courier: Courier | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> Self:
        """An engine on a store: `sqlite:///FILE`, `postgresql://USER@HOST/DATABASE`, `memory:`, or a store of your own.

        Args:
            store: where cases live; a database is created or brought up to date.
            tenant: whose cases, where several share a database; of a store of your own it is known.
            password: of the database, where the URL names no more than a user.
            policies: every version that new cases may be opened under.
            adapters: what hands actions over; a policy that needs a way out without one is refused.
            allow_missing: ways without an adapter (`sms`, `agency` …) whose actions are recorded as blocked.
            creditor: in whose name texts are written.
            clock: the machine's unless told otherwise.
            zones: what debtors' clocks may show; from their addresses and numbers unless told otherwise.
            places: whose law may protect debtors; likewise.
            calendars: business days for policies that only the store still has.
            rulebooks: the law; those that ship unless told otherwise.
            renderer: what makes texts; the templates beside the policy files unless told otherwise.
            documents: the invoices that `with invoice` sends along. An action whose invoice nobody has goes out all
                the same, and its receipt says "sent without INV-1: no document".
            routing: what chooses the policy of cases that are opened without one.
            journal: where it is noted what leaves, so that a store that is restored from a backup sends nothing again: a
                file, best on another disk; `FILE.sends` beside `sqlite:///FILE` unless told otherwise; `False` for none.
            checkpoint: called at each `ports.checkpoints.Point`, for tests that let the process die there.
            courier: who calls adapters (`engine.couriers`): threads with a hard deadline unless told otherwise.
            monotonic: seconds on a clock that nobody sets, for how old an arming is.
        """
        check_policies(policies)
        if routing is not None:
            check_routing(routing, {policy.name for policy in policies})
        ways = ways_for(policies, adapters, allow_missing)
        shelf = Shelf(policies, rulebooks=rulebooks, house=missing_rules(ways), calendars=calendars)
        kept = store_of(store, tenant=tenant, password=password) if isinstance(store, str) else store
        machine = clock or SystemClock()
        guarded = GuardedClock(machine)
        clock = guarded if guarded.judged else machine
        watch = Watch(guarded, journal_of(journal, store), getattr(kept, "tenant", ""))
        begun(kept, shelf, watch, ours=kept is not store, without=journal is False)
        words, sender = renderer or renderer_for(policies), creditor or Party.business("creditor")
        dispatcher = Dispatcher(
            kept, shelf, ways, words, sender, clock, documents,
            checkpoint=checkpoint, watch=watch, courier=courier, monotonic=monotonic,
        )  # fmt: skip
        return cls(
            kept, shelf, dispatcher, clock=clock, zones=zones or zone_source(), places=places or place_source(),
            ways=ways, watch=watch, routing=routing, checkpoint=checkpoint,
        )  # fmt: skip

    def close(self) -> None:
        """Let go of the store, its journal, and of what waits for adapters; the engine can do nothing after that."""
        self._dispatcher.close()
        self._watch.close()
        self._store.close()
        self._store = Closed()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()

    @contextmanager
    def transaction(self, *, write: bool = True) -> Iterator[Any]:
        """A connection for `connection=`: what is written with it, and the host's own rows, commit together or not at all.

        `write=False` is for reading alone: other processes can write meanwhile.
        """
        with self._store.transaction(write=write) as tx:
            yield tx.connection

    # Facts in ----------------------------------------------------------------------------------------------------------

    def open_case(
        self,
        debtor: Party,
        owed: Sequence[Invoice],
        policy: str | Policy | None = None,
        *,
        facts: Mapping[str, str] = NO_FACTS,
        case_id: str | None = None,
        at: When | None = None,
        connection: Any = None,
    ) -> Case:
        """The case of some receivables, opened or added to. Raises `UsageError` where one of them does not fit.

        A policy with `unit: invoice` makes a case per invoice: open several of them with `open_cases`.
        """
        opening = self.open_cases(debtor, owed, policy, facts=facts, case_id=case_id, at=at, connection=connection)
        if opening.refused:
            raise UsageError("; ".join(f"invoice {r.invoice.number} is not opened: {r.why}" for r in opening.refused))
        if len(opening.cases) != 1:
            raise UsageError(
                f"these receivables are {len(opening.cases)} cases: use open_cases, which returns all of them"
            )
        return opening.cases[0]

    def open_cases(
        self,
        debtor: Party,
        owed: Sequence[Invoice],
        policy: str | Policy | None = None,
        *,
        facts: Mapping[str, str] = NO_FACTS,
        case_id: str | None = None,
        at: When | None = None,
        connection: Any = None,
    ) -> Opening:
        """Put receivables into cases: one per debtor and currency, or one per invoice, as the policy's `unit` says.

        Without `policy` routing chooses it for what is new; a debtor's case that is there keeps its own. `facts` are what
        routing and the new case know as host facts. What does not fit the policy is reported and not opened; asking again
        changes nothing.
        """
        check_party(debtor)
        if debtor.payer:
            raise UsageError(
                f"{debtor.id} does not pay for itself: open what it owes for {debtor.payer}, whose accounts name it"
            )
        check_owed(owed)
        check_texts(facts, "facts of the host")
        if case_id is not None:
            check_name(case_id, "case_id")
        visit = Visit(debtor=debtor, owed=owed, policy=policy, facts=facts, case_id=case_id, at=at)
        with self._store.transaction(connection) as tx:
            return self._reception.open(visit, tx, self.clock.now())

    def route(
        self, debtor: Party, owed: Sequence[Invoice], *, facts: Mapping[str, str] = NO_FACTS, at: When | None = None
    ) -> tuple[Routed, ...]:
        """What routing would say of some receivables, once for each currency; nothing is opened."""
        check_party(debtor)
        check_owed(owed)
        visit = Visit(debtor=debtor, owed=owed, facts=facts, at=at)
        with self._store.transaction(write=False) as tx:
            ways = self._reception.ways(visit, tx.cases(debtor_id=debtor.id), self.clock.now())
        return tuple(way.routed for way in ways if way.routed is not None)

    def record(
        self,
        case_id: str,
        fact: Fact,
        at: When | None = None,
        *,
        source: str = "",
        event_id: str = "",
        connection: Any = None,
    ) -> bool:
        """Take a fact in; `False` where the outside event of this identity is known already.

        `at` is when it happened: a date counts from its start in the policy's zone, a time to come as now. Facts about
        the debtor as a person go to every case of theirs.
        """
        check_fact(fact)
        now = self.clock.now()
        with self._store.transaction(connection) as tx:
            held = known(tx, case_id)
            policy, _rulebooks = self._shelf.of(held.case.policy, tx)
            happened = now if at is None else min(now, instant(at, policy.zone))
            check_not_erased(held.case)
            event = self._completed(normal(fact), held.case)
            check_invoice(event, held.case)
            check_plan(event, policy)
            homes = [held]
            if concerns_person(event) or isinstance(event, DebtorUpdated):
                siblings = tx.cases(debtor_id=held.case.debtor.id)
                homes += [h for h in siblings if h.case.id != case_id and h.case.erased_at is None]
            changes = [taken(home, event, happened, now) for home in homes]  # refuses before the identity is kept
            source, event_id = source or getattr(event, "source", ""), event_id or getattr(event, "event_id", "")
            check_name(source, "source")
            check_name(event_id, "event_id")
            self._checkpoint(Point.RECORD_READ)
            if event_id and not tx.receive(source, event_id, _digest(case_id, event, None if at is None else happened)):
                return False
            self._checkpoint(Point.RECORD_RECEIVED)
            write(tx, changes, now=now)
            note_crossed(tx, changes, self._shelf, now)
            self._checkpoint(Point.RECORD_WRITTEN)
        self._checkpoint(Point.RECORD_COMMITTED)
        return True

    def _completed(self, event: Event, case: Case) -> Event:
        """News of a debtor's particulars, with where they may be now."""
        if not isinstance(event, DebtorUpdated):
            return event
        if event.debtor.id != case.debtor.id:
            raise UsageError(
                f"case {case.id} is about debtor {case.debtor.id} and cannot become one about {event.debtor.id}"
            )
        return replace(
            event,
            hints=event.hints or self._zones.hints(event.debtor),
            place_hints=event.place_hints or self._places.places(event.debtor),
        )

    # Actions out -------------------------------------------------------------------------------------------------------

    def advance(self, now: When | None = None, *, limit: int | None = None) -> list[Decision]:
        """Decide about every case that wants to be looked at, and put what is cleared into the outbox.

        An error in one case does not stop the others: `troubles` holds those of the latest call, and the log tells them.
        """
        moment = self._ticked() if now is None else instant(now)
        decisions: list[Decision] = []
        self.troubles = ()
        looked = 0
        while limit is None or looked < limit:
            size = BATCH if limit is None else min(BATCH, limit - looked)
            batch, troubles = self._advance_batch(moment, size)
            decisions += batch
            self.troubles += troubles
            looked += len(batch) + len(troubles)
            if len(batch) + len(troubles) < size:
                break
        return decisions

    def _advance_batch(self, now: Instant, size: int) -> tuple[list[Decision], tuple[Troubled, ...]]:
        decisions: list[Decision] = []
        troubles: list[Troubled] = []
        changes: list[CaseChange] = []
        with self._store.transaction() as tx:
            unread: list[UnreadCase] = []
            due = tx.due(now, size, unread)
            for case in unread:
                _log.error("%s", case.error)
                troubles.append(Troubled(case.case_id, case.error))
                tx.postpone(case.case_id, now + TROUBLED_SECONDS)
            logs = tx.contacts({held.case.debtor.id for held in due}) if due else {}
            orders = tx.orders() if due else []
            self._checkpoint(Point.ADVANCE_READ)
            for held in due:
                rules = self._shelf.of(held.case.policy, tx)
                try:
                    decision = self._decide(informed(seen(held.case, logs, orders), rules[0], tx), now, *rules)
                    changes.append(_decided(held, decision, now))
                    decisions.append(decision)
                except Exception as error:  # noqa: BLE001 - whatever it is, it concerns this case only; log and caller are told
                    _log.exception("case %s could not be decided about", held.case.id)
                    troubles.append(Troubled(held.case.id, error))
                    changes.append(changed(held.case.id, held.case, [], now=now, next_look=now + TROUBLED_SECONDS))
            self._checkpoint(Point.ADVANCE_DECIDED)
            write(tx, changes, now=now)
            self._checkpoint(Point.ADVANCE_WRITTEN)
        self._checkpoint(Point.ADVANCE_COMMITTED)
        return decisions, tuple(troubles)

    def _decide(self, case: Case, now: Instant, policy: Policy, rulebooks: Sequence[Rulebook]) -> Decision:
        decision = decide_in_words(
            case,
            policy,
            rulebooks,
            now,
            trouble=lambda action, cleared: self._dispatcher.trouble(
                action, case, policy, () if cleared is None else obliged(cleared, policy, rulebooks), now
            ),
        )
        return without_ways(decision, case, self._ways)

    # Questions ---------------------------------------------------------------------------------------------------------

    def case(self, case_id: str, *, connection: Any = None) -> Case:
        """A case as it stands."""
        with self._store.transaction(connection, write=False) as tx:
            return ordered(known(tx, case_id).case, tx.orders())

    def cases(
        self,
        *,
        status: CaseStatus | None = None,
        debtor_id: str | None = None,
        creditor: str | None = None,
        account: str | None = None,
        connection: Any = None,
    ) -> tuple[Case, ...]:
        """Cases in the order of opening; `account` asks for those of whoever pays for an account."""
        with self._store.transaction(connection, write=False) as tx:
            orders = tx.orders()
            found = (ordered(held.case, orders) for held in tx.cases(status=status, debtor_id=debtor_id))
            return tuple(
                case
                for case in found
                if creditor in (None, case.creditor) and (account is None or account in case.debtor.accounts)
            )

    def history(self, case_id: str, *, connection: Any = None) -> tuple[Recorded, ...]:
        """Every event of a case, oldest first."""
        with self._store.transaction(connection, write=False) as tx:
            return tx.history(known(tx, case_id).case.id)

    def latest(self, *, connection: Any = None) -> Instant | None:
        """When the newest event of any case was recorded."""
        with self._store.transaction(connection, write=False) as tx:
            return tx.latest()

    def next_look(self, *, connection: Any = None) -> Instant | None:
        """When `advance` or `dispatch` has something to do next; `None` until there are new facts. For a host's timer."""
        with self._store.transaction(connection, write=False) as tx:
            return tx.next_look()

    def policy_of(self, case_id: str, *, connection: Any = None) -> Policy:
        """The policy version that a case keeps."""
        with self._store.transaction(connection, write=False) as tx:
            return self._shelf.of(known(tx, case_id).case.policy, tx)[0]

    def why(self, case_id: str, at: When | None = None, *, connection: Any = None) -> Decision:
        """What a look at a case says, with its reasons: now, or at an instant on what was known by then.

        At the very instant at which something was done about the case, it is the decision that led to this.
        """
        with self._store.transaction(connection, write=False) as tx:
            held = known(tx, case_id)
            case = seen(held.case, tx.contacts([held.case.debtor.id]), tx.orders())
            moment = self.clock.now()
            if at is not None:
                moment, case = self._then(case, at, tx)
            rules = self._shelf.of(case.policy, tx)
            decision = self._decide(informed(case, rules[0], tx), moment, *rules)
            dead = [row for row in tx.outbox(state=OutboxState.DEAD, case_id=case_id) if row.changed_at <= moment]
            return decision._replace(why=(*map(_given_up, dead), *decision.why))

    def _then(self, case: Case, at: When, tx: Transaction) -> tuple[Instant, Case]:
        """The decision that an instant of the past asks about: when it was taken, and the case as it knew it."""
        history, zone = tx.history(case.id), self._shelf.of(case.policy, tx)[0].zone
        moment, known = known_at(history, instant(at, zone))
        if not known:
            since = local_time(history[0].recorded_at, zone)
            raise NotFound(f"case {case.id} was not known yet at that instant: it is known since {since}")
        then = ordered(fold(case.id, known), [order for order in tx.orders() if order.since <= moment])
        return moment, replace(then, contacts=contacts_by(then, case.contacts, moment))


def _decided(held: HeldCase, decision: Decision, now: Instant) -> CaseChange:
    look = decision.next_look if decision.next_look is None else max(decision.next_look, now + 1)
    return changed(held.case.id, held.case, [(now, event) for event in decision.events], now=now, next_look=look)


def _given_up(row: OutboxRow) -> Note:
    words = f"{row.action.spec.words} was {row.note}; it waits for `dunning outbox requeue {row.id} --by NAME`"
    return Note(f"step {row.action.step}", words, row.changed_at)


def _digest(case_id: str, event: Event, at: Instant | None) -> str:
    written = encode_event(event)
    return content_hash([case_id, written.type, written.body, at])
