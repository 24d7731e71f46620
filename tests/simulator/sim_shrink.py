"""Cut a plan down to the steps that are needed for its failure."""

from __future__ import annotations

from collections.abc import Callable

from sim_plan import Plan
from sim_world import World


def failure(plan: Plan, *, every: int | None = None) -> tuple[str, list[str]]:
    """What a plan breaks (empty where nothing), with the trace of what happened."""
    world = World(plan)
    try:
        found = world.play() if every is None else world.play(every=every)
        said = "\n".join(map(str, found))
    except Exception as error:  # noqa: BLE001 - whatever comes out of the engine is a failure too
        said = f"error {type(error).__name__}: {error}"
    finally:
        world.close()
    return said, world.trace


def _soon(plan: Plan) -> str:
    """What a plan breaks, looked at often."""
    return failure(plan, every=5)[0]


def shrunk(
    plan: Plan, same: Callable[[str], bool], *, tries: int = 2_000, failing: Callable[[Plan], str] = _soon
) -> Plan:
    """The shortest plan that still fails in the same way: ever smaller pieces are left out."""
    steps, size = plan.steps, max(1, len(plan.steps) // 2)
    while tries > 0:
        start, smaller = 0, False
        while start < len(steps) and tries > 0:
            tries -= 1
            rest = (*steps[:start], *steps[start + size :])
            if same(failing(plan.cut(rest))):
                steps, smaller = rest, True
            else:
                start += size
        if size == 1 and not smaller:
            break
        size = max(1, size // 2)
    return plan.cut(steps)


def alike(said: str) -> Callable[[str], bool]:
    """Whether another failure breaks the same invariant, or is the same error."""
    kind = _kind(said)
    return lambda other: _kind(other) == kind


def _kind(said: str) -> str:
    first = said.partition("\n")[0]
    return first.partition(":")[0] if first.startswith("error") else first.partition(" ")[0]
