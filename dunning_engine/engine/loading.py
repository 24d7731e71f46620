"""What the engine reads from files: policies, and the rulebooks that ship with the package."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Final

from dunning_engine.compliance.rulebook import Rule, Rulebook, rulebook_of
from dunning_engine.domain.limits import ContactLimit, Hours
from dunning_engine.domain.parties import OFFERED, Channel
from dunning_engine.engine.money_shelf import ShippedStatutes, pack_names
from dunning_engine.kernel.diagnostics import Diagnostic, Place, Severity
from dunning_engine.kernel.errors import PolicyInvalid, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from importlib.resources.abc import Traversable

    from dunning_engine.kernel.calendar import BusinessCalendar
    from dunning_engine.policy.law import BookLaw, Bound
    from dunning_engine.policy.model import Policy
    from dunning_engine.ports.sources import CalendarSource

SOURCE: Final = "source"
"""Key of a policy's memo: the text that it was compiled from, which the store keeps for cases that outlive the file."""

FOLDER: Final = "folder"
"""Key of a policy's memo: where its file lies, beside its templates."""

POLICY_MAX: Final = 1_000_000
"""Bytes of a policy file; a longer one is no policy."""


def load_policy(path: str | Path, *, calendars: CalendarSource | None = None) -> Policy:
    """The policy of a file. Raises `PolicyInvalid` with everything that is wrong with it."""
    file = Path(path)
    policy = policy_of(_text(file), str(path), calendars=calendars)
    policy.memo[FOLDER] = file.resolve().parent
    return policy


def policy_of(text: str, file: str, *, calendars: CalendarSource | None = None) -> Policy:
    """The policy that a text says; `file` only names it in findings."""
    from dunning_engine.policy.compiler import compile_policy

    compiled = compile_policy(
        text,
        file=file,
        calendars=calendars or default_calendars(),
        rulebooks=rulebook_names(),
        limits=rulebook_limits(),
        statutes=ShippedStatutes(),
    )
    if compiled.policy is None:
        raise PolicyInvalid(tuple(d for d in compiled.diagnostics if d.severity is Severity.ERROR))
    compiled.policy.memo[SOURCE] = text
    return compiled.policy


def _text(file: Path) -> str:
    try:
        with file.open("rb") as data:
            content = data.read(POLICY_MAX + 1)
        if len(content) > POLICY_MAX:
            raise PolicyInvalid((_unreadable(file, f"it is larger than {POLICY_MAX:,} bytes"),))
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise PolicyInvalid((_unreadable(file, f"it is not UTF-8 text (byte {error.start})"),)) from error
    except OSError as error:
        raise PolicyInvalid((_unreadable(file, error.strerror or str(error)),)) from error


def _unreadable(file: Path, why: str) -> Diagnostic:
    return Diagnostic("DUN101", f"this policy cannot be read: {why}", Place(str(file), 1, 1, 1))


def default_calendars() -> CalendarSource:
    """Working days of countries and markets, from the `holidays` package."""
    from dunning_engine.whereabouts.holidays import Holidays

    return Holidays()


@lru_cache(maxsize=1)
def rulebook_names() -> tuple[str, ...]:
    """The rulebooks that ship: `us/reg-f` and so on."""
    return tuple(sorted(_names(_shelf(), "")))


def _names(folder: Traversable, prefix: str) -> Iterable[str]:
    for entry in folder.iterdir():
        if entry.is_dir():
            yield from _names(entry, f"{prefix}{entry.name}/")
        elif entry.name.endswith(".json"):
            yield prefix + entry.name.removesuffix(".json")


def load_rulebooks(names: Iterable[str] | None = None) -> tuple[Rulebook, ...]:
    """Rulebooks that ship, all of them unless some are named; each followed by those that it includes."""
    found: dict[str, Rulebook] = {}
    for name in rulebook_names() if names is None else names:
        book = _rulebook(name)
        found.update({each: _rulebook(each) for each in (name, *book.includes)})
    return tuple(found.values())


class _BookLaws(Mapping[str, "BookLaw"]):
    """What each rulebook means to a policy, read when somebody asks for it: a policy names few of them."""

    def __getitem__(self, name: str) -> BookLaw:
        if name not in rulebook_names():
            return _no_book(name)
        return _book_law(name)

    def __iter__(self) -> Iterator[str]:
        return iter((*rulebook_names(), *pack_names()))

    def __len__(self) -> int:
        return len(rulebook_names()) + len(pack_names())


def _no_book(name: str) -> BookLaw:
    """What a name that is no rulebook's may be instead; raises `KeyError` where it is nothing."""
    from dunning_engine.policy.law import BookLaw

    if name not in pack_names():
        raise KeyError(name)
    return BookLaw(money=True)


def rulebook_limits() -> Mapping[str, BookLaw]:
    """Whom each rulebook and those that it includes bind; and its limits, where they bind every channel they are about.

    The law of a place binds some debtors only, so its limits never forestall those of a policy. Packs of statutory money
    are told apart, so that a policy that names one can be told.
    """
    return _BookLaws()


@lru_cache(maxsize=256)
def _book_law(name: str) -> BookLaw:
    from dunning_engine.policy.law import BookLaw

    rules = [(rule, book) for book in load_rulebooks([name]) for rule in book.rules]
    return BookLaw(
        binds=tuple(dict.fromkeys(_bound(rule, book.place) for rule, book in rules)),
        limits=tuple(
            (_bound(rule, book.place), rule.values[-1].limit)
            for rule, book in rules
            if not book.place and _binds_fully(rule)
        ),
    )


def _bound(rule: Rule, place: str) -> Bound:
    from dunning_engine.policy.law import Bound

    return Bound(rule.binds.collectors, rule.binds.debtors, rule.binds.regulators, place)


def _binds_fully(rule: Rule) -> bool:
    about: frozenset[Channel]
    match rule.values[-1].limit:
        case Hours():
            # what a portal shows is read when the debtor opens it: hours need not bind it
            about = frozenset(c for c in OFFERED if c.reaches_at_once and c is not Channel.PORTAL)
        case ContactLimit(channels=channels):
            about = channels or frozenset(OFFERED)
        case _:
            about = frozenset(OFFERED)
    return not (rule.when or rule.offstage) and (not rule.binds.channels or about <= rule.binds.channels)


@lru_cache(maxsize=256)
def _rulebook(name: str) -> Rulebook:
    if name not in rulebook_names():
        raise UsageError(f"no rulebook is called {name}; there are {', '.join(rulebook_names())}")
    book = rulebook_of(json.loads(_shelf().joinpath(f"{name}.json").read_text("utf-8")))
    return replace(book, calendars={name: _holidays(name) for name in sorted(book.holidays)}) if book.holidays else book


@lru_cache(maxsize=64)
def _holidays(name: str) -> BusinessCalendar:
    found = default_calendars().calendar(name)
    if found is None:
        raise UsageError(f"a rulebook names the holidays of {name}, which no calendar has")
    return found


def _shelf() -> Traversable:
    return resources.files("dunning_engine.compliance").joinpath("rulebooks")
