"""Where the parts of a document stand in its text."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, replace

from dunning_engine.kernel.diagnostics import Place
from dunning_engine.kernel.yamltext import Mapping, Node, Scalar, Sequence

Key = str | int
Path = tuple[Key, ...]

_NUMBERED = (("steps",), ("routes",))
"""Lists whose items keep their numbers when one of them is taken away."""


@dataclass(frozen=True, slots=True)
class Source:
    """A tree with positions, asked by paths of keys and item numbers.

    Where one phrase stands for a list of one, or for a group of keys, the steps of a path that only the full spelling
    has lead nowhere and are passed over.
    """

    root: Mapping

    def node(self, path: Path) -> Node | None:
        return self._walk(path)[-1][1]

    def actual(self, path: Path) -> Path:
        """The path without the steps that the spelling in this file does not have."""
        return tuple(key for key, node in self._walk(path)[1:] if key is not None)

    def place(self, path: Path) -> Place:
        """A value; where nothing is written, its key."""
        node = self.node(path)
        if node is None or is_empty(node):
            return self.key(path)
        return node.place

    def key(self, path: Path) -> Place:
        """The key of a value; for an item of a list the item, for a key that is missing the group that lacks it."""
        actual = self.actual(path)
        parent = self.node(actual[:-1])
        if isinstance(parent, Mapping):
            keys = (name.place for name, _ in parent.entries if actual and name.text == actual[-1])
            return next(keys, parent.place)
        return (self.node(actual) or self.root).place

    def stretch(self, path: Path, start: int, end: int) -> Place:
        """Some characters of a value, or all of it where the file spells it with line breaks or escapes."""
        node = self.node(path)
        if not isinstance(node, Scalar) or is_empty(node):
            return self.place(path)
        if start > len(node.text):
            return self.key(path)
        margin = int(node.quoted)
        place = node.place
        if place.end_column - place.column != len(node.text) + 2 * margin:
            return place
        first = place.column + margin + start
        return replace(place, column=first, end_column=max(first + 1, first + min(end, len(node.text)) - start))

    def word(self, path: Path, word: str) -> Place:
        """A word of a value: the last one, where it is there more than once."""
        node = self.node(path)
        text = node.text if isinstance(node, Scalar) else ""
        spans = [match.span() for match in re.finditer(rf"(?<![\w-]){re.escape(word)}(?![\w-])", text)]
        return self.stretch(path, *spans[-1]) if spans else self.place(path)

    def without(self, paths: Collection[Path]) -> Source:
        """The same tree without some values; a step or route is emptied, so that the others keep their numbers."""
        root = _pruned(self.root, frozenset(paths), ())
        return Source(root if isinstance(root, Mapping) else self.root)

    def _walk(self, path: Path) -> list[tuple[Key | None, Node | None]]:
        """The nodes along a path, each with its key in this file; None for steps that lead nowhere."""
        node: Node | None = self.root
        walked: list[tuple[Key | None, Node | None]] = [(None, node)]
        for step in path:
            match node, step:
                case Mapping(), str():
                    node = node.get(step)
                    walked.append((step, node))
                case Mapping(), int():
                    name, node = node.entries[step]
                    walked.append((name.text, node))
                case Sequence(), int():
                    node = node.items[step]
                    walked.append((step, node))
                case _:
                    walked.append((None, node))
        return walked


def is_empty(node: Node) -> bool:
    """Whether nothing was written after a key or dash."""
    return isinstance(node, Scalar) and not node.text and not node.quoted


def _pruned(node: Node, away: frozenset[Path], at: Path) -> Node:
    match node:
        case Mapping():
            kept = ((name, value) for name, value in node.entries if (*at, name.text) not in away)
            return replace(node, entries=tuple((name, _pruned(value, away, (*at, name.text))) for name, value in kept))
        case Sequence() if at in _NUMBERED:
            items = (Mapping((), item.place) if (*at, n) in away else item for n, item in enumerate(node.items))
            return replace(node, items=tuple(_pruned(item, away, (*at, n)) for n, item in enumerate(items)))
        case Sequence():
            kept_items = [(n, item) for n, item in enumerate(node.items) if (*at, n) not in away]
            return replace(node, items=tuple(_pruned(item, away, (*at, n)) for n, item in kept_items))
        case _:
            return node
