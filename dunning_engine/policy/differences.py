"""What changed between two versions of a policy, in words: by step and key, what the debtor feels most first.

Documents are compared as the phrases that they print, so that whatever the language learns to say is compared too, and
what is written out is the same as what is left to a default.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeAlias

if TYPE_CHECKING:
    from dunning_engine.policy.compiler import Compiled
    from dunning_engine.policy.document_money import FeeDocument

Texts: TypeAlias = tuple[str, ...]
Path: TypeAlias = tuple[str, ...]

FELT: Final = (
    "step", "hand_off", "report", "restrict", "prepare", "propose", "charge", "fees", "interest", "deadline",
    "send", "call", "retry", "offer", "order", "when", "cadence", "only_if", "only_if_any", "unless", "requires",
    "stop_when", "pause_while", "holds", "promises", "plans", "disputes", "grace", "contact_limits", "min_gap",
    "quiet_hours", "quiet_days", "law", "collector", "regulated_as", "applies_to", "climb_on", "catch_up", "unit",
    "lead", "on_lead_paid", "tolerance", "allocation", "on_paid", "approval", "time", "title", "policy", "version",
)  # fmt: skip
"""Keys from what reaches the debtor hardest down to what only the house sees; a key that is not listed stands in between."""

UNLISTED: Final = FELT.index("climb_on")

ORDER: Final = "order"
"""Not a key of the file: in which order the actions of a step are taken."""


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that differs: in which `step` (empty: in the policy's head), under which `key`, and how.

    `was` and `now` are phrases; an empty one is a key that is not there. Of steps that came, went, moved or have a new
    name the key is `step`.
    """

    step: str
    key: str
    was: Texts
    now: Texts
    words: str

    def __str__(self) -> str:
        if self.key == "step":
            return f"step {self.step}: {self.words}"
        if self.step:
            return f"{self.step}: {_said(self.key)} {self.words}"
        return f"{_said(self.key)}: {self.words}"

    def as_json(self) -> dict[str, Any]:
        return {
            "step": self.step or None,
            "key": self.key,
            "was": list(self.was),
            "now": list(self.now),
            "words": str(self),
        }


def differences(old: Compiled, new: Compiled) -> tuple[Change, ...]:
    """Everything that differs between two policies that compiled; nothing where they mean the same."""
    was, now = _Ladder(old), _Ladder(new)
    names = _renamed(was, now)
    found = [*_heads(was.head, now.head), *_steps(was, now, names)]
    places = {name: number for number, name in enumerate(now.order)}
    return tuple(sorted(found, key=lambda change: _place(change, found, places)))


def renamed(old: Compiled, new: Compiled) -> Mapping[str, str]:
    """The steps that only have a new name, with it."""
    return _renamed(_Ladder(old), _Ladder(new))


def _place(change: Change, found: Sequence[Change], places: Mapping[str, int]) -> tuple[int, int, str, int]:
    """Changes of one step stand together, where the hardest of them belongs."""
    together = [_weight(other) for other in found if (other.step, change.step or other.key) == (change.step, other.key)]
    of_step = [_weight(other) for other in found if change.step and other.step == change.step]
    return min(of_step or together), places.get(change.step, len(places)), change.step, _weight(change)


def _weight(change: Change) -> int:
    key = change.key.partition(".")[0]
    return FELT.index(key) if key in FELT else UNLISTED


# The two documents ----------------------------------------------------------------------------------------------------


class _Ladder:
    """A document as phrases: its head, and its steps by name in the order of the file."""

    def __init__(self, compiled: Compiled) -> None:
        assert compiled.document is not None
        assert compiled.policy is not None
        whole = compiled.document.model_dump(mode="json")
        whole["fees"] = {name: _fee(fee) for name, fee in compiled.document.fees.items()}
        self.steps = {str(step["step"]): _flat(step) for step in whole.pop("steps")}
        self.head = _flat(whole)
        self.order = tuple(self.steps)
        for step in compiled.policy.steps:
            self.steps[step.name].pop(("step",))
            self.steps[step.name][ORDER,] = tuple(
                " or else ".join(spec.words for spec in choice) for choice in step.actions
            )

    def actions(self, name: str) -> Texts:
        return self.steps[name][ORDER,]

    def before(self, name: str) -> Texts:
        """The steps above one, the nearest last."""
        return self.order[: self.order.index(name)]


def _fee(fee: FeeDocument) -> str:
    """A fee in one line: `percent 2 %, at least 5.00`."""
    said = fee.model_dump(mode="json", exclude_defaults=True)
    return ", ".join(f"{_said(key)} {_phrases(value)}" for key, value in said.items())


def _phrases(value: object) -> str:
    return " and ".join(map(str, value)) if isinstance(value, list) else str(value)


def _flat(value: Any, path: Path = ()) -> dict[Path, Texts]:
    """The phrases of a tree by the keys that lead to them; what is not there has none."""
    match value:
        case dict():
            return {at: texts for key, each in value.items() for at, texts in _flat(each, (*path, str(key))).items()}
        case list() if any(isinstance(item, dict) for item in value):
            return {
                at: texts
                for number, each in enumerate(value, 1)
                for at, texts in _flat(each, (*path, str(number))).items()
            }
        case list():
            return {path: tuple(map(str, value))}
        case None:
            return {path: ()}
        case _:
            return {path: (str(value),)}


# The head -------------------------------------------------------------------------------------------------------------


def _heads(was: Mapping[Path, Texts], now: Mapping[Path, Texts]) -> Iterator[Change]:
    yield from _keys("", was, now, {})


