"""From an action to the words that the debtor, the caller or the agency reads."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from dunning_engine.adapters.texts import one_line, plain_text
from dunning_engine.decision.charging import said
from dunning_engine.decision.standing import stand
from dunning_engine.domain.addressing import addressed
from dunning_engine.domain.arrangements import HoldReason
from dunning_engine.domain.charges import ItemClass
from dunning_engine.domain.parties import Channel
from dunning_engine.domain.receivables import EntryKind
from dunning_engine.domain.verbs import Do
from dunning_engine.engine.levels import level_of, messages_about
from dunning_engine.engine.obligations import ITEMS, NO_WORDINGS, Obligation, Wordings, text_of, unsaid
from dunning_engine.engine.template_files import Template, candidates, load
from dunning_engine.engine.templates import consequence
from dunning_engine.kernel.calendar import iso
from dunning_engine.kernel.errors import UsageError
from dunning_engine.kernel.money import Money

if TYPE_CHECKING:
    from babel import Locale

    from dunning_engine.domain.actions import ProposedAction
    from dunning_engine.domain.case import Case
    from dunning_engine.domain.parties import Party
    from dunning_engine.domain.receivables import Receivable
    from dunning_engine.kernel.calendar import Day, Instant
    from dunning_engine.policy.model import Policy

SUBJECT: Final = "Subject:"

NO_TEXTS: Final[Mapping[str, str]] = MappingProxyType({})

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
        if action.spec.do is Do.CHARGE:
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
    if channel not in (Channel.EMAIL, Channel.LETTER) or not text.startswith(SUBJECT):
        return "", text
    first, _, body = text.partition("\n")
    return one_line(first.removeprefix(SUBJECT)), body.strip("\n")


# What templates see ---------------------------------------------------------------------------------------------------


def context(
    action: ProposedAction,
    case: Case,
    policy: Policy,
    creditor: Party,
    at: Instant,
    *,
    language: str = "en",
    enclosures: Sequence[str] = (),
    obligations: Mapping[str, str] = NO_TEXTS,
) -> dict[str, Any]:
    """The documented variables (`VARIABLES`) of an action: text and counts, with what others wrote on one line each.

    Money and days are shown in the ways of the language. `obligations` are the texts that this message has to carry.
    """
    standing = stand(case, policy, at)
    step = policy.steps[policy.index[action.step]]
    lead = standing.lead
    if lead is None:
        raise UsageError(f"nothing is owed in case {case.id}: there is nothing to write about")

    def money(minor: int) -> str:
        return amount_text(Money.of_minor(minor, action.currency), language)

    def invoice(receivable: Receivable) -> dict[str, Any]:
        return {
            "number": one_line(receivable.number),
            "amount": money(receivable.amount),
            "open": money(receivable.open),
            "issued": day_text(receivable.issued, language),
            "due": day_text(receivable.due, language),
            "days_overdue": max(0, standing.today - receivable.due),
            "level": level_of(action, case, receivable.number),
            "reminder": messages_about(action, case, receivable.number) + 1,
        }

    receiver = addressed(case.debtor, action.spec.to)
    values: dict[str, Any] = {
        "debtor": {"name": one_line(case.debtor.name or case.debtor.id), "id": one_line(case.debtor.id)},
        "recipient": {"name": one_line(receiver.name or receiver.id)},
        "creditor": _creditor(creditor),
        "case": {
            "id": one_line(case.id),
            "balance": money(standing.balance),
            "overdue": money(standing.overdue),
            "currency": action.currency,
        },
        "invoice": invoice(lead),
        "invoices": [invoice(receivable) for receivable in _claimed(action, case)],
        "not_due": [invoice(r) for r in standing.free if r.number not in action.invoices],
        "enclosures": [one_line(name) for name in enclosures],
        "step": {"name": step.name, "occurrence": action.key.occurrence},
        "action": {"amount": money(action.amount), "date": day_text(standing.today, language)},
        "charges": _charges(action, case, money),
        "offer": _offer(action, money, language),
        "obligations": " ".join(text for text in obligations.values() if text),
        "obligation": {item: obligations.get(item, "") for item in ITEMS},
    }
    if action.deadline is not None:
        values["deadline"] = {
            "date": day_text(action.deadline, language),
            "amount": money(action.amount),
            "consequence": consequence(policy, step, language),
        }
    return values


def _charges(action: ProposedAction, case: Case, money: Callable[[int], str]) -> dict[str, str]:
    """What is open beside the principal; the lines of a message that is not booked yet count too."""
    known = {account.charge.id: account for account in case.charges}
    sums = {ItemClass.FEES: 0, ItemClass.INTEREST: 0}
    for account in known.values():
        if account.charge.invoice is None or account.charge.invoice in action.invoices:
            sums[account.charge.item_class] += account.open
    for charge in action.charges:
        if charge.id not in known:
            sums[charge.item_class] += charge.amount
    return {
        "fees": money(sums[ItemClass.FEES]),
        "interest": money(sums[ItemClass.INTEREST]),
        "total": money(sum(sums.values())),
        "added": money(sum(charge.amount for charge in action.charges)),
        "lines": "\n".join(one_line(said(charge)) for charge in action.charges),
    }


def _offer(action: ProposedAction, money: Callable[[int], str], language: str) -> dict[str, str]:
    if not action.offers:
        return {"amount": "", "until": "", "words": ""}
    first = action.offers[0]
    return {"amount": money(first.amount), "until": day_text(first.until, language), "words": first.rule}


def _claimed(action: ProposedAction, case: Case) -> list[Receivable]:
    """The receivables that an action asks to be paid."""
    return [receivable for receivable in case.receivables if receivable.number in action.invoices]


def _creditor(creditor: Party) -> dict[str, str]:
    return {
        "name": one_line(creditor.name or creditor.id),
        "email": one_line(creditor.email or ""),
        "phone": one_line(creditor.phone or ""),
        "address": "\n".join(one_line(line) for line in creditor.address),
    }


# What the books get ---------------------------------------------------------------------------------------------------


def booking(action: ProposedAction, case: Case) -> str:
    """Charges as JSON: each line with the figures that it came from; amounts as decimal text, days as ISO 8601."""

    def decimal(minor: int) -> str:
        return f"{Money.of_minor(minor, action.currency).amount:f}"

    return json.dumps(
        {
            "action": action.id,
            "case": case.id,
            "debtor": case.debtor.id,
            "currency": action.currency,
            "amount": decimal(action.amount),
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
            **_entries(case, policy.zone, decimal),
            "history": _history(case, policy.zone),
        },
        ensure_ascii=False,
        indent=2,
    )


def _entries(case: Case, zone: str, decimal: Callable[[int], str]) -> dict[str, Any]:
    """What came, went back and was let go, as payments; what was given up and what credit was applied stand apart.

    A write-off without an amount is one of all that was open then.
    """
    told: dict[str, list[dict[str, Any]]] = {"payments": [], "write_offs": [], "applied_credit": []}
    for entry in sorted(case.entries, key=lambda e: (e.at, e.key)):
        all_of_it = entry.kind is EntryKind.WRITE_OFF and not entry.amount
        line = {"at": iso(entry.at, zone), "amount": None if all_of_it else decimal(entry.amount)}
        place = _PLACES.get(entry.kind, "payments")
        kind = {} if place != "payments" or entry.kind is EntryKind.PAYMENT else {"kind": entry.kind.value}
        told[place].append({**line, "invoice": entry.invoice, **kind})
    return {name: lines for name, lines in told.items() if lines or name == "payments"}


_PLACES: Final = {EntryKind.WRITE_OFF: "write_offs", EntryKind.APPLIED: "applied_credit"}


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


# Money and days in words ----------------------------------------------------------------------------------------------


def amount_text(money: Money, language: str) -> str:
    """`1,234.50 USD`, `1.234,50 EUR`, `1 234,50 EUR`: in the digits of the language where Babel is installed."""
    locale = _locale(language)
    if locale is None:
        return str(money)
    from babel.numbers import format_decimal

    digits = -int(money.amount.as_tuple().exponent)
    pattern = "#,##0." + "0" * digits if digits else "#,##0"
    return f"{format_decimal(money.amount, format=pattern, locale=locale)} {money.currency}"


def day_text(day: Day, language: str) -> str:
    """`6 March 2026`, `6. März 2026`, `1er mars 2026`; ISO 8601 where Babel is not installed.

    English without a country puts the day first: nobody reads that wrongly.
    """
    locale = _locale(language)
    if locale is None:
        return _iso_day(day)
    from babel.dates import format_date

    plain_english = locale.language == "en" and locale.territory is None
    text = format_date(date.fromordinal(day), "d MMMM y" if plain_english else "long", locale=locale)
    return f"1er {text[2:]}" if locale.language == "fr" and text.startswith("1 ") else text


def _dialect(case: Case, language: str) -> str:
    """The debtor's own variety of the template's language (`de-AT` of `de`), for dates and digits."""
    own = case.debtor.language or ""
    return own if own.partition("-")[0].lower() == language.partition("-")[0].lower() else language


@lru_cache(maxsize=256)
def _locale(language: str) -> Locale | None:
    """Babel's knowledge of a language; `None` where Babel (an extra) or the language is not there."""
    try:
        from babel import Locale, UnknownLocaleError
    except ImportError:
        return None
    for tag in (language, language.partition("-")[0]):
        try:
            return Locale.parse(tag, sep="-")
        except (UnknownLocaleError, ValueError, TypeError):
            continue
    return None
