"""A rule-driven dunning engine: escalation policies in, lawful and explained actions out.

Names load at first use: importing the package costs next to nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dunning_engine.decision.decider import decide as decide
    from dunning_engine.decision.decision import Decision as Decision
    from dunning_engine.domain.arrangements import HoldReason as HoldReason
    from dunning_engine.domain.case import Case as Case
    from dunning_engine.domain.contacts import Outcome as Outcome
    from dunning_engine.domain.events import ContactMade as ContactMade
    from dunning_engine.domain.events import CreditNoteIssued as CreditNoteIssued
    from dunning_engine.domain.events import DebtorUpdated as DebtorUpdated
    from dunning_engine.domain.events import HoldLifted as HoldLifted
    from dunning_engine.domain.events import HoldPlaced as HoldPlaced
    from dunning_engine.domain.events import HostFact as HostFact
    from dunning_engine.domain.events import OptedOut as OptedOut
    from dunning_engine.domain.events import PaymentReceived as PaymentReceived
    from dunning_engine.domain.events import PaymentReversed as PaymentReversed
    from dunning_engine.domain.events import PromiseMade as PromiseMade
    from dunning_engine.domain.events import ReceiptKind as ReceiptKind
    from dunning_engine.domain.events import ReceiptRecorded as ReceiptRecorded
    from dunning_engine.domain.parties import Channel as Channel
    from dunning_engine.domain.parties import Party as Party
    from dunning_engine.domain.receivables import Invoice as Invoice
    from dunning_engine.engine.clocks import FixedClock as FixedClock
    from dunning_engine.engine.engine import DunningEngine as DunningEngine
    from dunning_engine.engine.loading import load_policy as load_policy
    from dunning_engine.engine.loading import load_rulebooks as load_rulebooks
    from dunning_engine.kernel.calendar import moment as moment
    from dunning_engine.kernel.calendar import parse_instant as parse_instant
    from dunning_engine.kernel.errors import DunningError as DunningError
    from dunning_engine.kernel.errors import PolicyInvalid as PolicyInvalid
    from dunning_engine.kernel.errors import UsageError as UsageError
    from dunning_engine.kernel.money import Money as Money

_HOMES = {
    "Case": "domain.case",
    "Channel": "domain.parties",
    "ContactMade": "domain.events",
    "CreditNoteIssued": "domain.events",
    "DebtorUpdated": "domain.events",
    "Decision": "decision.decision",
    "DunningEngine": "engine.engine",
    "DunningError": "kernel.errors",
    "FixedClock": "engine.clocks",
    "HoldLifted": "domain.events",
    "HoldPlaced": "domain.events",
    "HoldReason": "domain.arrangements",
    "HostFact": "domain.events",
    "Invoice": "domain.receivables",
    "Money": "kernel.money",
    "OptedOut": "domain.events",
    "Outcome": "domain.contacts",
    "Party": "domain.parties",
    "PaymentReceived": "domain.events",
    "PaymentReversed": "domain.events",
    "PolicyInvalid": "kernel.errors",
    "PromiseMade": "domain.events",
    "ReceiptKind": "domain.events",
    "ReceiptRecorded": "domain.events",
    "UsageError": "kernel.errors",
    "decide": "decision.decider",
    "load_policy": "engine.loading",
    "load_rulebooks": "engine.loading",
    "moment": "kernel.calendar",
    "parse_instant": "kernel.calendar",
}

__all__ = list(_HOMES)


def __getattr__(name: str) -> object:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(f"{__name__}.{home}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
