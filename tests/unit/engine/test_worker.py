"""A worker works until it is told to stop, and says how it is."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from engine_house import POLICY, House, ann, invoice

from dunning_engine.engine.anchors import Anchors
from dunning_engine.engine.engine import DunningEngine
from dunning_engine.engine.loading import policy_of
from dunning_engine.engine.worker import TURN, Worker
from dunning_engine.kernel.errors import ForeignError, UsageError
from dunning_engine.ports.adapter import Message, Outcome, Retry, Sent
from dunning_engine.stores.memory import MemoryStore

SEND_TIME = "2026-03-05T10:00:00+01:00"


@pytest.fixture
def house() -> House:
    """The worker asks the engine only: one store is enough."""
    return House(MemoryStore())


def crowd(house: House, size: int) -> None:
    for number in range(size):
        house.opens(invoice(f"INV-{number}"), debtor=ann(f"debtor-{number}"))
    house.clock.move_to(SEND_TIME)


def working(worker: Worker, until: Callable[[], bool]) -> None:
    """Run a worker in a thread until something is so, then tell it to stop."""
    stop = threading.Event()
    thread = threading.Thread(target=worker.run, args=(stop,))
    thread.start()
    try:
        for _ in range(1_000):
            if until():
                break
            time.sleep(0.01)
    finally:
        stop.set()
        thread.join(20)
    assert not thread.is_alive()


def test_a_tick_does_what_is_due(house: House) -> None:
    """And tells how late it was; the next one has nothing to do."""
    crowd(house, 3)
    worker = Worker(house.engine)
    tick = worker.tick()
    assert (tick.decided >= 3, dict(tick.fates), tick.lag > 0, tick.more) == (True, {"sent": 3}, True, False)
    again = worker.tick()
    assert (again.decided, dict(again.fates), again.lag) == (0, {}, 0)


def test_it_finishes_what_is_armed_and_arms_nothing_more(house: House) -> None:
    """Told to stop in the middle of a hand-over: that one gets its receipt."""
    crowd(house, 5)
    stop = threading.Event()

    def during(_message: Message) -> Sent:
        stop.set()
        return Sent()

    house.sink.answer = during
    Worker(house.engine).run(stop)
    states = sorted(row.state.value for row in house.engine.outbox())
    assert states == ["pending"] * 4 + ["sent"]


def test_it_says_how_it_is(house: House, tmp_path: Path) -> None:
    """In a file that is always whole, for whoever watches processes."""
    crowd(house, 2)
    file = tmp_path / "worker.json"
    worker = Worker(house.engine, poll_seconds=0.05, health=file)
    working(worker, lambda: worker.health.decided > 0 and file.exists())
    told = json.loads(file.read_text())
    assert (told["state"], told["handed_over"], told["trouble"]) == ("stopped", {"sent": 2}, "")
    assert told["last_tick"] == house.clock.now()
    assert [path.name for path in tmp_path.iterdir()] == ["worker.json"]


def test_it_tells_how_it_is_while_it_starts_and_while_a_tick_is_long(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever watches it sees that it lives, and how many have left by now."""
    monkeypatch.setattr("dunning_engine.engine.worker.TELL_SECONDS", 0.0)
    crowd(house, TURN + 1)
    file = tmp_path / "worker.json"
    seen: list[dict[str, object]] = []

    def looks() -> None:
        told = json.loads(file.read_text())
        seen.append({name: told[name] for name in ("state", "last_tick", "handed_over")})

    def during(_message: Message) -> Sent:
        looks()
        return Sent()

    house.sink.answer = during
    worker = Worker(house.engine, poll_seconds=0.05, health=file, reload=looks)
    working(worker, lambda: len(seen) > TURN + 1)

    assert seen[0] == {"state": "starting", "last_tick": None, "handed_over": {}}
    assert seen[1] == {"state": "running", "last_tick": None, "handed_over": {}}
    last = {"state": "running", "last_tick": house.clock.now(), "handed_over": {"sent": TURN}}
    assert last in seen


def test_what_becomes_known_late_is_not_late(house: House) -> None:
    """It is counted from when it can have been known, for a new store from the start of the worker."""
    house.clock.move_to("2026-04-24")
    brought: list[bool] = []

    def takes_in() -> None:
        if not brought:
            house.engine.open_case(ann(), [invoice()], "shop", at="2026-03-01")
            brought.append(True)

    worker = Worker(house.engine, poll_seconds=0.05, reload=takes_in)
    working(worker, lambda: bool(house.sink.got))
    assert worker.health.lag_seconds == 0


