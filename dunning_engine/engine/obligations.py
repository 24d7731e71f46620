"""What the law wants said in a message: which items, which rule asks for them, and our words for them by language.

The gate says per action what its text has to carry. Templates write it with `{{ obligations }}`, or item by item with
`{{ obligation.opt_out }}`; a text that carries less is not sent.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from dunning_engine.decision.own_rules import gate_rules
from dunning_engine.domain.docket import TERMS
from dunning_engine.domain.limits import Carries
from dunning_engine.domain.parties import Channel, Collector, PartyKind
from dunning_engine.domain.questions import Op, Question
from dunning_engine.policy.model import Test, may_be_in_place

if TYPE_CHECKING:
    from dunning_engine.compliance.gate import GateRule
    from dunning_engine.compliance.rulebook import Rulebook
    from dunning_engine.domain.actions import ActionSpec, ClearedAction
    from dunning_engine.domain.parties import Party
    from dunning_engine.policy.model import Policy, Step

Wordings: TypeAlias = Mapping[str, Mapping[str, str]]
"""Texts of items by language; `opt_out.sms` is the one of a channel."""

ITEMS: Final = TERMS["carries"].words

NO_WORDINGS: Final[Wordings] = MappingProxyType({})

TEXTS: Final[Wordings] = MappingProxyType({
    "en": {
        "opt_out.sms": "Reply STOP to opt out.",
        "opt_out.email": "To stop e-mails to this address, reply with STOP in the subject{or write to}.",
        "opt_out": "To stop messages to this account, reply STOP.",
        "attempt_to_collect": "This is an attempt to collect a debt.",
        "information_used_for_that_purpose": "Any information obtained will be used for that purpose.",
        "from_debt_collector": "This communication is from a debt collector.",
        "or write to": ", or write to {email}",
    },
    "de": {
        "opt_out.sms": "Antworten Sie STOP, um keine SMS mehr zu erhalten.",
        "opt_out.email": (
            "Wenn Sie an diese Adresse keine E-Mails mehr wünschen, antworten Sie mit STOP im Betreff{or write to}."
        ),
        "opt_out": "Wenn Sie keine solchen Nachrichten mehr wünschen, antworten Sie mit STOP.",
        "attempt_to_collect": "Diese Nachricht dient der Einziehung einer Forderung.",
        "information_used_for_that_purpose": "Angaben, die wir erhalten, werden zu diesem Zweck verwendet.",
        "from_debt_collector": "Diese Nachricht kommt von einem Inkassodienstleister.",
        "or write to": " oder schreiben Sie an {email}",
    },
    "fr": {
        "opt_out.sms": "Répondez STOP pour ne plus recevoir de SMS.",
        "opt_out.email": (
            "Pour ne plus recevoir de courriels à cette adresse, répondez avec STOP en objet{or write to}."
        ),
        "opt_out": "Pour ne plus recevoir ces messages, répondez STOP.",
        "attempt_to_collect": "Ceci est une démarche de recouvrement de créance.",
        "information_used_for_that_purpose": "Toute information obtenue sera utilisée à cette fin.",
        "from_debt_collector": "Ce message provient d'une société de recouvrement.",
        "or write to": " ou écrivez à {email}",
    },
    "es": {
        "opt_out.sms": "Responda STOP para no recibir más SMS.",
        "opt_out.email": (
            "Para no recibir más correos en esta dirección, responda con STOP en el asunto{or write to}."
        ),
        "opt_out": "Para no recibir más estos mensajes, responda STOP.",
        "attempt_to_collect": "Este es un intento de cobrar una deuda.",
        "information_used_for_that_purpose": "Toda información obtenida se utilizará con ese fin.",
        "from_debt_collector": "Este mensaje proviene de un cobrador de deudas.",
        "or write to": " o escriba a {email}",
    },
})  # fmt: skip
"""Our words; what only the host knows (client, costs, supervisor) has none and stands in `[obligations.de]` of dunning.toml."""


class Obligation(NamedTuple):
    """One item that a message has to carry, and the rule that asks for it."""

    item: str
    rule: str
    citation: str = ""

    def __str__(self) -> str:
        return f"{self.item} ({self.rule}{f', {self.citation}' if self.citation else ''})"


def obliged(cleared: ClearedAction, policy: Policy, rulebooks: Sequence[Rulebook]) -> tuple[Obligation, ...]:
    """The items of a cleared action, each with the rule that asks for it."""
    cited = {rule.id: rule.citation for rule, _ in _carrying(policy, rulebooks)}
    owed = zip(cleared.obligations, cleared.asked_by, strict=True)
    return tuple(Obligation(item, rule, cited.get(rule, "")) for item, rule in owed)


def _carrying(policy: Policy, rulebooks: Sequence[Rulebook]) -> Iterator[tuple[GateRule, tuple[str, ...]]]:
    for rule in gate_rules(policy, rulebooks):
        limit = rule.values[-1].limit
        if isinstance(limit, Carries):
            yield rule, limit.items


# Before there is a case -----------------------------------------------------------------------------------------------


def may_oblige(step: Step, spec: ActionSpec, policy: Policy, rulebooks: Sequence[Rulebook]) -> tuple[Obligation, ...]:
    """What the text of a step's action may have to carry, whoever the debtor is and whatever was said before."""
    found: dict[str, Obligation] = {}
    for rule, items in _carrying(policy, rulebooks):
        if (
            not rule.offstage
            and _may_bind(rule, policy, spec.channel)
            and _may_speak(rule, spec.purpose(ultimatum=step.deadline is not None))
        ):
            for item in items:
                found.setdefault(item, Obligation(item, rule.id, rule.citation))
    return tuple(found.values())


