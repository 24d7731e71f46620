"""A clock that was set is noticed, shows nothing that has not come yet, and is believed again when it can be."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dunning_engine.engine.clocks import FixedClock, SystemClock, instant
from dunning_engine.engine.guarded_clock import STABLE_SECONDS, TOLERANCE_SECONDS, GuardedClock

START = instant("2026-03-05T09:00:00Z")
HOUR, DAY, YEAR = 3600, 86_400, 365 * 86_400


@dataclass
class Machine:
    """A machine whose clock can be set."""

    true: int = START
    wrong: int = 0

    def now(self) -> int:
        return self.true + self.wrong

    def steady(self) -> float:
        return float(self.true - START + 17)

    def passes(self, seconds: int) -> None:
        self.true += seconds


@pytest.fixture
def machine() -> Machine:
    return Machine()


@pytest.fixture
def clock(machine: Machine) -> GuardedClock:
    guarded = GuardedClock(machine)
    guarded.now()
    return guarded


def test_a_clock_that_runs_is_believed(machine: Machine, clock: GuardedClock) -> None:
    """Time passes, also a night without any look, and small corrections are nothing."""
    for seconds, wrong in ((1, 0), (DAY, 0), (5, 30), (5, -20), (5, 0)):
        machine.passes(seconds)
        machine.wrong = wrong
        assert clock.now() >= machine.true
        assert clock.suspicion == ""


@pytest.mark.parametrize("jump", [HOUR, 2 * DAY, YEAR])
def test_set_forward_it_shows_what_it_would_have_shown(machine: Machine, clock: GuardedClock, jump: int) -> None:
    """Nothing falls due by an hour that has not come; after ten even minutes the new time is taken for the true one."""
    machine.wrong = jump
    machine.passes(5)

    assert clock.now() == START + 5
    assert clock.suspicion == f"the clock was set ahead by {jump} seconds: it shows {_iso(START + 5 + jump)}"
    machine.passes(STABLE_SECONDS - 1)
    assert clock.now() == START + 5 + STABLE_SECONDS - 1
    machine.passes(1)
    assert clock.now() == START + 5 + STABLE_SECONDS + jump
    assert clock.suspicion == ""


def test_set_forward_and_right_again(machine: Machine, clock: GuardedClock) -> None:
    """A clock that shows again what it should is believed at once."""
    machine.wrong = HOUR
    assert (clock.now(), clock.suspicion != "") == (START, True)
    machine.wrong = 0
    machine.passes(30)

    assert (clock.now(), clock.suspicion) == (START + 30, "")


def test_a_clock_that_goes_on_jumping_is_not_believed(machine: Machine, clock: GuardedClock) -> None:
    """The ten minutes begin again with every jump."""
    for hour in range(1, 5):
        machine.wrong = hour * HOUR
        machine.passes(STABLE_SECONDS - 1)
        clock.now()
        assert clock.suspicion != ""


@pytest.mark.parametrize("jump", [TOLERANCE_SECONDS + 1, HOUR, YEAR])
def test_set_back_time_stands_still(machine: Machine, clock: GuardedClock, jump: int) -> None:
    """What was decided was decided: until the clock has passed it once more, it is that late."""
    machine.wrong = -jump
    assert clock.now() == START
    assert clock.suspicion.startswith(f"the clock was set back by {jump} seconds")
    machine.passes(jump - 1)
    assert clock.now() == START
    machine.passes(STABLE_SECONDS)
    assert clock.now() == machine.now()
    assert clock.suspicion == ""


def test_a_second_back_is_no_jump(machine: Machine, clock: GuardedClock) -> None:
    """Servers of time correct clocks by seconds: time only waits for them."""
    machine.wrong = -1

    assert (clock.now(), clock.suspicion) == (START, "")


def test_between_runs_only_going_back_is_known(machine: Machine) -> None:
    """A process that starts a year later starts a year later; one that starts before what the store knows is suspected."""
    later = GuardedClock(machine)
    later.know(START - YEAR)
    assert (later.now(), later.suspicion) == (START, "")

    earlier = GuardedClock(machine)
    earlier.know(START + YEAR)
    assert earlier.now() == START + YEAR
    assert earlier.suspicion == f"the clock shows {_iso(START)}, but it was {_iso(START + YEAR)} already"


def test_right_after_the_start_it_is_known_by_itself(machine: Machine) -> None:
    """A machine that boots without a battery learns the time a minute later: ten even minutes on it is believed."""
    machine.wrong = -10 * YEAR
    clock = GuardedClock(machine)
    clock.know(START - DAY)
    assert (clock.now(), clock.suspicion != "") == (START - DAY, True)
    machine.wrong = 0
    machine.passes(60)
    assert (clock.now(), clock.suspicion != "") == (START - DAY + 60, True)
    machine.passes(STABLE_SECONDS)

    assert (clock.now(), clock.suspicion) == (machine.now(), "")


def test_an_operator_knows_better(machine: Machine, clock: GuardedClock) -> None:
    """A clock that was wrong before and is right now: a person's word ends the wait."""
    machine.wrong = -YEAR
    assert clock.now() == START

    assert clock.trust() == START - YEAR
    machine.passes(5)
    assert (clock.now(), clock.suspicion) == (START - YEAR + 5, "")


def test_a_clock_that_was_set_on_purpose_is_not_judged() -> None:
    """`--now`, tests and demonstrations say what time it is."""
    fixed = FixedClock("2026-03-05")
    clock = GuardedClock(fixed)
    clock.know(START + YEAR)
    fixed.move_to("2027-03-05")

    assert (clock.now(), clock.trust(), clock.suspicion, clock.judged) == (fixed.now(), fixed.now(), "", False)


def test_the_machines_clock_counts_what_passes() -> None:
    """Both readings of the machine go on."""
    clock = SystemClock()
    assert clock.steady() <= clock.steady()
    assert GuardedClock(clock).judged


@given(st.lists(st.tuples(st.integers(0, 2 * DAY), st.integers(-2 * YEAR, 2 * YEAR) | st.just(0)), max_size=30))
def test_it_never_goes_back_nor_ahead_of_every_reading(steps: list[tuple[int, int]]) -> None:
    """Whatever is done to the clock: time does not go back, and is later than the machine's only where that was set back."""
    machine = Machine()
    clock = GuardedClock(machine)
    before = highest = clock.now()
    for seconds, wrong in steps:
        machine.passes(seconds)
        machine.wrong = wrong
        highest = max(highest, machine.now())
        shown = clock.now()
        assert before <= shown <= highest
        before = shown


def _iso(at: int) -> str:
    from dunning_engine.kernel.calendar import iso

    return iso(at)
