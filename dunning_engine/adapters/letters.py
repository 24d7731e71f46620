"""A rendered letter as a page of plain text."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from dunning_engine.adapters.texts import one_line, wrapped
from dunning_engine.kernel.calendar import moment

if TYPE_CHECKING:
    from dunning_engine.domain.parties import Party
    from dunning_engine.ports.adapter import Message

WIDTH = 78
ADDRESS_COLUMN = 4

ENCLOSED: Final[Mapping[str, str]] = MappingProxyType({
    "en": "Enclosed",
    "de": "Anlagen",
    "fr": "Pièces jointes",
    "es": "Anexos",
})  # fmt: skip


def page(message: Message) -> str:
    """Letterhead, address block, subject, text and a footer with day and action.

    The day in words is the template's to state, in the language of the letter.
    """
    sender = message.sender
    kind = "Certified mail, with proof of receipt" if message.action.spec.certified else ""
    parts = [
        _at_right(address_block(sender)) if sender else [],
        [kind] if kind else [],
        [" " * ADDRESS_COLUMN + line for line in address_block(message.debtor)],
        _underlined(message.subject) if message.subject else [],
        wrapped(message.text.strip("\n"), WIDTH),
        wrapped(enclosures(message), WIDTH) if message.attachments else [],
        [_footer(message)],
    ]
    return "\n\n".join("\n".join(part) for part in parts if part) + "\n"


def address_block(party: Party) -> list[str]:
    """Name and postal address, one line each; the country last, as the post office of the sender wants it."""
    lines = [party.name or party.id, *party.address]
    written = " ".join(party.address)
    if party.postal_code is not None and party.postal_code not in written:
        lines.append(party.postal_code)
    return [shown for line in lines if (shown := one_line(line))]


def enclosures(message: Message) -> str:
    """What goes along, as a letter ends."""
    word = ENCLOSED.get(message.language.partition("-")[0].lower(), ENCLOSED["en"])
    return f"{word}: {', '.join(one_line(document.name) for document in message.attachments)}"


def _at_right(lines: list[str]) -> list[str]:
    indent = " " * (WIDTH - max(len(line) for line in lines))
    return [indent + line for line in lines]


def _underlined(subject: str) -> list[str]:
    lines = wrapped(one_line(subject), WIDTH)
    return [*lines, "=" * max(len(line) for line in lines)]


def _footer(message: Message) -> str:
    action = message.action
    day = f"{moment(message.at, (message.sender and message.sender.zone) or 'UTC'):%Y-%m-%d}"
    origin = f"{day} · case {one_line(action.case_id)} · step {action.step}"
    return "\n".join(["-" * WIDTH, *wrapped(origin, WIDTH), f"action {message.action_id}"])
