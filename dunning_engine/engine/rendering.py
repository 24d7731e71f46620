"""From an action to the words that the debtor, the caller or the agency reads."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from dunning_engine.adapters.texts import one_line, plain_text
from dunning_engine.decision.standing import stand
from dunning_engine.domain.addressing import addressed
from dunning_engine.domain.arrangements import HoldReason
from dunning_engine.domain.parties import Channel
from dunning_engine.domain.verbs import BOOKED, Do
from dunning_engine.engine.case_file import case_file, money_moved
from dunning_engine.engine.localised import amount_text, day_text
from dunning_engine.engine.obligations import NO_WORDINGS, Obligation, Wordings, text_of, unsaid
from dunning_engine.engine.template_files import Template, candidates, load
from dunning_engine.engine.variables import context
from dunning_engine.kernel.calendar import iso
from dunning_engine.kernel.errors import UsageError
from dunning_engine.kernel.money import Money

if TYPE_CHECKING:
    from dunning_engine.domain.actions import ProposedAction
    from dunning_engine.domain.case import Case
    from dunning_engine.domain.parties import Party
    from dunning_engine.domain.receivables import Receivable
    from dunning_engine.kernel.calendar import Day, Instant
    from dunning_engine.policy.model import Policy

__all__ = ["Rendered", "Renderer", "TemplateError", "amount_text", "booking", "context", "day_text", "placement"]

SUBJECT: Final = "Subject:"

_BREAKING: Final = str.maketrans("\u00a0\u202f", "  ")
"""Spaces that do not break would make every SMS one of 16 bits, at twice the price."""


class TemplateError(UsageError):
    """A text cannot be made: its template is missing, has mistakes, or does not fit the facts of the case."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """What goes to the adapter; the subject is empty where the channel has none."""

    subject: str
    text: str
    language: str


class Renderer:
    """Fills in the templates of policies.

    `folders` says where each policy (by name) has its templates: a folder with one folder per channel. `language` is
    that of template files without a language in their name. `wordings` are the host's own texts for what law wants
    said, by language and item. Files are read once, unless something is wrong with them.
    """

    __slots__ = ("_templates", "folders", "language", "wordings")

    def __init__(self, folders: Mapping[str, Path], *, language: str = "en", wordings: Wordings = NO_WORDINGS) -> None:
        self.folders = dict(folders)
        self.language = language
        self.wordings = wordings
        self._templates: dict[Path, Template] = {}

    def render(
        self,
        action: ProposedAction,
        case: Case,
        policy: Policy,
        creditor: Party,
        at: Instant,
        *,
        obligations: Sequence[Obligation] = (),
        enclosures: Sequence[str] = (),
    ) -> Rendered:
        """The text of an action as the facts are at an instant.

        `obligations` are items that it has to carry: a text without one of them is a `TemplateError`. `enclosures` are
        the names of the files that go along.
        """
        if action.spec.do in BOOKED:
            return Rendered("", booking(action, case), self.language)
        if action.spec.channel is None:
            return Rendered("", placement(action, case, policy, creditor, at), self.language)
        template = self._template(
            policy.name, action.spec.channel, action.spec.name, addressed(case.debtor, action.spec.to).language
        )
        language = template.language or self.language
        words = self._words(obligations, language, action.spec.channel, creditor)
        try:
            values = context(
                action,
                case,
                policy,
                creditor,
                at,
                language=_dialect(case, language),
                enclosures=enclosures,
                obligations=words,
            )
            text = template.fill(values)
        except Exception as error:
            self._templates.pop(Path(template.file), None)
            raise TemplateError(str(template.trouble(error))) from error
        subject, body = _parted(plain_text(text), action.spec.channel)
        if not subject and action.spec.channel is Channel.EMAIL:
            self._templates.pop(Path(template.file), None)
            raise TemplateError(f"{template.file}: this e-mail has no subject")
        if action.spec.channel is Channel.SMS:
            body = body.translate(_BREAKING)
            words = {item: text.translate(_BREAKING) for item, text in words.items()}
        if missing := unsaid(body, obligations, words):
            self._templates.pop(Path(template.file), None)
            raise TemplateError(_lacking(template.file, missing, words, language))
        return Rendered(subject, body, language)

    def _words(
        self, obligations: Sequence[Obligation], language: str, channel: Channel, creditor: Party
    ) -> dict[str, str]:
        return {
            one.item: plain_text(text_of(one.item, language, channel, creditor, self.wordings)) for one in obligations
        }

    def _template(self, policy: str, channel: Channel, name: str, language: str | None) -> Template:
        folder = self.folders.get(policy)
        if folder is None:
            raise TemplateError(f"policy {policy} has no folder of templates: name it when the engine is opened")
        for path, tag in candidates(folder, channel, name, language):
            if path in self._templates:
                return self._templates[path]
            if path.is_file():
                found = load(path, folder, tag)
                if not isinstance(found, Template):
                    raise TemplateError("\n".join(str(finding) for finding in found))
                self._templates[path] = found
                return found
        raise TemplateError(f"there is no template {name!r} for {channel.value} in {folder}: run `dunning check`")


def _lacking(file: str, missing: Sequence[Obligation], words: Mapping[str, str], language: str) -> str:
    """Why a text may not go out, and what to write."""
    wordless = [one for one in missing if not words[one.item]]
    if wordless:
        items = " and ".join(map(str, wordless))
        return (
            f"{file}: nobody has words for {items} in {language}: give them in [obligations.{language}] of dunning.toml"
        )
    items = " and ".join(map(str, missing))
    return f"{file}: this text does not carry {items}: write {{{{ obligations }}}} into it"


def _parted(text: str, channel: Channel) -> tuple[str, str]:
    """Subject and body; a subject is the first line, where the channel has one."""
    text = text.strip("\n ")
    if channel not in (Channel.EMAIL, Channel.LETTER, Channel.PUSH, Channel.PORTAL) or not text.startswith(SUBJECT):
        return "", text
    first, _, body = text.partition("\n")
    return one_line(first.removeprefix(SUBJECT)), body.strip("\n")


# What the books get ---------------------------------------------------------------------------------------------------


def booking(action: ProposedAction, case: Case) -> str:
    """Charges and what becomes of them as JSON: each line with its figures; amounts as decimal text, days as ISO 8601.

    `do` is charge, reverse, reinstate, allow or withdraw; `amount` is what changes by it.
    """

    def decimal(minor: int) -> str:
        return f"{Money.of_minor(minor, action.currency).amount:f}"

    return json.dumps(
        {
            "action": action.id,
            "do": action.spec.do.value,
            "name": action.spec.name,
            "case": case.id,
            "debtor": case.debtor.id,
            "currency": action.currency,
            "amount": decimal(action.amount),
            "invoices": list(action.invoices),
            "charges": [
                {
                    "id": charge.id,
                    "kind": charge.kind.value,
                    "rule": charge.rule,
                    "amount": decimal(charge.amount),
                    "invoice": charge.invoice,
                    "base": decimal(charge.base),
                    "days": charge.days,
                    "rate": charge.rate,
                    "first": None if charge.first is None else _iso_day(charge.first),
                    "last": None if charge.last is None else _iso_day(charge.last),
                    "rounding": charge.rounding,
                    "citation": charge.citation,
                }
                for charge in action.charges
            ],
        },
        ensure_ascii=False,
        indent=2,
    )


# What agencies get ----------------------------------------------------------------------------------------------------


def placement(action: ProposedAction, case: Case, policy: Policy, creditor: Party, at: Instant) -> str:
    """What reaches no debtor as JSON: what to do, who owes whom, what is overdue, what has been done and paid; amounts as decimal text."""
    standing = stand(case, policy, at)

    def decimal(minor: int) -> str:
        return f"{Money.of_minor(minor, action.currency).amount:f}"

    spec = action.spec
    disputed = any(hold is HoldReason.DISPUTE for hold in standing.holds)
    head: dict[str, Any] = {"agency": spec.name}
    if spec.do is not Do.HAND_OFF:
        head = {"do": spec.do.value, "name": spec.name, "topic": spec.topic, "given": dict(spec.given)}
        head["disputed"] = disputed
    return json.dumps(
        {
            **head,
            "action": action.id,
            "case": case.id,
            "policy": {"name": policy.name, "version": policy.version},
            "debtor": _particulars(case.debtor),
            "creditor": _particulars(creditor),
            "currency": action.currency,
            "amounts": {
                "claimed": decimal(action.amount),
                "overdue": decimal(standing.overdue),
                "balance": decimal(standing.balance),
            },
            "invoices": [
                {
                    "number": r.number,
                    "amount": decimal(r.amount),
                    "open": decimal(r.open),
                    "issued": _iso_day(r.issued),
                    "due": _iso_day(r.due),
                    "days_overdue": max(0, standing.today - r.due),
                }
                for r in _claimed(action, case)
            ],
            **money_moved(case, policy.zone),
            "history": _history(case, policy.zone),
            **(case_file(case, policy) if spec.do is Do.PREPARE else {}),
        },
        ensure_ascii=False,
        indent=2,
    )


def _claimed(action: ProposedAction, case: Case) -> list[Receivable]:
    """The receivables that an action asks to be paid."""
    return [receivable for receivable in case.receivables if receivable.number in action.invoices]


def _particulars(party: Party) -> dict[str, Any]:
    facts = {
        "id": party.id,
        "kind": party.kind.value,
        "name": party.name,
        "email": party.email,
        "phone": party.phone,
        "address": list(party.address) or None,
        "postal_code": party.postal_code,
        "region": party.region,
        "country": party.country,
        "language": party.language,
        "accounts": list(party.accounts) or None,
    }
    return {key: value for key, value in facts.items() if value is not None}


def _history(case: Case, zone: str) -> list[dict[str, str]]:
    """What was done about the case, oldest first."""
    done = sorted(case.deliveries.values(), key=lambda delivery: (delivery.changed_at, delivery.id))
    return [
        {"at": iso(delivery.changed_at, zone), "action": delivery.words, "state": delivery.state.value}
        for delivery in done
        if delivery.armed_at is not None
    ]


def _iso_day(day: Day) -> str:
    return date.fromordinal(day).isoformat()


def _dialect(case: Case, language: str) -> str:
    """The debtor's own variety of the template's language (`de-AT` of `de`), for dates and digits."""
    own = case.debtor.language or ""
    return own if own.partition("-")[0].lower() == language.partition("-")[0].lower() else language