def test_what_waits_since_it_was_caught_up_is_late(house: House) -> None:
    """Since the last tick that left nothing to do: the rest of a backlog is late for as long as it waits."""
    crowd(house, 2)
    worker = Worker(house.engine, per_minute=1)
    worker.run(_stopped())
    worker.tick()
    house.clock.move_to("2026-03-05T11:00:00+01:00")
    assert worker.tick().lag == 3_600


def _stopped() -> threading.Event:
    stop = threading.Event()
    stop.set()
    return stop


def test_a_health_file_that_cannot_be_written_stops_nothing(house: House, tmp_path: Path) -> None:
    """It is logged."""
    crowd(house, 1)
    worker = Worker(house.engine, poll_seconds=0.05, health=tmp_path / "gone" / "worker.json")
    working(worker, lambda: bool(house.sink.got))
    assert house.sink.got


def test_it_sleeps_until_the_next_look_and_wakes_for_new_work(house: House) -> None:
    """At most for its poll: others may have recorded something."""
    worker = Worker(house.engine, poll_seconds=0.05)
    working(worker, lambda: worker.health.last_tick is not None and (bool(house.sink.got) or _opens(house)))
    assert len(house.sink.got) == 1


def _opens(house: House) -> bool:
    if not house.engine.cases():
        crowd(house, 1)
    return False


def test_a_database_that_is_away_is_waited_for(house: House) -> None:
    """The worker says what is in the way, and goes on when it is gone."""
    crowd(house, 1)
    troubles: list[str] = []
    worker = Worker(house.engine, poll_seconds=0.01)
    advance = house.engine.advance

    def away(*args, **kwargs):
        if len(troubles) < 3:
            troubles.append(worker.health.trouble)
            raise ForeignError("the connection to the database is lost")
        return advance(*args, **kwargs)

    house.engine.advance = away
    working(worker, lambda: bool(house.sink.got))
    assert troubles == ["", *["the connection to the database is lost"] * 2]
    assert worker.health.trouble == ""


def test_after_an_outage_a_case_takes_one_step_at_a_time(house: House) -> None:
    """Forty days unseen: each ladder goes on with its waits, not with everything at once."""
    house.follows(
        POLICY.replace("10 days after reminder", "10 days after due").replace(
            "10 days after warning", "20 days after due"
        )
    )
    for number in range(4):
        house.opens(invoice(f"INV-{number}"), debtor=ann(f"debtor-{number}"))
    house.clock.move_to("2026-04-20T10:00:00+02:00")
    Worker(house.engine).tick()
    assert house.sink.words == ["email reminder"] * 4
    house.clock.move_to("2026-04-21T09:59:00+02:00")
    Worker(house.engine).tick()
    assert len(house.sink.got) == 4


def test_a_backlog_leaves_at_its_pace(house: House) -> None:
    """Not in one burst."""
    crowd(house, 30)
    worker = Worker(house.engine, per_minute=10)
    assert dict(worker.tick().fates) == {"sent": 10}
    assert worker.tick().fates == {}


def other_tenant(house: House) -> tuple[House, list[str]]:
    """A second house on the same clock, and in which order both hand over."""
    order: list[str] = []
    other = House(MemoryStore())
    other.clock = house.clock
    other.reopen()
    for name, one in (("first", house), ("second", other)):
        one.sink.answer = lambda _message, name=name: order.append(name) or Sent()
    return other, order


def test_tenants_have_their_turns(house: House) -> None:
    """Ten times the work of another does not make that one wait for all of it."""
    other, order = other_tenant(house)
    for number in range(5):
        other.opens(invoice(f"INV-{number}"), debtor=ann(f"debtor-{number}"))
    crowd(house, 4 * TURN)
    Worker([house.engine, other.engine]).tick()
    assert (order.count("first"), order.count("second")) == (4 * TURN, 5)
    assert order.index("second") == TURN


def test_t21_a_tenant_whose_receivers_fail_costs_the_others_nothing(house: House) -> None:
    """Hundreds of failing actions of one tenant, and the other's leave at once."""
    other, order = other_tenant(house)
    for number in range(5):
        other.opens(invoice(f"INV-{number}"), debtor=ann(f"debtor-{number}"))
    crowd(house, 200)
    tried: list[str] = []

    def fails(message: Message) -> Outcome:
        tried.append(message.action_id)
        return Retry(60, "no route to host")

    house.sink.answer = fails
    tick = Worker([house.engine, other.engine]).tick()
    assert order == ["second"] * 5
    assert len(tried) == 3
    assert tick.fates["postponed"] == 197


