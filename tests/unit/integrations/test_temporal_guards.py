"""What guards a fleet: two clocks that have to agree, and notes of what left that outlive the server's memory."""

from __future__ import annotations

from pathlib import Path

import pytest
from desk_house import POLICY, START, Fickle, OnImages, at, opening, through_json

from dunning_engine.engine.clocks import FixedClock
from dunning_engine.engine.engine import DunningEngine
from dunning_engine.engine.loading import policy_of
from dunning_engine.integrations.temporal.commands import Answer, Command, Handing, Reading
from dunning_engine.integrations.temporal.commands import Outcome as Told
from dunning_engine.integrations.temporal.desk import Desk
from dunning_engine.integrations.temporal.image import merge
from dunning_engine.integrations.temporal.sends import Sends
from dunning_engine.integrations.temporal.witness import Witness
from dunning_engine.kernel.calendar import DAY_SECONDS
from dunning_engine.kernel.errors import ForeignError, UsageError
from dunning_engine.ports.adapter import Message, Outcome
from dunning_engine.ports.codec import from_json
from dunning_engine.stores.memory import MemoryStore
from dunning_engine.stores.sql import SqlStore

DUE = START + 5 * DAY_SECONDS


class Wall:
    """A clock that can be set, and seconds that run evenly."""

    def __init__(self, shows: int) -> None:
        self.shows, self.ran = shows, 0.0

    def now(self) -> int:
        return self.shows

    def steady(self) -> float:
        return self.ran

    def runs(self, seconds: int) -> None:
        self.shows, self.ran = self.shows + seconds, self.ran + seconds


# Clocks ---------------------------------------------------------------------------------------------------------------


def test_two_clocks_that_agree_are_believed() -> None:
    assert Witness(Wall(START)).judged(Reading(START + 59)) == (START + 59, "")


@pytest.mark.parametrize(
    ("server", "latest", "at_", "words"),
    [
        (DAY_SECONDS * 400, 0, 0, "the server's clock shows"),
        (61, 0, 0, "its worker's"),
        (-61, 0, -61, "its worker's"),
        (-DAY_SECONDS, 30, 30, "the server's clock shows"),
        (0, 61, 61, "but it was"),
    ],
)
def test_where_clocks_do_not_agree_the_earlier_one_counts_and_never_before_what_is_known(
    server: int, latest: int, at_: int, words: str
) -> None:
    known = START + latest if latest else 0
    believed, why = Witness(Wall(START)).judged(Reading(START + server, known))
    assert (believed, words in why) == (START + at_, True)


def test_a_worker_whose_own_clock_was_set_is_no_witness() -> None:
    wall = Wall(START)
    witness = Witness(wall)
    assert witness.judged(Reading(START)) == (START, "")
    wall.shows += 2 * DAY_SECONDS
    assert "the clock was set ahead" in witness.judged(Reading(START + 2 * DAY_SECONDS)).suspicion
    for _ in range(11):
        wall.runs(60)
        believed = witness.judged(Reading(wall.shows))
    assert believed == (wall.shows, "")


def test_a_clock_of_a_rehearsal_and_a_server_whose_time_skips_are_believed() -> None:
    assert Witness(Wall(START)).judged(Reading(DUE, rehearsed=True)) == (DUE, "")
    assert Witness(None).judged(Reading(DUE)) == (DUE, "")
    assert Witness(FixedClock(START)).judged(Reading(START)) == (START, "")


def test_while_clocks_do_not_agree_nothing_is_armed_and_no_step_is_taken_early() -> None:
    wall = Wall(START)
    debtor = OnImages(clock=wall)
    merge(debtor.image, through_json(debtor.desk.tell(debtor.image, Reading(START), opening("INV-1")).changes))

    ahead = debtor.desk.look(debtor.image, Reading(DUE, START))
    assert (ahead.armed, ahead.at, "outbox" in ahead.changes) == (None, START, False)
    assert "the server's clock shows 2026-03-05" in ahead.halted

    wall.runs(5 * DAY_SECONDS)
    merge(debtor.image, through_json(debtor.desk.look(debtor.image, Reading(DUE + 200, START)).changes))
    assert [row["state"] for row in debtor.image["outbox"].values()] == ["pending"]
    agreed = debtor.desk.look(debtor.image, Reading(DUE, DUE))
    assert (agreed.armed is not None, agreed.halted) == (True, "")


def test_an_operator_may_say_that_the_clock_is_right() -> None:
    debtor = OnImages(clock=Wall(START))
    told = Reading(START, latest=DUE)
    assert "but it was 2026-03-05" in debtor.desk.tell(debtor.image, told, opening("INV-1")).halted
    trusted = debtor.desk.tell(debtor.image, told, Command("trust_clock", {"by": "mara"}))
    assert (trusted.at, trusted.halted, trusted.refused) == (START, "", None)


