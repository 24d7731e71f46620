"""What follows a step, in words that its text can say: never more than the policy really does next."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from dunning_engine.domain.parties import Channel
from dunning_engine.domain.verbs import Do

if TYPE_CHECKING:
    from dunning_engine.domain.actions import ActionSpec
    from dunning_engine.policy.model import Policy, Step

CONSEQUENCES: Mapping[str, Mapping[str, str]] = MappingProxyType({
    "en": {
        "agency": "the account is placed with a collection agency",
        "call": "we call you about the account",
        "write": "we write to you again about the account",
        "mediation": "we propose mediation to you",
        "arbitration": "we propose arbitration to you",
        "restrict": "the service is restricted until the account is settled",
        "report": "the debt is reported to a credit bureau",
        "small claim": "we prepare a claim in the small claims court",
        "court order": "we prepare an application for a court order to pay",
        "file for law firm": "the file is prepared for our lawyers",
        "host": "we take the next step that our agreement with you allows",
        "end": "the account stays open and we reserve all our rights",
    },
    "de": {
        "agency": "die Forderung wird einem Inkassounternehmen übergeben",
        "call": "wir rufen Sie wegen der Forderung an",
        "write": "wir schreiben Ihnen wegen der Forderung erneut",
        "mediation": "wir schlagen Ihnen eine Mediation vor",
        "arbitration": "wir schlagen Ihnen ein Schiedsverfahren vor",
        "restrict": "die Leistung wird eingeschränkt, bis die Forderung beglichen ist",
        "report": "die Forderung wird einer Auskunftei gemeldet",
        "small claim": "wir bereiten eine Klage über die Forderung vor",
        "court order": "wir bereiten einen gerichtlichen Mahnantrag vor",
        "file for law firm": "die Unterlagen werden für unsere Anwälte zusammengestellt",
        "host": "wir tun den nächsten Schritt, den der Vertrag mit Ihnen vorsieht",
        "end": "die Forderung bleibt offen und wir behalten uns alle Rechte vor",
    },
    "fr": {
        "agency": "la créance est confiée à une société de recouvrement",
        "call": "nous vous téléphonons au sujet de la créance",
        "write": "nous vous écrivons de nouveau au sujet de la créance",
        "mediation": "nous vous proposons une médiation",
        "arbitration": "nous vous proposons un arbitrage",
        "restrict": "le service est restreint jusqu’au règlement de la créance",
        "report": "la créance est signalée à une agence d’évaluation du crédit",
        "small claim": "nous préparons une demande en justice",
        "court order": "nous préparons une requête en injonction de payer",
        "file for law firm": "le dossier est préparé pour nos avocats",
        "host": "nous prenons la mesure suivante que prévoit notre contrat",
        "end": "la créance reste due et nous réservons tous nos droits",
    },
    "es": {
        "agency": "la deuda se encarga a una empresa de recobro",
        "call": "le llamamos por teléfono acerca de la deuda",
        "write": "le escribimos de nuevo acerca de la deuda",
        "mediation": "le proponemos una mediación",
        "arbitration": "le proponemos un arbitraje",
        "restrict": "el servicio se restringe hasta que se pague la deuda",
        "report": "la deuda se comunica a una agencia de informes de crédito",
        "small claim": "preparamos una demanda de menor cuantía",
        "court order": "preparamos una petición de orden judicial de pago",
        "file for law firm": "el expediente se prepara para nuestros abogados",
        "host": "tomamos la siguiente medida que prevé nuestro contrato con usted",
        "end": "la deuda sigue pendiente y nos reservamos todos nuestros derechos",
    },
})  # fmt: skip
"""What the next step of a policy does, as a clause that follows "if it has not reached us by then:".

It names what the policy really does: a threat of more is unlawful in many places (15 U.S.C. 1692e(5))."""

_VERBS: Final[Mapping[Do, str]] = MappingProxyType({
    Do.HAND_OFF: "agency",
    Do.RESTRICT: "restrict",
    Do.REPORT: "report",
    Do.HOST: "host",
})  # fmt: skip
"""Verbs that reach nobody and still touch the debtor; of the others (staff, books, retries) no text has to speak."""


def consequence(policy: Policy, step: Step, language: str) -> str:
    """What comes after a step, in words of a language; empty where we do not speak it."""
    words = CONSEQUENCES.get(language.partition("-")[0].lower(), {})
    following = policy.steps[policy.index[step.name] + 1 :]
    specs = (choice[0] for later in following for choice in later.actions)
    return words.get(next(filter(None, map(_kind, specs)), "end"), "")


def _kind(spec: ActionSpec) -> str:
    """The key of `CONSEQUENCES` for an action; empty where the debtor feels nothing of it."""
    if spec.do in (Do.PROPOSE, Do.PREPARE):
        return spec.topic
    if spec.channel is None:
        return _VERBS.get(spec.do, "")
    return "call" if spec.channel is Channel.CALL else "write"
