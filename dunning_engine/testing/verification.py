"""`verify`: drive a policy through many tales, and tell as short stories what must not be.

Chance is seeded: the same policy, number of examples and seed give the same report everywhere.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from dunning_engine.testing.exploring import Explorer, hangs_on
from dunning_engine.testing.monitors import MONITORS
from dunning_engine.testing.rehearsal import Rehearsal
from dunning_engine.testing.shrinking import shrunk
from dunning_engine.testing.sightings import Kind, Sighting, first_verdicts, sightings
from dunning_engine.testing.telling import Line, story, text

if TYPE_CHECKING:
    from dunning_engine.compliance.rulebook import Rulebook
    from dunning_engine.domain.events import Fact
    from dunning_engine.policy.model import Policy, Step
    from dunning_engine.testing.happenings import Tale

QUIET_EVERY: Final = 5
"""One tale of so many is one in which nobody pays and little happens."""

AIMED: Final = 40
"""Tales that are made for a step which no other tale let run."""

MADE_FOR_IT: Final = 1_000_000
"""What a tale that was made for a step says of what keeps it outweighs all that came by chance."""

OFTEN: Final = 4
"""An action that came due less often says nothing about always."""

ALWAYS: Final = 95
"""Of a hundred times that an action came due, so many make a habit of putting it off."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, with the shortest story found that shows it."""

    kind: Kind
    subject: str
    words: str
    story: tuple[Line, ...]

    def __str__(self) -> str:
        return f"{self.kind.value}: {self.words}\n{text(self.story)}"

    def as_json(self) -> dict[str, Any]:
        """Plain JSON."""
        lines = [{"at": line.when, "what": line.what, "details": line.details} for line in self.story]
        return {"kind": self.kind.value, "subject": self.subject, "message": self.words, "story": lines}


@dataclass(frozen=True, slots=True)
class Report:
    """What came of it. `tales` counts also those that were made for steps which did not run; `ran` how often each did."""

    policy: str
    seed: int
    examples: int
    tales: int
    looks: int
    ran: dict[str, int]
    findings: tuple[Finding, ...]

    @property
    def clean(self) -> bool:
        """Whether nothing was found."""
        return not self.findings

    def as_json(self) -> dict[str, Any]:
        """Plain JSON, without anything that differs between two runs."""
        return {
            "policy": self.policy,
            "seed": self.seed,
            "examples": self.examples,
            "tales": self.tales,
            "looks": self.looks,
            "ran": self.ran,
            "findings": [finding.as_json() for finding in self.findings],
        }