def test_rules_that_are_wrong_do_not_come_into_force(house: House) -> None:
    """Those of before stay, and the worker says why; good ones replace them as a whole."""
    crowd(house, 1)
    better = House(house.store)
    better.clock = house.clock
    better.policies = [policy_of(POLICY.replace("version: 1", "version: 2"), "shop.yaml")]
    answers: list[object] = [None, UsageError("shop.yaml:3: no such step"), None, [better.reopen()]]
    seen: list[tuple[str, DunningEngine]] = []

    def reload() -> object:
        seen.append((worker.health.reload_trouble, worker.engines[0]))
        answer = answers.pop(0) if answers else None
        if isinstance(answer, Exception):
            raise answer
        return answer

    worker = Worker(house.engine, poll_seconds=0.01, reload=reload)
    working(worker, lambda: len(seen) > 4)
    assert [trouble for trouble, _engine in seen[:5]] == ["", "", *["shop.yaml:3: no such step"] * 2, ""]
    assert [engine is house.engine for _trouble, engine in seen[:5]] == [True] * 4 + [False]
    assert len(house.sink.got) + len(better.sink.got) == 1


@pytest.mark.parametrize("wrong", [{"poll_seconds": 0}, {"per_minute": 0}])
def test_settings_that_cannot_work(house: House, wrong: dict[str, int]) -> None:
    """Neither can nobody's engine."""
    with pytest.raises(UsageError, match="above zero"):
        Worker(house.engine, **wrong)
    with pytest.raises(UsageError, match="needs an engine"):
        Worker([])


def test_what_it_counts_goes_to_opentelemetry(house: House) -> None:
    """Through the API: the SDK is the host's."""
    from opentelemetry import metrics
    from opentelemetry.sdk.metrics import MeterProvider
    from opentelemetry.sdk.metrics.export import InMemoryMetricReader

    reader = InMemoryMetricReader()
    provider = MeterProvider([reader])
    metrics.set_meter_provider(provider)
    crowd(house, 3)
    Worker(house.engine).tick()
    found = {
        metric.name: [point.attributes.get("fate", "") for point in metric.data.data_points]
        for resource in reader.get_metrics_data().resource_metrics
        for scope in resource.scope_metrics
        for metric in scope.metrics
    }
    provider.shutdown()
    assert found["dunning.handovers"] == ["sent"]
    assert {"dunning.decisions", "dunning.tick.duration", "dunning.lag"} <= found.keys()


def test_it_anchors_the_audit_log_now_and_then_and_at_the_end(house: House, tmp_path: Path) -> None:
    """Another process that did so shortly before counts; what comes after the last one is anchored when it stops."""
    anchors = Anchors(tmp_path / "anchors.jsonl")
    crowd(house, 2)
    house.engine.anchor(anchors)
    worker = Worker(house.engine, anchors=anchors, poll_seconds=0.01)

    working(worker, lambda: worker.health.decided > 0)

    heads = [json.loads(line)["heads"] for line in anchors.path.read_text("utf-8").splitlines()]
    assert [len(anchored) for anchored in heads] == [2, 2]


def test_a_worker_that_cannot_anchor_still_stops(
    house: House, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """What is in the way is told while it works and when it ends."""
    (tmp_path / "file").write_text("no folder")
    worker = Worker(house.engine, anchors=Anchors(tmp_path / "file" / "anchors.jsonl"), poll_seconds=0.01)

    working(worker, lambda: bool(worker.health.trouble))

    assert "anchors cannot be written" in worker.health.trouble
    assert "stops without an anchor" in caplog.text


def test_a_store_that_is_halted_is_told_by_name(house: House, tmp_path: Path) -> None:
    """Of two tenants one was restored from a backup: the other works, and whoever watches learns of the first."""
    other = House(MemoryStore(tenant="acme"))
    for each in (house, other):
        crowd(each, 1)
    with other.store.transaction() as tx:
        tx.keep_guard(replace(tx.guard(lock=True), restored_at=1, why="the store is older than its send journal"))
    file = tmp_path / "worker.json"
    worker = Worker([house.engine, other.engine], poll_seconds=0.05, health=file)
    working(worker, lambda: bool(worker.health.halted))

    told = json.loads(file.read_text())
    assert list(told["halted"]) == ["acme"]
    assert told["halted"]["acme"].startswith("the store is older than its send journal; `dunning store status`")
    assert (len(house.sink.got), len(other.sink.got), told["trouble"]) == (1, 0, "")
    assert worker.tick().halted == 1


def test_a_store_that_goes_on_is_not_told_any_more(house: House) -> None:
    """As soon as an operator has given the word, or the clock is right."""
    worker = Worker(house.engine)
    with house.store.transaction() as tx:
        tx.keep_guard(replace(tx.guard(lock=True), restored_at=1, why="restored"))
    worker.tick()
    assert worker.health.halted.keys() == {"default"}
    with house.store.transaction() as tx:
        tx.keep_guard(replace(tx.guard(lock=True), restored_at=None))
    assert (worker.tick().halted, worker.health.halted, house.engine.halted()) == (0, {}, "")