def _may_bind(rule: GateRule, policy: Policy, channel: Channel | None) -> bool:
    binds = rule.binds
    third = policy.collector is Collector.THIRD_PARTY
    names = {Collector.THIRD_PARTY} if third else {Collector.FIRST_PARTY, Collector.FIRST_PARTY_IN_DEFAULT}
    dunned = {PartyKind(c.value) for c in policy.applies_to if c.test is Test.DEBTOR_KIND} or set(PartyKind)
    return (
        may_be_in_place(policy.applies_to, rule.place)
        and (not binds.channels or channel in binds.channels)
        and (not binds.collectors or not binds.collectors.isdisjoint(names))
        and (not binds.debtors or not binds.debtors.isdisjoint(dunned))
        and (not binds.regulators or not binds.regulators.isdisjoint(policy.regulated_as))
    )


def _may_speak(rule: GateRule, purpose: str) -> bool:
    """Whether what is known of the step beforehand, its purpose, leaves the rule something to say."""
    return all(_says(question, purpose) is not False for question in rule.when) and not any(
        _says(question, purpose) for question in rule.unless
    )


def _says(question: Question, purpose: str) -> bool | None:
    if question.fact != "purpose" or question.op not in (Op.IS, Op.IS_NOT):
        return None
    return (purpose in question.words) is (question.op is Op.IS)


# In words -------------------------------------------------------------------------------------------------------------


def text_of(item: str, language: str, channel: Channel, creditor: Party, own: Wordings = NO_WORDINGS) -> str:
    """An item in words of a language; empty where nobody has any. The host's own words come first."""
    for tag in dict.fromkeys((language, language.partition("-")[0].lower())):
        for words in (own.get(tag, {}), TEXTS.get(tag, {})):
            text = words.get(f"{item}.{channel.value}") or words.get(item)
            if text:
                return _filled(text, words.get("or write to", ""), creditor)
    return ""


def _filled(text: str, or_write: str, creditor: Party) -> str:
    text = text.replace("{or write to}", or_write if creditor.email else "")
    for name, value in (
        ("creditor", creditor.name or creditor.id),
        ("email", creditor.email),
        ("phone", creditor.phone),
    ):
        text = text.replace(f"{{{name}}}", value or "")
    return text


def unsaid(text: str, owed: Iterable[Obligation], words: Mapping[str, str]) -> tuple[Obligation, ...]:
    """Items whose words a text does not hold; white space and letter case aside."""
    said = _plain(text)
    return tuple(one for one in owed if not words.get(one.item) or _plain(words[one.item]) not in said)


def _plain(text: str) -> str:
    return " ".join(text.split()).casefold()
