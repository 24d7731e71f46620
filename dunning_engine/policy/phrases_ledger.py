"""The words in which a policy says in which order money settles what is owed, and what payment ends."""

from __future__ import annotations

from dunning_engine.domain.charges import ItemClass, OnPaid
from dunning_engine.policy.forms import words

ALLOCATION = words("a class of what is owed", {member.value: member for member in ItemClass})
ON_PAID = words("what becomes of charges when their invoice is paid", {member.value: member for member in OnPaid})
