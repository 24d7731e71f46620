"""Rules of law as text for stores, so that they can be asked again when the rulebooks have changed."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from dunning_engine.compliance.rulebook import Rule, Rulebook
from dunning_engine.kernel.errors import ForeignError
from dunning_engine.kernel.ids import canonical_json
from dunning_engine.ports.shapes import Coder, coder

if TYPE_CHECKING:
    from collections.abc import Mapping

FORM: Final = 1
"""Raised whenever rules of before would be read otherwise."""


def law_text(books: Iterable[Rulebook]) -> str:
    """Rulebooks as canonical JSON. The calendars that they name are not part of it: holidays are facts, not rules."""
    return canonical_json({"form": FORM, "books": [_book_out(book) for book in books]})


def law_of(text: str) -> tuple[Rulebook, ...]:
    """The rulebooks of a text, without calendars."""
    told = json.loads(text)
    if told["form"] != FORM:
        raise ForeignError("the law of a policy was kept by a newer version of dunning_engine: update it")
    try:
        return tuple(map(_book_in, told["books"]))
    except (KeyError, TypeError, ValueError) as error:
        raise ForeignError(f"the law that was kept for a policy is damaged: {error!r}") from error


def stricter(pinned: Iterable[Rulebook], current: Sequence[Rulebook], when: str) -> tuple[Rulebook, ...]:
    """What pinned rulebooks ask besides the current ones: rules that have changed or are gone, said as of `when`.

    Asked beside the current ones, the stricter of both decides. Holidays are those that are known today.
    """
    now = {book.name: book for book in current}
    rules = {rule.id: rule for book in current for rule in book.rules}
    calendars = {name: days for book in current for name, days in book.calendars.items()}
    found = []
    for book in pinned:
        other = tuple(replace(rule, says=f"{rule.says} ({when})") for rule in book.rules if rules.get(rule.id) != rule)
        place_needed = book.place_needed and not (book.name in now and now[book.name].place_needed)
        if other or place_needed:
            found.append(replace(book, rules=other, place_needed=place_needed, calendars=calendars))
    return tuple(found)


@cache
def _rule() -> Coder:
    return coder(Rule, keyed=True)


def _book_out(book: Rulebook) -> dict[str, Any]:
    out: Any = _rule().encode
    return {
        "name": book.name,
        "title": book.title,
        "state_of": book.state_of,
        "place": book.place,
        "includes": list(book.includes),
        "place_needed": book.place_needed,
        "rules": [out(rule) for rule in book.rules],
    }


def _book_in(told: Mapping[str, Any]) -> Rulebook:
    read: Any = _rule().decode
    return Rulebook(
        name=told["name"],
        title=told["title"],
        state_of=told["state_of"],
        place=told["place"],
        includes=tuple(told["includes"]),
        place_needed=told["place_needed"],
        rules=tuple(map(read, told["rules"])),
    )
