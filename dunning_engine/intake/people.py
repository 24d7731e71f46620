"""People in one cell of a table: `manager: Eva Sand <eva@example.com> +4930123456; owner: …`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from dunning_engine.domain.parties import ContactPerson

_PERSON: Final = re.compile(
    r"(?P<role>[a-z][a-z0-9-]*):\s*(?P<name>[^<>+;]*?)\s*(?:<(?P<email>[^\s@,;<>]+@[^\s@,;<>]+)>)?\s*(?P<phone>\+[1-9][0-9 ]{6,20})?"
    r"\s*(?:in (?P<zone>[A-Za-z0-9_+-]+(?:/[A-Za-z0-9_+-]+)*))?"
)


def people_of(text: str) -> tuple[ContactPerson, ...]:
    """The people in a cell, separated by `;`: role, name, e-mail address in brackets, phone, `in` a time zone."""
    return tuple(_people(text))


def person_of(text: str) -> ContactPerson:
    """The one person in a cell."""
    found = people_of(text)
    if len(found) != 1:
        raise ValueError(f"{text!r} is not one person")
    return found[0]


def _people(text: str) -> Iterator[ContactPerson]:
    for part in filter(None, (part.strip() for part in text.split(";"))):
        match = _PERSON.fullmatch(part)
        if match is None or not (match["name"] or match["email"] or match["phone"]):
            raise ValueError(f"{part!r} is no person such as manager: Eva Sand <eva@example.com> +4930123456")
        phone = match["phone"]
        yield ContactPerson(
            role=match["role"],
            name=match["name"] or None,
            email=match["email"],
            phone=phone.replace(" ", "") if phone else None,
            zone=match["zone"],
        )


def accounts_of(text: str) -> tuple[str, ...]:
    """Names of accounts, separated by `;`."""
    return tuple(part.strip() for part in text.split(";") if part.strip())