def verify(
    policy: Policy,
    rulebooks: Sequence[Rulebook],
    *,
    examples: int = 200,
    seed: int = 0,
    known: Iterable[Fact] = (),
    progress: Callable[[], None] | None = None,
) -> Report:
    """Drive a policy through so many tales under the rulebooks that it names.

    `known` are facts that each case begins with: what the host always tells. `progress` is called after each tale.
    """
    survey = _Survey(policy, rulebooks)
    explorer = Explorer(policy, seed, known)
    for number in range(examples):
        survey.play(explorer.random(number) if number % QUIET_EVERY else explorer.quiet(number // QUIET_EVERY))
        if progress is not None:
            progress()
    for step in policy.steps:
        for number in range(AIMED):
            if survey.ran[step.name]:
                break
            survey.play(explorer.aimed(step, number), made_for=step)
    return Report(
        policy=policy.name,
        seed=seed,
        examples=examples,
        tales=survey.tales,
        looks=survey.looks,
        ran={step.name: survey.ran[step.name] for step in policy.steps},
        findings=tuple(survey.findings()),
    )


_Key: TypeAlias = tuple[Kind, str, str]
"""The key of a sighting: its kind, its subject, and what it is about."""


class _Survey:
    """What all tales showed together, and the shortest tale for each thing seen."""

    def __init__(self, policy: Policy, rulebooks: Sequence[Rulebook]) -> None:
        self._policy, self._rulebooks = policy, rulebooks
        self._shortest: dict[_Key, tuple[int, Tale]] = {}
        self._seen: Counter[_Key] = Counter()
        self._due: Counter[str] = Counter()
        self._made_for: Counter[str] = Counter()
        self.ran: Counter[str] = Counter()
        self.tales = self.looks = 0

    def play(self, tale: Tale, *, made_for: Step | None = None) -> None:
        """Play a tale under every monitor, and remember what it shows."""
        stage = Rehearsal.of(tale, self._policy, self._rulebooks, MONITORS)
        self.tales += 1
        self.looks += len(stage.decisions)
        self.ran.update({handed.action.step for handed in stage.handed})
        self._due.update(f"{action.step}: {action.spec.words}" for action, _ in first_verdicts(stage))
        for sighting in sightings(stage):
            self._remember(sighting, tale, weight=MADE_FOR_IT if made_for is not None else 1)
        if made_for is not None:
            self._made_for[made_for.name] += 1

    def _remember(self, sighting: Sighting, tale: Tale, *, weight: int) -> None:
        """Count it, and keep the tale if none shorter shows the same."""
        self._seen[sighting.key] += weight if sighting.kind is Kind.NEVER_RUNS else 1
        size = len(tale.happenings) * 4 + len(tale.setting.invoices) + len(tale.setting.news)
        known = self._shortest.get(sighting.key)
        if known is None or size < known[0]:
            self._shortest[sighting.key] = size, tale

    # What is wrong ------------------------------------------------------------------------------------------------------

    def findings(self) -> Iterator[Finding]:
        """Breaches, then dead ends, then steps that never ran, then limits that always put something off."""
        yield from self._told(Kind.BREACH)
        yield from self._told(Kind.DEAD_END)
        yield from self._never()
        yield from self._always_deferred()

    def _told(self, kind: Kind) -> Iterator[Finding]:
        """One finding for each thing of this kind that was seen."""
        for key in sorted((key for key in self._seen if key[0] is kind), key=lambda key: key[1:]):
            stage, sighting = self._shrunk(key)
            words = (
                f"{sighting.subject} ({sighting.about}): {sighting.words}" if kind is Kind.BREACH else sighting.words
            )
            yield Finding(kind, sighting.subject, words, story(stage))

    def _never(self) -> Iterator[Finding]:
        """Steps that did not run in any tale, each told with those that hang on it."""
        idle = [step for step in self._policy.steps if not self.ran[step.name]]
        names = {step.name for step in idle}
        for step in idle:
            if names & set(hangs_on(step, self._policy)):
                continue
            with_it = [other.name for other in idle if step.name in self._ancestors(other)]
            yield self._why_never(step, with_it)

    def _why_never(self, step: Step, with_it: Sequence[str]) -> Finding:
        causes = {key: n for key, n in self._seen.items() if key[:2] == (Kind.NEVER_RUNS, step.name)}
        words = (
            f"the step {step.name} did not run in {self.tales} tales, {self._made_for[step.name]} of them made for it"
        )
        tail = f"; nor did {', '.join(with_it)}, which hang on it" if with_it else ""
        if not causes:
            return Finding(Kind.NEVER_RUNS, step.name, f"{words}: its day never came{tail}", ())
        key = max(sorted(causes, key=lambda one: one[2]), key=causes.__getitem__)
        stage, sighting = self._shrunk(key)
        return Finding(Kind.NEVER_RUNS, step.name, f"{words}: {sighting.words}{tail}", story(stage))

    def _ancestors(self, step: Step) -> set[str]:
        found: set[str] = set()
        open_names = list(hangs_on(step, self._policy))
        while open_names:
            name = open_names.pop()
            if name not in found:
                found.add(name)
                open_names += hangs_on(self._policy.steps[self._policy.index[name]], self._policy)
        return found

    def _always_deferred(self) -> Iterator[Finding]:
        """Rules that put off an action as soon as it came due; each action under the rule that puts off most."""
        rules: dict[str, list[_Key]] = {}
        for key in sorted(self._seen, key=lambda one: one[1:]):
            if key[0] is Kind.ALWAYS_DEFERRED and self._is_always(key):
                rules.setdefault(key[1], []).append(key)
        told: set[str] = set()
        for rule, keys in sorted(rules.items(), key=lambda one: -sum(self._seen[key] for key in one[1])):
            new = [key for key in keys if key[2] not in told]
            told |= {action for _, _, action in new}
            if new:
                yield self._why_deferred(rule, sorted(new, key=lambda key: -self._seen[key]))

    def _is_always(self, key: _Key) -> bool:
        """A public holiday in between may let one through."""
        times, due = self._seen[key], self._due[key[2]]
        return times >= OFTEN and times * 100 >= due * ALWAYS

    def _why_deferred(self, rule: str, keys: Sequence[_Key]) -> Finding:
        stage, _ = self._shrunk(keys[0])
        told = ", ".join(f"{key[2]} ({self._seen[key]} of {self._due[key[2]]} times)" for key in keys)
        return Finding(Kind.ALWAYS_DEFERRED, rule, f"{rule} puts off as soon as it comes due: {told}", story(stage))

    # Short stories ------------------------------------------------------------------------------------------------------

    def _shrunk(self, key: _Key) -> tuple[Rehearsal, Sighting]:
        """The shortest tale that shows a thing, played no further than where it shows."""
        tale = shrunk(
            self._shortest[key][1], lambda smaller: self._shown(smaller, key) is not None, home=self._policy.zone
        )
        shown = self._shown(tale, key)
        assert shown is not None, "a tale is kept only while it shows what it is kept for"
        return shown

    def _shown(self, tale: Tale, key: _Key) -> tuple[Rehearsal, Sighting] | None:
        over = _BREACHED if key[0] is Kind.BREACH else _NOT_OVER
        stage = Rehearsal.of(tale, self._policy, self._rulebooks, MONITORS if key[0] is Kind.BREACH else (), over=over)
        found = next((sighting for sighting in sightings(stage) if sighting.key == key), None)
        return None if found is None else (stage, found)


def _BREACHED(stage: Rehearsal) -> bool:  # noqa: N802
    return bool(stage.breaches)


def _NOT_OVER(_stage: Rehearsal) -> bool:  # noqa: N802
    return False
