"""How law cases are written down: the forms of values, groups of keys, closed lists of words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Final


class Form(Enum):
    """How a value is written; the text says so in findings."""

    TEXT = "a text"
    WORD = "one of a few words"
    FLAG = "true or false"
    COUNT = "a whole number"
    NUMBER = "a number"
    INSTANT = "an instant such as 2026-06-10T12:00:00-04:00"
    MOMENT = "a date such as 2026-06-10, or an instant such as 2026-06-10T12:00:00-04:00"
    CLOCK = "a time of day such as 08:30"
    ZONE = "a time zone such as America/New_York"
    PLACE = "a country, state or city such as GB, US-MA or US-NY-NYC"
    GROUP = "keys with values"
    LIST = "a list"
    NAMES = "names with texts"


@dataclass(frozen=True, slots=True)
class Field:
    """One key: `words` of a word, `fields` of a group, `item` of a list, which `alone` may stand without the list."""

    form: Form
    words: tuple[str, ...] = ()
    fields: Mapping[str, Field] = field(default_factory=dict)
    item: Field | None = None
    alone: bool = False
    needed: bool = False


def word(*words: str) -> Field:
    """One of a closed list of words."""
    return Field(Form.WORD, words)


def group(**fields: Field) -> Field:
    """A group; keys that are Python's own words end in an underscore."""
    return Field(Form.GROUP, fields={key.rstrip("_"): one for key, one in fields.items()})


def listed(item: Field, *, alone: bool = False) -> Field:
    """A list of values of one kind."""
    return Field(Form.LIST, item=item, alone=alone)


def needed(one: Field) -> Field:
    """A key that has to be there."""
    return replace(one, needed=True)


TEXT: Final = Field(Form.TEXT)
FLAG: Final = Field(Form.FLAG)
COUNT: Final = Field(Form.COUNT)
NUMBER: Final = Field(Form.NUMBER)
MOMENT: Final = Field(Form.MOMENT)
CLOCK: Final = Field(Form.CLOCK)
TEXTS: Final = listed(TEXT)
NAMES: Final = Field(Form.NAMES)

COMMENTARY: Final[Mapping[str, Field]] = {
    "title": TEXT,
    "citation": TEXT,
    "basis": word("derived", "official-example"),
    "confidence": word("high", "medium", "low"),
    "note": TEXT,
}
"""What every case may say about itself."""
