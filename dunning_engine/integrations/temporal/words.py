"""The words of commands: what may be asked of a debtor's workflow, as what the engine does."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from dunning_engine.domain.parties import Party
from dunning_engine.domain.receivables import Invoice
from dunning_engine.kernel.errors import UsageError
from dunning_engine.ports.codec import decode_event, from_json

if TYPE_CHECKING:
    from dunning_engine.engine.engine import DunningEngine


def said_by(engine: DunningEngine, word: str, given: dict[str, Any]) -> dict[str, Any]:
    """Do what a word asks for."""
    found = WORDS.get(word)
    if found is None:
        raise UsageError(f"nobody knows the command {word!r}; there are {', '.join(sorted(WORDS))}")
    return found(engine, given)


def _open(engine: DunningEngine, given: dict[str, Any]) -> dict[str, Any]:
    opening = engine.open_cases(
        from_json(Party, given["debtor"]),
        [from_json(Invoice, one) for one in given["owed"]],
        given.get("policy"),
        facts=given.get("facts", {}),
        case_id=given.get("case_id"),
        at=given.get("at"),
    )
    return {
        "cases": [case.id for case in opening.cases],
        "added": list(opening.added),
        "refused": [[refused.invoice.number, refused.why] for refused in opening.refused],
    }


def _record(engine: DunningEngine, given: dict[str, Any]) -> dict[str, Any]:
    kind, version, body = given["fact"]
    fact: Any = decode_event(kind, version, body)
    source, event_id = given.get("source", ""), given.get("event_id", "")
    return {"taken": engine.record(given["case_id"], fact, given.get("at"), source=source, event_id=event_id)}


def _together(engine: DunningEngine, given: dict[str, Any]) -> dict[str, Any]:
    """Several commands as one: all of them are followed, or none."""
    return {"said": [said_by(engine, one["word"], one["given"]) for one in given["commands"]]}


def _by_method(name: str, *arguments: str, optional: tuple[str, ...] = ()) -> Callable[..., dict[str, Any]]:
    """A word that is a method of the engine, with its arguments by name."""

    def word(engine: DunningEngine, given: dict[str, Any]) -> dict[str, Any]:
        missing, more = [one for one in arguments if one not in given], sorted({*given} - {*arguments, *optional})
        if missing or more:
            takes = ", ".join([*arguments, *(f"{one} (or not)" for one in optional)])
            wrong = f"without {', '.join(missing)}" if missing else f"with {', '.join(more)}"
            raise UsageError(f"{name} cannot be followed {wrong}: it takes {takes}")
        getattr(engine, name)(**given)
        return {}

    return word


_BY_HAND: Final = ("case_id", "step", "by", "reason")
_PAUSED: Final = ("case_id", "debtor", "policy", "everything")

WORDS: Final[Mapping[str, Callable[[DunningEngine, dict[str, Any]], dict[str, Any]]]] = MappingProxyType({
    "together": _together,
    "open": _open,
    "record": _record,
    "approve": _by_method("approve", "case_id", "action_id", "by", "role"),
    "refuse": _by_method("refuse", "case_id", "action_id", "by", "role", optional=("note",)),
    "override": _by_method("override", "case_id", "action", "rules", "by", "reason"),
    "skip": _by_method("skip", *_BY_HAND),
    "rewind": _by_method("rewind", *_BY_HAND),
    "force": _by_method("force", *_BY_HAND),
    "cancel_notice": _by_method("cancel_notice", "case_id", "what", "by", "reason"),
    "pause": _by_method("pause", "by", "reason", optional=_PAUSED),
    "resume": _by_method("resume", "by", "reason", optional=_PAUSED),
    "requeue": _by_method("requeue", "action_id", optional=("by", "note")),
    "resolve": _by_method("resolve", "action_id", "left", "by", optional=("note",)),
    "erase": _by_method("erase", "debtor_id", "by", "reason", optional=("years",)),
    "trust_clock": _by_method("trust_clock", "by"),
})  # fmt: skip
"""What may be asked of a debtor's workflow: `together`, or what the method of this name does with a `DunningEngine`."""