def _keys(
    step: str, was: Mapping[Path, Texts], now: Mapping[Path, Texts], names: Mapping[str, str]
) -> Iterator[Change]:
    for path in dict.fromkeys((*was, *now)):
        before, after = was.get(path, ()), now.get(path, ())
        if before == after or tuple(_with_new_names(text, names) for text in before) == after:
            continue
        yield from _of_key(step, ".".join(path), before, after, names)


def _of_key(step: str, key: str, was: Texts, now: Texts, names: Mapping[str, str]) -> Iterator[Change]:
    """What changed under a key: a phrase for a phrase, else what went and what came, else only the order."""
    renewed = tuple(_with_new_names(text, names) for text in was)
    went = tuple(text for text, new in zip(was, renewed, strict=True) if not {text, new} & {*now})
    came = tuple(text for text in now if text not in renewed and text not in was)
    if not went and not came:
        yield Change(step, key, was, now, f"in another order: {', '.join(now)}")
    elif len(went) == len(came) == 1:
        yield Change(step, key, went, came, f"{went[0]} → {came[0]}")
    else:
        yield from (Change(step, key, (text,), (), f"{text} → removed") for text in went)
        yield from (Change(step, key, (), (text,), f"added {text}") for text in came)


def _with_new_names(text: str, names: Mapping[str, str]) -> str:
    """A phrase of the old file with the names that its steps have in the new one."""
    if not names:
        return text
    pattern = "|".join(map(re.escape, names))
    return re.sub(rf"(?<![\w-])(?:{pattern})(?![\w-])", lambda found: names[found[0]], text)


def _said(key: str) -> str:
    return key.replace("_", " ").replace(".", " ")


# The steps ------------------------------------------------------------------------------------------------------------


def _renamed(was: _Ladder, now: _Ladder) -> dict[str, str]:
    """Steps that only have a new name: in the same place, with the same actions."""
    names: dict[str, str] = {}
    went = [name for name in was.order if name not in now.steps]
    for name in (new for new in now.order if new not in was.steps):
        above = _above(name, now, frozenset(was.steps) | set(names.values()))
        for old in went:
            place = _above(old, was, frozenset(now.steps) | set(names))
            if old not in names and names.get(place, place) == above and was.actions(old) == now.actions(name):
                names[old] = name
                break
    return names


def _above(name: str, ladder: _Ladder, known: frozenset[str]) -> str:
    """The nearest step above one that both files have."""
    return next((step for step in reversed(ladder.before(name)) if step in known), "")


def _steps(was: _Ladder, now: _Ladder, names: Mapping[str, str]) -> Iterator[Change]:
    kept = {names.get(name, name): name for name in was.order if names.get(name, name) in now.steps}
    for name in was.order:
        if names.get(name, name) not in now.steps:
            yield Change(name, "step", (name,), (), f"removed ({_gist(was, name)})")
    moved = _moved([new for new in now.order if new in kept], [names.get(name, name) for name in was.order])
    for name in now.order:
        old = kept.get(name)
        if old is None:
            yield Change(name, "step", (), (name,), f"added {_where(now, name)} ({_gist(now, name)})")
            continue
        if old != name:
            yield Change(name, "step", (old,), (name,), f"renamed from {old}")
        if name in moved:
            yield Change(name, "step", (old,), (name,), f"moved, now {_where(now, name)}, was {_where(was, old)}")
        yield from _step(name, was.steps[old], now.steps[name], names)


def _step(
    name: str, was: Mapping[Path, Texts], now: Mapping[Path, Texts], names: Mapping[str, str]
) -> Iterator[Change]:
    """The keys of a step; the order of its actions is told where nothing else about them is."""
    told = list(_keys(name, _without_order(was), _without_order(now), names))
    yield from told
    before, after = was[ORDER,], now[ORDER,]
    if before != after and sorted(before) == sorted(after) and not any(c.key in ("send", "call") for c in told):
        yield Change(name, ORDER, before, after, f"of actions: {', '.join(before)} → {', '.join(after)}")


def _without_order(step: Mapping[Path, Texts]) -> dict[Path, Texts]:
    return {path: texts for path, texts in step.items() if path != (ORDER,)}


def _gist(ladder: _Ladder, name: str) -> str:
    """When a step is due and what it does."""
    return ", ".join((*ladder.steps[name]["when",], *ladder.actions(name)))


def _where(ladder: _Ladder, name: str) -> str:
    above = ladder.before(name)
    return f"after {above[-1]}" if above else "as the first step"


def _moved(now: Sequence[str], was: Sequence[str]) -> frozenset[str]:
    """The fewest steps that have to move to come from one order to the other."""
    places = [was.index(name) for name in now]
    tails: list[int] = []
    chain: list[list[int]] = []
    for place in places:
        at = bisect_left(tails, place)
        longer = [*(chain[at - 1] if at else ()), place]
        tails[at : at + 1], chain[at : at + 1] = [place], [longer]
    staying = set(chain[-1]) if chain else set()
    return frozenset(name for name, place in zip(now, places, strict=True) if place not in staying)


# For reports ----------------------------------------------------------------------------------------------------------


def as_markdown(title: str, changes: Sequence[Change]) -> str:
    """The changes as a list under a heading, for a review or a pull request."""
    told = (str(change).partition(" ")[::2] if change.step else str(change).partition(": ")[::2] for change in changes)
    lines = [f"- **{head.removesuffix(':')}** {rest}" for head, rest in told]
    return "\n".join([f"## {title}", "", *(lines or ["Nothing differs."])]) + "\n"
