"""Business days where every day is one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from dunning_engine.kernel.yamltext import Mapping, Scalar
from dunning_engine.policy.reading import warning

if TYPE_CHECKING:
    from dunning_engine.kernel.diagnostics import Diagnostic
    from dunning_engine.kernel.yamltext import Node
    from dunning_engine.policy.reading import Reading
    from dunning_engine.policy.source import Path

FREE_TEXTS: Final = frozenset({"title", "basis", "do"})
"""Keys of values that may speak of business days without counting any."""

COUNTED: Final = re.compile(r"\b[0-9]+\s+business\s+days?\b")


def no_business_days(reading: Reading) -> Iterator[Diagnostic]:
    """The first span of business days in a policy that has no calendar for them."""
    if reading.draft.time.business_days != "none":
        return
    for path, text in _texts(reading.source.root, ()):
        if found := COUNTED.search(text):
            why = "no business days are named" if reading.lacks("time", "business_days") else "business_days is none"
            message = f"{why}, so every day counts as one: write time: {{business_days: US}}, or your own country"
            yield warning("DUN415", message, reading.source.stretch(path, *found.span()))
            return


def _texts(node: Node, path: Path) -> Iterator[tuple[Path, str]]:
    """Every value with its path, in the order of the file."""
    match node:
        case Scalar():
            yield path, node.text
        case Mapping():
            for name, value in node.entries:
                if name.text not in FREE_TEXTS:
                    yield from _texts(value, (*path, name.text))
        case _:
            for number, item in enumerate(node.items):
                yield from _texts(item, (*path, number))
