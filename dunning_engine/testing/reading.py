"""Test files of policies: every mistake is told at its place, all of them at once."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from types import MappingProxyType
from typing import Any, Final, TypeVar

from dunning_engine.domain.events import HoldPlaced, OptedOut
from dunning_engine.domain.facts import FactPhrase, parse_fact
from dunning_engine.domain.parties import Channel, Party, PartyKind
from dunning_engine.domain.receivables import Invoice
from dunning_engine.intake.fields import DEBTOR_FIELDS, INVOICE_FIELDS
from dunning_engine.kernel import yamltext
from dunning_engine.kernel.diagnostics import Diagnostic, Place, in_order, suggest
from dunning_engine.kernel.grammar import Grammar, Misfit
from dunning_engine.kernel.slots import NAME
from dunning_engine.kernel.yamltext import Mapping as Keys
from dunning_engine.kernel.yamltext import Node, Scalar
from dunning_engine.kernel.yamltext import Sequence as Items
from dunning_engine.testing.expectations import EXPECTATION, Kind
from dunning_engine.testing.scenarios import APPROVALS, PRICE, Scenario, ScenarioFile, Told, Wanted

T = TypeVar("T")

CODES: Mapping[str, str] = MappingProxyType({
    "DUN271": "A part of a test file that is written in another way",
    "DUN272": "A key that test files do not have",
    "DUN273": "A key that a test needs",
    "DUN274": "A value that does not fit its key",
    "DUN275": "A day that is no date",
    "DUN276": "A fact that cannot be read",
    "DUN277": "An expectation that cannot be read",
    "DUN278": "Two tests of the same name",
    "DUN279": "A policy or test file that is not there",
    "DUN280": "A step or action that the policy does not have",
    "DUN281": "An invoice or fact that belongs to no case",
    "DUN282": "Two files that hold one version of a policy",
})  # fmt: skip

_LISTED: Final = {"address": "|", "holds": ";", "opted_out": ";", "paid_late": ";"}
"""Particulars that may be a list, and the sign that separates their items in one text."""

_DEBTOR: Final = ("id", *(key for key in DEBTOR_FIELDS if key != "debtor"))
_INVOICE: Final = ("number", "amount", "issued", "due", "creditor", "ready")
_GIVEN: Final = ("debtor", "invoice", "invoices", "taken_in", "approvals")
_TEST: Final = ("name", "given", "policy", "on", "expect")


def is_policy_test(data: bytes, *, file: str) -> bool:
    """Whether a file is meant as tests of a policy: it has `tests`, and `policy` or something very like it."""
    node = yamltext.parse_bytes(data, file=file, limits=yamltext.CASES).node
    if not isinstance(node, Keys):
        return data.startswith(b"policy:") or b"\npolicy:" in data
    keys = node.keys()
    return "tests" in keys and any(suggest(key, ("policy", "routing")) for key in keys)


def parse_scenarios(data: bytes, *, file: str) -> ScenarioFile:
    """The tests of a file, or everything that is wrong with it."""
    parsed = yamltext.parse_bytes(data, file=file, limits=yamltext.CASES)
    if parsed.node is None:
        return ScenarioFile(None, (), parsed.diagnostics)
    reading = _Reading()
    policy, routing, scenarios = reading.file(parsed.node)
    return ScenarioFile(policy, tuple(scenarios), in_order((*parsed.diagnostics, *reading.findings)), routing)


class _Reading:
    """One pass over the tree; `findings` are its mistakes."""

    def __init__(self) -> None:
        self.findings: list[Diagnostic] = []
        self.names: set[str] = set()
        self.routing: tuple[str, Place] | None = None

    def note(
        self, code: str, message: str, place: Place, *, meant: str | None = None, accepted: Sequence[str] = ()
    ) -> None:
        self.findings.append(Diagnostic(code, message, place, suggestion=meant, accepted=tuple(accepted)))

    # Parts -------------------------------------------------------------------------------------------------------------

    def file(self, node: Node) -> tuple[tuple[str, Place] | None, tuple[str, Place] | None, list[Scenario]]:
        routed = isinstance(node, Keys) and node.get("routing") is not None
        subject = "routing" if routed else "policy"
        root = self.keys(node, "a test file", (subject, "tests"), (subject, "tests"))
        name, tests = root.get("policy"), root.get("tests")
        policy = self.policy_name(name) if name else None
        self.routing = self.named(root["routing"]) if "routing" in root else None
        scenarios: list[Scenario] = []
        for test in self.items(tests, '"tests" is a list: "- name: …"') if tests else ():
            self.test(test, scenarios)
        if isinstance(tests, Items) and not tests.items:
            self.note("DUN273", "there is no test in this file", tests.place)
        return (policy, name.place) if policy and name else None, self.routing, scenarios

    def test(self, node: Node, scenarios: list[Scenario]) -> None:
        before = len(self.findings)
        known = _TEST if self.routing else tuple(key for key in _TEST if key != "policy")
        keys = self.keys(node, "a test", known, ("name", "given", "policy" if self.routing else "expect"))
        name = self.text(keys["name"], "the name of a test") if "name" in keys else None
        if name is not None and name in self.names:
            self.note("DUN278", f'another test is called "{name}" too', keys["name"].place)
        self.names.add(name or "")
        given = self.keys(keys["given"], '"given"', _GIVEN, ("debtor",)) if "given" in keys else {}
        debtor, from_start = self.debtor(given["debtor"]) if "debtor" in given else (None, ())
        facts = (*from_start, *(self.facts(keys["on"]) if "on" in keys else ()))
        wanted = tuple(self.wanted(keys["expect"])) if "expect" in keys else ()
        invoices = (
            tuple(self.invoices(given, keys["given"].place, [one.day for one in (*facts, *wanted)])) if given else ()
        )
        approvals = self.phrase(APPROVALS, given["approvals"], "DUN274") if "approvals" in given else None
        taken_in = self.day(given["taken_in"]) if "taken_in" in given else None
        if len(self.findings) == before and name and debtor:
            scenarios.append(
                Scenario(
                    name=name,
                    place=keys["name"].place,
                    debtor=debtor,
                    invoices=invoices,
                    facts=facts,
                    wanted=wanted,
                    taken_in=taken_in,
                    chosen=self.named(keys["policy"]) if "policy" in keys else None,
                    approvals=approvals,
                )
            )

    def debtor(self, node: Node) -> tuple[Party, tuple[Told, ...]]:
        """Who owes, and what was so from the start: holds, and channels that were refused."""
        values: dict[str, Any] = {}
        for key, value in self.keys(node, "a debtor", _DEBTOR, ()).items():
            field = DEBTOR_FIELDS["debtor" if key == "id" else key]
            text = self.joined(key, value)
            if text is not None:
                values[key] = self.read(key, field.parse, text, value.place, field.accepted)
        holds: Sequence[HoldPlaced] = values.pop("holds", None) or ()
        refused: Sequence[Channel] = values.pop("opted_out", None) or ()
        facts: list[FactPhrase] = [*holds, *map(OptedOut, refused)]
        told = tuple(Told(None, fact, node.place) for fact in facts)
        identity = values.pop("id", None) or values.get("name") or "debtor"
        return Party(id=identity, kind=values.pop("kind", None) or PartyKind.CONSUMER, **values), told

    def invoices(
        self, given: Mapping[str, Node], place: Place, days: Sequence[date | None]
    ) -> Iterator[tuple[Invoice, Place]]:
        """Without `issued`, an invoice is there from the first day that the test names."""
        if ("invoice" in given) is ("invoices" in given):
            message = 'a test has either "invoice" or "invoices"'
            self.note("DUN273", message, _head(place), accepted=("invoice", "invoices"))
        node = given.get("invoice") or given.get("invoices")
        if node is None:
            return
        numbers: set[str] = set()
        for item in [node] if "invoice" in given else self.items(node, '"invoices" is a list: "- {number: …}"'):
            invoice = self.invoice(item, [day for day in days if day is not None])
            if invoice is not None:
                if invoice.number in numbers:
                    self.note("DUN274", f"invoice {invoice.number} is there twice", item.place)
                numbers.add(invoice.number)
                yield invoice, item.place

    def invoice(self, node: Node, days: Sequence[date]) -> Invoice | None:
        keys = self.keys(node, "an invoice", _INVOICE, ("number", "amount", "due"))
        number = self.text(keys["number"], "the number of an invoice") if "number" in keys else None
        amount = self.phrase(PRICE, keys["amount"], "DUN274") if "amount" in keys else None
        due = self.day(keys["due"]) if "due" in keys else None
        issued = self.day(keys["issued"]) if "issued" in keys else None
        if number is None or amount is None or due is None:
            return None
        if not amount:
            self.note("DUN274", f"invoice {number} is over nothing", keys["amount"].place)
            return None
        creditor = self.text(keys["creditor"], "the creditor of an invoice") if "creditor" in keys else None
        field = INVOICE_FIELDS["ready"]
        word = keys.get("ready")
        text = self.text(word, "whether an invoice is ready") if word is not None else None
        ready = text is None or word is None or self.read("ready", field.parse, text, word.place, field.accepted)
        return Invoice(
            number,
            amount,
            due=due,
            issued=issued or min((due, *days)),
            creditor=creditor or "",
            ready=ready is not False,
        )

    def facts(self, node: Node) -> Iterator[Told]:
        for day, phrase in self.by_day(node, '"on" is a list of days: "2026-03-16: dispute opened"'):
            fact = parse_fact(phrase.text)
            if isinstance(fact, Misfit):
                self.misfit("DUN276", fact, phrase)
            elif day:
                yield Told(day, fact, phrase.place)

    def wanted(self, node: Node) -> Iterator[Wanted]:
        form = '"expect" is a list of days: "2026-03-06: email reminder"'
        days: dict[date, list[Wanted]] = {}
        for day, phrase in self.by_day(node, form):
            what = self.phrase(EXPECTATION, phrase, "DUN277")
            if day and what:
                days.setdefault(day, []).append(Wanted(day, what, phrase.place))
        for listed in days.values():
            if len(listed) > 1:
                for one in listed:
                    if one.what.kind is Kind.NOTHING:
                        self.note("DUN277", '"nothing" stands alone on its day', one.place)
            yield from listed
        if isinstance(node, Keys) and not node.entries:
            self.note("DUN277", f"{form}; a quiet time ends with a day that expects nothing", node.place)

    # Values ------------------------------------------------------------------------------------------------------------

    def keys(self, node: Node, what: str, known: Sequence[str], needed: Sequence[str]) -> dict[str, Node]:
        """The entries of a group, without those that nobody knows."""
        if not isinstance(node, Keys):
            self.note("DUN271", f"{what} is written as keys with values", node.place, accepted=known)
            return {}
        meant = {key.text: suggest(key.text, known) for key, _ in node.entries if key.text not in known}
        for key, _ in node.entries:
            if key.text in meant:
                message = f'{what} has no key "{key.text}"'
                self.note("DUN272", message, key.place, meant=meant[key.text], accepted=known)
        for name in needed:
            if node.get(name) is None and name not in meant.values():
                self.note("DUN273", f'{what} needs the key "{name}"', _head(node.place), accepted=(f"{name}: …",))
        return {key.text: value for key, value in node.entries if key.text in known}

    def items(self, node: Node, form: str) -> tuple[Node, ...]:
        if isinstance(node, Items):
            return node.items
        self.note("DUN271", form, node.place)
        return ()

    def by_day(self, node: Node, form: str) -> Iterator[tuple[date | None, Scalar]]:
        if not isinstance(node, Keys):
            self.note("DUN271", form, node.place)
            return
        for key, value in node.entries:
            day = self.day(key, "DUN275")
            for phrase in value.items if isinstance(value, Items) else (value,):
                if isinstance(phrase, Scalar):
                    yield day, phrase
                else:
                    self.note("DUN271", "a day has one phrase, or a list of phrases", phrase.place)

    def day(self, node: Node, code: str = "DUN274") -> date | None:
        text = self.text(node, "a date such as 2026-03-31")
        return None if text is None else self.read("date", INVOICE_FIELDS["due"].parse, text, node.place, (), code)

    def text(self, node: Node, what: str) -> str | None:
        if isinstance(node, Scalar) and node.text.strip():
            return " ".join(node.text.split())
        self.note("DUN271", f"here stands {what}", node.place)
        return None

    def policy_name(self, node: Node) -> str | None:
        text = self.text(node, "the name of a policy")
        if text is None or re.fullmatch(NAME.regex, text):
            return text
        self.note("DUN274", "here stands the name of a policy, such as us-consumer", node.place)
        return None

    def named(self, node: Node) -> tuple[str, Place] | None:
        """A name of a policy or of routing, and where it stands."""
        name = self.policy_name(node)
        return None if name is None else (name, node.place)

    def joined(self, key: str, node: Node) -> str | None:
        """A value as one text; some may be lists."""
        if key in _LISTED and isinstance(node, Items):
            parts = [self.text(item, f"an item of {key}") for item in node.items]
            return _LISTED[key].join(part for part in parts if part is not None)
        return self.text(node, f"the {key} of the debtor")

    def read(
        self,
        key: str,
        parse: Callable[[str], T],
        text: str,
        place: Place,
        accepted: Sequence[str],
        code: str = "DUN274",
    ) -> T | None:
        try:
            return parse(text)
        except ValueError as error:
            message = str(error) if key == "date" else f'"{key}": {error}'
            self.note(code, message, place, meant=suggest(text, accepted), accepted=accepted)
            return None

    def phrase(self, grammar: Grammar[T], node: Node, code: str) -> T | None:
        if self.text(node, grammar.title) is None or not isinstance(node, Scalar):
            return None
        value = grammar.parse(node.text)
        if not isinstance(value, Misfit):
            return value
        self.misfit(code, value, node)
        return None

    def misfit(self, code: str, misfit: Misfit, node: Scalar) -> None:
        self.note(code, misfit.message, _stretch(node, misfit), meant=misfit.suggestion, accepted=misfit.accepted)


def _head(place: Place) -> Place:
    """The first character of a group, which may be long."""
    return replace(place, end_column=place.column + 1)


def _stretch(node: Scalar, misfit: Misfit) -> Place:
    """The words of a value that do not fit, or all of it where the file spells it with line breaks or escapes."""
    place, margin = node.place, int(node.quoted)
    if place.end_column - place.column != len(node.text) + 2 * margin:
        return place
    start = place.column + margin + misfit.start
    return replace(place, column=start, end_column=max(start + 1, start + misfit.end - misfit.start))
