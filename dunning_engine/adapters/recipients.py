"""Whom an action goes to, and whether there is a way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dunning_engine.adapters.letters import address_block
from dunning_engine.adapters.texts import one_line
from dunning_engine.domain.parties import Channel
from dunning_engine.kernel.errors import UsageError

if TYPE_CHECKING:
    from dunning_engine.ports.adapter import Adapter, Message


def check_handled(adapter: Adapter, message: Message) -> None:
    """Refuse an action of a channel that an adapter does not serve: the host's mistake, not the debtor's."""
    if (message.action.spec.channel or message.action.spec.way) not in adapter.handles:
        raise UsageError(f"{adapter.name} does not serve {message.action.spec.words}")


def no_way(message: Message) -> str | None:
    """Why the debtor cannot be reached by the action's channel, as far as one can see without trying."""
    channel = message.action.spec.channel
    if channel is None or message.receiver.reachable(channel):
        return None
    match channel:
        case Channel.EMAIL:
            return "no e-mail address is known"
        case Channel.LETTER | Channel.VISIT:
            return "no postal address is known"
        case Channel.PUSH:
            return "no device is known on which the app may show messages"
        case Channel.SOCIAL:
            return "no account on a social network is known"
        case _:
            return "no phone number is known"


def recipient(message: Message) -> str:
    """Whom an action goes to, and by which address."""
    debtor = message.receiver
    name = one_line(debtor.name or debtor.id)
    match message.action.spec.channel:
        case Channel.EMAIL:
            return f"{name} <{one_line(debtor.email or '')}>"
        case Channel.SMS | Channel.CALL:
            return f"{name} ({one_line(debtor.phone or '')})"
        case Channel.SOCIAL:
            return f"{name} ({one_line(debtor.social or '')})"
        case Channel.PUSH:
            return f"{name} (on {one_line(debtor.push or '')})"
        case Channel.PORTAL:
            return f"{name} (in the portal)"
        case Channel.LETTER | Channel.VISIT:
            return ", ".join(address_block(debtor))
        case None:
            return f"{message.action.spec.name} (about {name})"
