"""Actions as boxes on a screen, for a first look and for development."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, TextIO

from dunning_engine.adapters.letters import enclosures
from dunning_engine.adapters.recipients import check_handled, no_way, recipient
from dunning_engine.adapters.texts import one_line, wrapped
from dunning_engine.domain.parties import OFFERED, Channel
from dunning_engine.domain.verbs import WAYS_BESIDES
from dunning_engine.kernel.calendar import moment
from dunning_engine.ports.adapter import Bounced, Capability, Outcome, Retry, Sent, Uncertain

if TYPE_CHECKING:
    from dunning_engine.ports.adapter import Message

WIDTH = 88


class Console:
    """Prints every action to a stream, standard output unless told otherwise. It has no memory: twice is printed twice."""

    __slots__ = ("stream",)

    def __init__(self, stream: TextIO | None = None) -> None:
        self.stream = stream

    def __repr__(self) -> str:
        return "Console()" if self.stream is None else f"Console({type(self.stream).__name__})"

    @property
    def name(self) -> str:
        return "console"

    @property
    def handles(self) -> frozenset[Channel | str]:
        return frozenset({*OFFERED, *WAYS_BESIDES})

    @property
    def capability(self) -> Capability:
        return Capability.NONE

    def deliver(self, message: Message, *, seconds: float) -> Outcome:  # noqa: ARG002 - a screen has no time limit
        check_handled(self, message)
        if why := no_way(message):
            return Bounced(why)
        stream = sys.stdout if self.stream is None else self.stream
        if stream.closed:
            return Retry(60, "the console is closed")
        encoding = stream.encoding or "utf-8"
        text = box(message).encode(encoding, "replace").decode(encoding)
        try:
            stream.write(text)
            stream.flush()
        except OSError as trouble:
            return Uncertain(f"the console is gone: {trouble}")
        return Sent(reference=f"console {message.action_id}")


def box(message: Message) -> str:
    """The action with its way and receiver, its text and its identity; open at the right, where widths are uncertain."""
    action = message.action
    when = moment(message.at, (message.sender and message.sender.zone) or "UTC")
    head = one_line(f"{when:%Y-%m-%d %H:%M %Z} · {action.spec.words} → {recipient(message)}")
    foot = one_line(f"case {action.case_id} · step {action.step} · action {message.action_id}")
    subject = f"Subject: {one_line(message.subject)}\n\n" if message.subject else ""
    along = f"\n\n{enclosures(message)}" if message.attachments else ""
    text = wrapped(subject + message.text.strip("\n") + along, WIDTH - 2)
    lines = [f"╭─ {head}", "│", *(f"│ {line}".rstrip() for line in text), "│", f"╰─ {foot}"]
    return "\n".join(lines) + "\n\n"