# Notes of what left ---------------------------------------------------------------------------------------------------


def _armed(debtor: OnImages) -> Handing:
    """The reminder, on its way out."""
    debtor.tell(opening("INV-1"))
    debtor.now = DUE
    answer: Answer = debtor.desk.look(through_json(debtor.image), at(DUE))
    merge(debtor.image, through_json(answer.changes))
    assert answer.armed is not None
    return debtor.handing(answer.armed)


class Scripted:
    """The outcomes that an adapter is to have, one after the other."""

    def __init__(self, debtor: OnImages, *kinds: int) -> None:
        self._debtor, self._kinds = debtor, list(kinds)

    def next(self, given: Handing) -> Told:
        """0 delivered, 1 did not leave, 2 nobody knows, 3 sent."""
        got = self._debtor.adapter.got
        while (int(given.key[:2], 16) + got.count(given.key) + 1) % 4 != self._kinds[0]:
            got.append(given.key)
        self._kinds.pop(0)
        return self._debtor.desk.deliver(given)


@pytest.fixture(params=["memory", "sqlite"])
def registry(request: pytest.FixtureRequest, tmp_path: Path):
    store = MemoryStore() if request.param == "memory" else SqlStore(f"sqlite:///{tmp_path / 'fleet.db'}")
    yield store
    store.close()


@pytest.mark.parametrize(
    ("kind", "again"), [(0, "Sent"), (3, "Sent"), (2, "Uncertain")], ids=["delivered", "sent", "uncertain"]
)
def test_what_left_before_the_server_forgot_it_does_not_leave_again(registry, kind: int, again: str) -> None:
    first = OnImages(registry=registry)
    given = _armed(first)
    came = Scripted(first, kind).next(given)

    forgotten = OnImages(registry=registry)
    told = forgotten.desk.deliver(_armed(forgotten))

    assert forgotten.adapter.got == []
    assert (told.kind, told.body.get("delivered")) == (again, came.body.get("delivered"))
    assert "says the registry" in str(told.body)


def test_a_worker_that_died_in_between_leaves_doubt(registry) -> None:
    given = _armed(OnImages(registry=registry))

    class Killed(BaseException):
        pass

    def dies(_message: Message) -> Outcome:
        raise Killed

    with pytest.raises(Killed):
        Sends(registry).noted(given, from_json(Message, given.message), dies)

    assert OnImages(registry=registry).desk.deliver(given).kind == "Uncertain"


def test_what_certainly_did_not_leave_goes_again_and_doubt_outlives_it(registry) -> None:
    debtor = OnImages(registry=registry)
    given = _armed(debtor)
    script = Scripted(debtor, 1, 1, 2, 1)
    assert [script.next(given).kind for _ in range(2)] == ["Retry", "Retry"]
    assert script.next(given).kind == "Uncertain"
    later = Handing(given.key, given.message, given.fence + 1, given.at)
    assert script.next(later).kind == "Retry"

    assert debtor.desk.deliver(later).kind == "Uncertain"


def test_a_journal_of_one_machine_is_refused(tmp_path: Path) -> None:
    policies = [policy_of(POLICY, "shop.yaml")]
    with pytest.raises(UsageError, match="a fleet notes what leaves in its registry: pass registry=… to Desk"):
        Desk(
            lambda store, clock: DunningEngine.open(
                store, clock=clock, policies=policies, adapters=[Fickle()], journal=tmp_path / "sends"
            )
        )


def test_tenants_have_notes_of_their_own(registry) -> None:
    north, south = (OnImages(registry=registry, tenant=name) for name in ("north", "south"))
    assert Scripted(north, 3).next(_armed(north)).kind == "Sent"
    assert Scripted(south, 3).next(_armed(south)).kind == "Sent"
    assert south.adapter.got


def test_what_cannot_be_noted_does_not_leave() -> None:
    class Away(MemoryStore):
        away = False

        def transaction(self, connection: object = None, *, write: bool = True):  # type: ignore[override]
            if self.away:
                raise ForeignError("the database is away")
            return super().transaction(connection, write=write)

    registry = Away()
    debtor = OnImages(registry=registry)
    given = _armed(debtor)
    registry.away = True

    outcome = debtor.desk.deliver(given)

    assert (outcome.kind, debtor.adapter.got) == ("Retry", [])
    assert "it could not be noted that this leaves: the database is away" in outcome.body["note"]
