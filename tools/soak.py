"""Let everything that may befall a case befall many cases, under the policy of the whole language and each shipped one.

The machine of `dunning_engine.testing` draws what happens and the monitors watch; a breach is told as a dated story,
and the soak goes on with other examples. The last line is JSON. Ends with 1 where anything was breached.

    python tools/soak.py [--examples 2000] [--steps 30] [--seed 0] [--shrink] [FILE ...]
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from time import monotonic
from typing import Any, Final

import yaml
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from dunning_engine.engine.loading import load_policy, policy_of
from dunning_engine.policy.model import Policy
from dunning_engine.testing import policy_machine

ROOT: Final = Path(__file__).resolve().parents[1]
EVERYTHING: Final = ROOT / "tests/policies/everything.yaml"
VARIANTS: Final = EVERYTHING.with_suffix(".variants.yaml")
SHIPPED: Final = ROOT / "policies"

CHUNK: Final = 50
"""Examples of one run of Hypothesis: a breach in one does not end the soak."""


def everything() -> Iterator[Policy]:
    """The policy that uses the whole language, and one for each of the words that exclude each other in it."""
    for number, text in enumerate(texts()):
        yield policy_of(text, file=f"everything-{number}.yaml" if number else EVERYTHING.name)


def texts() -> Iterator[str]:
    """The text of `everything.yaml`, and of each of its variants: a change of one line, or of several."""
    text = EVERYTHING.read_text(encoding="utf-8")
    yield text
    for number, changes in enumerate(yaml.safe_load(VARIANTS.read_text(encoding="utf-8")), 1):
        changed = text.replace("policy: everything\n", f"policy: everything-{number}\n")
        for change in changes if isinstance(changes, list) else [changes]:
            line, by = f"{change['line']}\n", f"{change['by']}\n"
            if text.count(line) != 1:
                raise SystemExit(f"{VARIANTS.name}: {change['line']!r} is no line of {EVERYTHING.name}")
            changed = changed.replace(line, by)
        yield changed


def shipped() -> Iterator[Policy]:
    """The policies of the library."""
    for path in sorted(SHIPPED.glob("*.yaml")):
        if not path.name.endswith(".test.yaml") and path.name != "routing.yaml":
            yield load_policy(path)


def soaked(policy: Policy, examples: int, steps: int, first: int, *, shrink: bool) -> Iterator[tuple[int, str]]:
    """Chunks of examples under a policy: how many were played, and the story of a breach where there was one."""
    played = 0

    class Counted(policy_machine(policy)):  # type: ignore[misc]  # the base is made at run time
        def teardown(self) -> None:
            nonlocal played
            played += 1
            super().teardown()

    left = examples
    while left > 0:
        size, before = min(CHUNK, left), played
        rules: Any = settings(
            max_examples=size,
            stateful_step_count=steps,
            deadline=None,
            database=None,
            print_blob=False,
            report_multiple_bugs=False,
            phases=[Phase.generate, Phase.shrink] if shrink else [Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        told = ""
        try:
            run_state_machine_as_test(seed(first + left)(Counted), settings=rules)
        except Exception as breach:  # noqa: BLE001  # whatever comes out of the engine is a breach too
            told = f"{type(breach).__name__}: {breach}\n" + "\n".join(getattr(breach, "__notes__", ()))
        left -= size
        yield min(size, played - before), told


def main() -> int:
    """Soak, and say what came of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", type=Path, help="policies; without any: everything.yaml and the library")
    parser.add_argument("--examples", type=int, default=2000, help="in all, shared among the policies")
    parser.add_argument("--steps", type=int, default=30, help="happenings in one example, at most")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--shrink", action="store_true", help="cut each breach down to a short story; takes minutes")
    given = parser.parse_args()
    policies = [load_policy(path) for path in given.files] or [*everything(), *shipped()]
    share, more = divmod(given.examples, len(policies))
    total, breaches, began = 0, 0, monotonic()
    for number, policy in enumerate(policies):
        for played, told in soaked(
            policy, share + (number < more), given.steps, given.seed * 1_000_003, shrink=given.shrink
        ):
            total += played
            if told:
                breaches += 1
                print(f"\n{policy.name}: {told}", file=sys.stderr)
            line = (
                f"{total} of {given.examples} examples, {breaches} breaches, {monotonic() - began:.0f} s: {policy.name}"
            )
            print(f"\r{line:<79}", end="" if sys.stderr.isatty() else "\n", file=sys.stderr, flush=True)
    told = {"examples": total, "breaches": breaches, "policies": len(policies), "seconds": round(monotonic() - began)}
    print(json.dumps(told))
    return 1 if breaches else 0


if __name__ == "__main__":
    sys.exit(main())
