"""The verbs of the language: everything that a step can ask for, one row each.

A new verb is a member of `Do` (its value is the key of the step), a row of `VERBS`, and a field of the same name in
`policy.document.StepActions` with the grammar of its phrase. Tests, reports, `explain`, the ways out and the law read
the row; nothing else asks which verb it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from dunning_engine.kernel.values import Token


class Do(Token):
    """The verb of an action: the key under which the policy asks for it."""

    SEND = "send"
    CALL = "call"
    PROPOSE = "propose"
    CHARGE = "charge"
    RETRY = "retry"
    RESTRICT = "restrict"
    RESTORE = "restore"
    NOTIFY = "notify"
    REPORT = "report"
    PREPARE = "prepare"
    HAND_OFF = "hand_off"
    RECALL = "recall"
    WRITE_OFF = "write_off"
    HOST = "do"
    REVERSE = "reverse"
    REINSTATE = "reinstate"
    ALLOW = "allow"
    WITHDRAW = "withdraw"
    CORRECT = "correct"
    INFORM = "inform"


@dataclass(frozen=True, slots=True)
class Verb:
    """What is true of every action of a verb.

    `words` name it in tests and reports, `told` says in `explain` what we do, both with the fields of the action in
    braces. `way` is the adapter that takes it; empty where it leaves by the channel of the action and so reaches the
    debtor. `purpose` is the word that laws have for it, `noun` what it is called in messages. What is done `once` in a
    case has no cadence. `quiet`: it demands nothing, so holds against collecting do not keep it back.
    No step asks for what is not `asked`: it follows from the facts.
    """

    words: str
    told: str
    noun: str
    way: str = ""
    purpose: str = "collect"
    once: bool = False
    quiet: bool = False
    asked: bool = True


VERBS: Final[Mapping[Do, Verb]] = MappingProxyType(
    {
        Do.SEND: Verb("{channel} {name}", "we send the {channel} {name}", "a message"),
        Do.CALL: Verb("call {name}", "we call with the script {name}", "a call"),
        Do.PROPOSE: Verb(
            "propose {topic} by {channel} {name}",
            "we propose {topic} by {channel}, with the text {name}",
            "a proposal",
            once=True,
        ),
        Do.CHARGE: Verb("charge {name}", "we charge the {name}", "a charge", way="ledger", purpose="charge"),
        Do.RETRY: Verb("retry {name}", "we try the failed {name} again", "a retry", way="payments", purpose="retry_payment"),
        Do.RESTRICT: Verb(
            "restrict {name}", "we restrict the {name}", "a restriction", way="service", purpose="restrict_service", once=True
        ),
        Do.RESTORE: Verb(
            "restore {name}", "we restore the {name}", "a restoration", way="service", purpose="relief", once=True, quiet=True
        ),
        Do.NOTIFY: Verb("notify staff {name}", "we tell the staff of {name}", "a notice to staff", way="staff", purpose="internal", quiet=True),
        Do.REPORT: Verb(
            "report to bureau {name}",
            "we report the debt to the bureau {name}",
            "a report",
            way="bureau",
            purpose="furnish",
            once=True,
        ),
        Do.PREPARE: Verb(
            "prepare {topic}", "we prepare the {topic}", "a bundle", way="legal", purpose="file_suit", once=True
        ),
        Do.HAND_OFF: Verb(
            "hand off agency {name}",
            "we hand the case off to the agency {name}",
            "a hand-off",
            way="agency",
            purpose="place_with_agency",
            once=True,
        ),
        Do.RECALL: Verb(
            "recall agency {name}",
            "we take the case back from the agency {name}",
            "a recall",
            way="agency",
            purpose="relief",
            once=True,
            quiet=True,
        ),
        Do.WRITE_OFF: Verb(
            "write off {name}", "we write the {name} off", "a write-off", way="ledger", purpose="internal", once=True, quiet=True
        ),
        Do.HOST: Verb("do {name}", "we ask for {name}", "an action of the host", way="host"),
        Do.REVERSE: Verb("reverse {name}", "we tell the books that the charge {name} is owed no more", "a reversal",
                         way="ledger", purpose="internal", quiet=True, asked=False),
        Do.REINSTATE: Verb("reinstate {name}", "we tell the books that the charge {name} is owed again", "a reinstatement",
                           way="ledger", purpose="internal", quiet=True, asked=False),
        Do.ALLOW: Verb("allow {name}", "we tell the books of the {name}", "an allowance",
                       way="ledger", purpose="internal", quiet=True, asked=False),
        Do.WITHDRAW: Verb("withdraw {name}", "we tell the books that the {name} is asked again", "a withdrawal",
                          way="ledger", purpose="internal", quiet=True, asked=False),
        Do.CORRECT: Verb(
            "correct bureau {name} as {topic}",
            "we tell the bureau {name} that the debt is {topic}",
            "a correction",
            way="bureau",
            purpose="relief",
            quiet=True,
            asked=False,
        ),
        Do.INFORM: Verb(
            "tell agency {name} of payment",
            "we tell the agency {name} that money came",
            "news for an agency",
            way="agency",
            purpose="relief",
            quiet=True,
            asked=False,
        ),
    }
)  # fmt: skip

CORRECTIONS: Final = ("paid", "disputed", "owed")
"""What a bureau is told of a debt later, that it was told of once."""

ASKED: Final = tuple(do for do, verb in VERBS.items() if verb.asked)
"""The verbs that a step may ask for."""

BOOKED: Final = frozenset({Do.CHARGE, Do.REVERSE, Do.REINSTATE, Do.ALLOW, Do.WITHDRAW})
"""What the books are told that a case keeps itself, too."""

WAYS_BESIDES: Final = tuple(dict.fromkeys(("agency", *(verb.way for verb in VERBS.values() if verb.way))))
"""The ways out that reach no debtor, by which verbs leave."""
