"""What an arming leaves behind for whoever judges it later: hashes of what was about to go out, and of what the gate was asked with.

They stand in the event `DeliveryArmed` and so in the chain of the case. The first is over a message with random bits of
its own, the `seal`: without the message, which erasure deletes, nobody can try out from the hash what was said to whom.
`audit_log_verify.py` computes it without this package.
"""

from __future__ import annotations

import json
from hashlib import sha256
from secrets import token_hex
from typing import TYPE_CHECKING, Final

from dunning_engine.kernel.ids import canonical_json

if TYPE_CHECKING:
    from dunning_engine.domain.case import Case
    from dunning_engine.domain.parties import Party
    from dunning_engine.kernel.calendar import Instant
    from dunning_engine.ports.adapter import Message

SEAL_BYTES: Final = 16


def new_seal() -> str:
    """As many random bits as nobody can try out, in hex."""
    return token_hex(SEAL_BYTES)


def payload_hash(message: Message) -> str:
    """What leaves the house, as one hash: key, receiver with every address, subject, text and attachments."""
    along = [[one.name, one.media_type, sha256(one.data).hexdigest()] for one in message.attachments]
    return _hash([message.seal, message.key, _receiver(message.receiver), message.subject, message.text, along])


def _receiver(party: Party) -> list[object]:
    return [
        party.name, party.language, party.email, party.phone, party.social, party.push,
        party.address, party.postal_code, party.region, party.country,
    ]  # fmt: skip


def gate_inputs_hash(case: Case, policy_hash: str, law: str, action_id: str, now: Instant) -> str:
    """What the gate was asked with, as one hash; of the case the number of its last event says all that its chain holds.

    `law` is the hash of the rulebooks that were asked. Beside the chain stand the debtor's contacts, those of other cases
    among them, without what became of them later, and the standing orders in force.
    """
    contacts = [[c.at, c.channel.value, int(c.inbound), c.action_id] for c in case.contacts]
    orders = [[order.scope.value, order.name, order.since] for order in case.orders]
    return _hash([policy_hash, law, now, case.seq, action_id, contacts, orders])


def _hash(told: list[object]) -> str:
    text = _plain(told)
    return sha256((text if text.isascii() else canonical_json(told)).encode()).hexdigest()


_plain = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), check_circular=False).encode
"""As `canonical_json` writes lists of texts in ASCII, in a quarter of its time."""
