"""Notices to staff by e-mail, through the mail server that debtors' mail leaves by."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from dunning_engine.adapters.asking import Asking
from dunning_engine.adapters.mail import Unfit, addr_spec
from dunning_engine.adapters.recipients import check_handled
from dunning_engine.adapters.texts import one_line, plain_text
from dunning_engine.domain.parties import Party
from dunning_engine.kernel.errors import UsageError
from dunning_engine.ports.adapter import Capability, Outcome, Retry, Withheld

if TYPE_CHECKING:
    from collections.abc import Callable

    from dunning_engine.adapters.email import SmtpEmail
    from dunning_engine.domain.parties import Channel
    from dunning_engine.ports.adapter import Message

MENDED: Final = 3_600
"""Seconds after which a desk that nobody has given an address is looked up again."""

NO_DESKS: Final[Mapping[str, str]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class StaffMail(Asking):
    """Sends `notify: staff <desk>`: `StaffMail(smtp, {"collections": "collections@example.com"})`.

    `desks` gives each desk its address; `email` is that of all others, where they have one.
    """

    smtp: SmtpEmail
    desks: Mapping[str, str] = field(default_factory=dict)
    email: str | None = None

    def __post_init__(self) -> None:
        try:
            for address in (*self.desks.values(), *([self.email] if self.email is not None else [])):
                addr_spec(address)
        except Unfit as unfit:
            raise UsageError(f"staff: {unfit}") from None

    @property
    def name(self) -> str:
        return f"staff by {self.smtp.name}"

    @property
    def handles(self) -> frozenset[Channel | str]:
        return frozenset({"staff"})

    @property
    def capability(self) -> Capability:
        return self.smtp.capability

    def deliver_asking(self, message: Message, *, seconds: float, may_go: Callable[[], bool]) -> Outcome | Withheld:
        """`deliver`, asking where the mail server is about to take it."""
        check_handled(self, message)
        desk = message.action.spec.name
        address = self.desks.get(desk, self.email)
        if address is None:
            return Retry(MENDED, f"configuration: the desk {one_line(desk)} has no address", alone=True)
        mail = replace(
            message,
            recipient=Party.business(desk, name=desk, email=address),
            subject=_subject(message),
            text=_text(message),
            language="en",
        )
        return self.smtp.hand_over(mail, seconds=seconds, may_go=may_go)


def _subject(message: Message) -> str:
    debtor = one_line(message.debtor.name or message.debtor.id)
    return f"{message.action.step}: case {one_line(message.action.case_id)} ({debtor})"


def _text(message: Message) -> str:
    """What the desk has to know, in lines; a text that is no description of a case stays as it is."""
    try:
        told = json.loads(message.text)
    except ValueError:
        return plain_text(message.text)
    return plain_text("\n".join(_lines(message, told))) if isinstance(told, dict) else plain_text(message.text)


def _lines(message: Message, told: Mapping[str, Any]) -> list[str]:
    debtor, amounts, currency = told["debtor"], told["amounts"], told["currency"]
    reached = (debtor.get("email"), debtor.get("phone"), ", ".join(debtor.get("address", ())))
    lines = [
        f"The step {message.action.step} asks for you: {message.action.spec.name}.",
        "",
        f"Case:     {told['case']}, policy {told['policy']['name']} version {told['policy']['version']}",
        f"Debtor:   {debtor.get('name') or debtor['id']} ({debtor['id']}, {debtor['kind']})",
        f"Reached:  {'; '.join(filter(None, reached)) or 'no address is known'}",
        f"Overdue:  {amounts['overdue']} {currency} of {amounts['balance']} {currency}",
    ]
    if told.get("disputed"):
        lines.append("Disputed: yes")
    lines += ["", "Invoices:"]
    lines += [f"  {i['number']}: {i['open']} {currency} open, due {i['due']}" for i in told["invoices"]]
    lines += ["", "What was done:", *(f"  {h['at']}: {h['action']} ({h['state']})" for h in told["history"])]
    return lines
