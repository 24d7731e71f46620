"""What a law case tells: its facts as they were written, with nothing added."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final, TypeAlias, cast

from dunning_engine.kernel.calendar import Instant, Minute
from dunning_engine.kernel.diagnostics import Diagnostic, Place

Moment: TypeAlias = date | Instant
"""A day, which begins at midnight where the debtor is, or an instant."""


@dataclass(frozen=True, slots=True)
class Facts:
    """A group of a case. A value of `None` is known not to be; one that is not there was not told."""

    values: Mapping[str, object] = field(default_factory=dict)

    def __contains__(self, key: str) -> bool:
        return key in self.values

    def has(self, key: str) -> bool:
        """Whether there is a value."""
        return self.values.get(key) is not None

    def text(self, key: str) -> str | None:
        return cast("str | None", self.values.get(key))

    def flag(self, key: str, otherwise: bool) -> bool:
        """A flag; `otherwise` where it was not told."""
        return bool(self.values.get(key, otherwise))

    def count(self, key: str) -> int:
        return cast("int", self.values.get(key) or 0)

    def minute(self, key: str, otherwise: Minute) -> Minute:
        found = self.values.get(key)
        return otherwise if found is None else cast("Minute", found)

    def moment(self, key: str) -> Moment | None:
        return cast("Moment | None", self.values.get(key))

    def texts(self, key: str) -> tuple[str, ...]:
        return cast("tuple[str, ...]", self.values.get(key) or ())

    def group(self, key: str) -> Facts:
        return cast("Facts", self.values.get(key) or NOTHING)

    def groups(self, key: str) -> tuple[Facts, ...]:
        return cast("tuple[Facts, ...]", self.values.get(key) or ())


NOTHING: Final = Facts()


@dataclass(frozen=True, slots=True)
class ContactCase:
    """May this contact be made?"""

    facts: Facts
    place: Place

    @property
    def id(self) -> str:
        return self.facts.text("id") or ""

    @property
    def title(self) -> str:
        return self.facts.text("title") or ""

    @property
    def expected(self) -> str:
        """The verdict; where readings differ, that of a gate which never breaches."""
        return self.facts.text("strict_expected") or self.facts.text("expected") or ""

    @property
    def code(self) -> str:
        """The code that has to be among the reasons of a denial; those that begin with `OK_` only comment."""
        reason = self.facts.text("reason") or ""
        return "" if self.expected == "allowed" or reason.startswith("OK_") else reason


@dataclass(frozen=True, slots=True)
class ComputationCase:
    """What does this law compute? Values are texts, as they stand in the file."""

    values: Mapping[str, object]
    place: Place

    @property
    def id(self) -> str:
        return str(self.values["id"])

    @property
    def title(self) -> str:
        return self.text("title")

    def text(self, key: str) -> str:
        return str(self.values.get(key) or "")

    def group(self, key: str) -> Mapping[str, object]:
        return cast("Mapping[str, object]", self.values.get(key) or {})


@dataclass(frozen=True, slots=True)
class LawFile:
    """The cases of a file, or everything that is wrong with it."""

    contacts: tuple[ContactCase, ...] = ()
    computations: tuple[ComputationCase, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()
