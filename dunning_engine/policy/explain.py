"""A policy as plain English, paragraph by paragraph, for people who never saw the file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType

from dunning_engine.domain.actions import ActionSpec, ClimbOn, OnUncertain
from dunning_engine.domain.limits import CONTACT_LIMIT, WEEKDAYS, ClosedDays, ContactLimit, Hours, RestAfterPromise
from dunning_engine.domain.parties import Channel, Collector
from dunning_engine.kernel.money import Money
from dunning_engine.kernel.spans import Span
from dunning_engine.policy.explain_arrangements import waits_explained
from dunning_engine.policy.explain_money import money as money_told
from dunning_engine.policy.explain_money import offers as offers_told
from dunning_engine.policy.forms import show_amount
from dunning_engine.policy.ledger import terms_told
from dunning_engine.policy.model import (
    SCHEMES,
    Amount,
    Anchor,
    AnchorKind,
    Approval,
    Cadence,
    CatchUp,
    Condition,
    Conditions,
    Lead,
    OnLeadPaid,
    Pause,
    Policy,
    Proof,
    Roll,
    Stop,
    Test,
    Unit,
)

NO_DATES: Mapping[str, str] = MappingProxyType({})

_CATCH_UP = {
    CatchUp.NEXT: "When days were missed, the earliest missed step is taken now and the others follow with their own waits.",
    CatchUp.JUMP: "When days were missed, the most severe step that is due is taken and those before it are skipped.",
    CatchUp.SKIP: "When days were missed, the contacts of those days are dropped and the ladder continues.",
}

_ROLLED = {Roll.NEXT: "moves to the next business day", Roll.PREVIOUS: "moves to the business day before"}

_PAUSES = {
    Pause.DISPUTED: "a debt is disputed",
    Pause.PROMISE_OPEN: "a promise to pay is open",
    Pause.PLAN_ON_TRACK: "a payment plan is on track",
    Pause.HOLD: "it is on hold",
    Pause.HARDSHIP: "the debtor is in hardship",
    Pause.IDENTITY_THEFT: "a theft of identity is reported",
    Pause.CEASE: "the debtor asked us to cease",
    Pause.ATTORNEY: "an attorney represents the debtor",
}

_STOPS = {
    Stop.PAID: "everything is paid",
    Stop.BANKRUPT: "the debtor is bankrupt",
    Stop.DECEASED: "the debtor has died",
    Stop.OPTED_OUT: "the debtor has opted out of contact",
    Stop.HARDSHIP: "the debtor is in hardship",
    Stop.IDENTITY_THEFT: "a theft of identity is reported",
    Stop.CEASE: "the debtor asks us to cease",
    Stop.ATTORNEY: "an attorney represents the debtor",
}

_CLIMBED = {
    ClimbOn.EMITTED: "It counts as done as soon as it is decided.",
    ClimbOn.SENT: "It counts as done once it was sent.",
    ClimbOn.DELIVERED: "It counts as done once delivery is proven.",
}

_UNCERTAIN = {
    OnUncertain.RESEND: "Where nobody knows whether it left, it is sent once more, as the limits allow.",
    OnUncertain.SKIP: "Where nobody knows whether it left, the ladder goes on without it.",
}

_WHEN = {
    AnchorKind.BEFORE_DUE: "{0.span} before the due date",
    AnchorKind.AFTER_DUE: "{0.span} after the due date",
    AnchorKind.AFTER_ISSUE: "{0.span} after the issue date",
    AnchorKind.AFTER_GRACE: "{0.span} after the end of grace",
    AnchorKind.AFTER_STEP: "{0.span} after the step {0.step}",
    AnchorKind.AFTER_PREVIOUS: "{0.span} after the previous step",
    AnchorKind.AFTER_EXPIRY: "{0.span} after the deadline of {0.step} has expired",
    AnchorKind.AFTER_RESUME: "{0.span} after the case has resumed",
}

_AT_ONCE = {
    AnchorKind.ON_DUE: "on the due date",
    AnchorKind.AFTER_GRACE: "when grace has ended",
    AnchorKind.AFTER_EXPIRY: "when the deadline of {0.step} has expired",
    AnchorKind.MONTH_END: "at the first end of a month after the due date",
    AnchorKind.BALANCE_REACHES: "when the balance reaches {amount}",
    AnchorKind.FAILED_PAYMENTS: "when the count of failed payments reaches {0.count}",
}

_ASKED = {
    Test.BALANCE: "the balance is {bound}",
    Test.OVERDUE_AMOUNT: "the overdue amount is {bound}",
    Test.OVERDUE_COUNT: "the number of overdue invoices is at least {0.count}",
    Test.DAYS_OVERDUE: "the debt has been overdue for at least {days}",
    Test.DEBTOR_KIND: "the debtor is a {0.value}",
    Test.COUNTRY: "the country is {0.value}",
    Test.CURRENCY: "the currency is {0.value}",
    Test.LANGUAGE: "the language is {0.value}",
    Test.REACHABLE: "the debtor can be reached by {0.value}",
    Test.OPTED_OUT: "the debtor has opted out of {0.value}",
    Test.STEP_OUTCOME: "{0.name} was {0.value}",
    Test.PROMISE_BROKEN: "a promise to pay was broken",
    Test.PROMISE_PARTLY: "a promise to pay was kept in part only",
    Test.PROMISES_BROKEN: "the number of broken promises is at least {0.count}",
    Test.PLAN_BROKEN: "the payment plan was broken",
    Test.INSTALMENTS_MISSED: "the number of missed instalments is at least {0.count}",
    Test.DISPUTE_UNANSWERED: "a dispute was not answered in time",
    Test.PROPOSAL_UNANSWERED: "{proposal} has been unanswered for {days} or longer",
    Test.HOST_FACT: "the fact {0.name} is {0.value}",
    Test.REGION: "the region is {0.value}",
    Test.GROUP: "the debtor belongs to the group {0.value}",
    Test.RISK: "the risk is {0.value}",
    Test.CUSTOMER_FOR: "the debtor has been a customer for {length}",
    Test.PAID_LATE: "the debtor has paid late at least {times} in the last {0.span}",
    Test.SEGMENT: "the debtor belongs to the segment {0.name}",
}

_BY_CHANNEL = {
    Channel.EMAIL: "An email",
    Channel.SMS: "An sms",
    Channel.PUSH: "A push message",
    Channel.PORTAL: "A message in the portal",
    Channel.CALL: "A call",
    Channel.LETTER: "A letter",
}


def explain(policy: Policy, dates: Mapping[str, str] = NO_DATES) -> str:
    """Paragraphs between blank lines; `dates` gives steps by name the day that an example falls on."""
    paragraphs = [
        f"{policy.name}, version {policy.version}: {policy.title}",
        " ".join(_scope(policy)),
        segments_told(policy.segments),
        " ".join(_time(policy)),
        *(" ".join(_step(policy, number, dates.get(step.name))) for number, step in enumerate(policy.steps, 1)),
        " ".join(money_told(policy)),
        " ".join(_limits(policy)),
        terms_told(policy.terms),
        " ".join(_ends(policy)),
        " ".join(waits_explained(policy.arranged)),
        " ".join(_law(policy)),
    ]
    return "\n\n".join(paragraph for paragraph in paragraphs if paragraph) + "\n"


def _scope(policy: Policy) -> Iterator[str]:
    yield (
        f"This policy is for debts where {all_of(policy.applies_to)}."
        if policy.applies_to
        else "This policy is for every debt."
    )
    if policy.collector is Collector.FIRST_PARTY:
        yield "We collect our own debts in our own name."
    else:
        yield "We collect for others."
    if policy.regulated_as:
        yield f"We are regulated as {_and(policy.regulated_as)}."
    if policy.unit is Unit.INVOICE:
        yield "Each invoice has a case of its own."
        return
    if policy.lead is Lead.EACH:
        yield "Each debtor has one case with everything that is owed in one currency, and every invoice climbs the steps by itself."
        yield "What falls due together by one channel goes into one letter, which the harshest step writes."
        return
    yield f"Each debtor has one case with everything that is owed in one currency, and the {policy.lead.value} invoice leads."
    if policy.on_lead_paid is OnLeadPaid.RESTART:
        yield "When it is paid, the next one starts from the first step."
    elif policy.on_lead_paid is OnLeadPaid.FALL_BACK:
        yield "When it is paid, the ladder falls back to where the age of the next one puts it."
    else:
        yield "When it is paid, the next one carries the ladder on."


def _time(policy: Policy) -> Iterator[str]:
    yield f"Days are counted in the zone {policy.zone}, and contacts are due at {_clock(policy.send_at)} for the debtor."
    if policy.calendar.name == "none":
        yield "Every day is a business day."
    else:
        yield f"Business days are those of {policy.calendar.name}."
        yield from _rolls(policy)
    if policy.grace is not None:
        yield f"Nobody is contacted in the {policy.grace} of grace after the due date, and payment is still in time."
    if policy.tolerance:
        amounts = sorted(str(Money.of_minor(minor, currency)) for currency, minor in policy.tolerance.items())
        yield f"An open amount of up to {_or(amounts)} counts as paid."
    if policy.minimum:
        least = sorted(str(Money.of_minor(minor, currency)) for currency, minor in policy.minimum.items())
        yield f"Nobody is asked for what is overdue before it comes to {_or(least)}."
    yield f"Two contacts are at least {policy.min_gap} apart."
    yield _CATCH_UP[policy.catch_up]


def _rolls(policy: Policy) -> Iterator[str]:
    yield f"A contact on any other day {_ROLLED.get(policy.roll, 'goes out all the same')}."
    for channel, roll in policy.rolls.items():
        yield f"{_BY_CHANNEL[channel]} on such a day {_ROLLED.get(roll, 'goes out all the same')}."


# Steps ----------------------------------------------------------------------------------------------------------------


def _step(policy: Policy, number: int, date: str | None) -> Iterator[str]:
    step = policy.steps[number - 1]
    example = f" (for example {date})" if date is not None else ""
    yield f"{number}. {step.name}: {_when(step.when, policy)}{example}, {_and(_does(choice) for choice in step.actions)}."
    if step.offers:
        yield from offers_told(step)
    if step.cadence is not None:
        yield _repeated(step.cadence)
    if step.only_if:
        yield f"Only if {all_of(step.only_if)}."
    if step.only_if_any:
        yield f"Only if {any_of(step.only_if_any)}."
    if step.unless:
        yield f"Not if {any_of(step.unless)}."
    if step.requires:
        yield f"It needs proof that {_and(_proof(proof) for proof in step.requires)}."
    if step.deadline is not None:
        yield f"The debtor gets {step.deadline} to pay."
    if step.approval is not None:
        yield _approved(step.approval)
    if step.climb_on is not None:
        yield _CLIMBED[step.climb_on]
    if step.deemed is not None:
        yield f"A letter that does not come back counts as delivered {step.deemed} after it was sent, without a proof."
    if step.on_uncertain is not OnUncertain.ASK:
        yield _UNCERTAIN[step.on_uncertain]


def _when(when: Anchor, policy: Policy) -> str:
    if when.kind is AnchorKind.AFTER_GRACE and policy.grace is None:
        return "when the due date is over" if when.span is None else f"{when.span} after the day after the due date"
    template = _WHEN[when.kind] if when.span is not None else _AT_ONCE[when.kind]
    return template.format(when, amount=_amount(when.amount))


def _does(choice: Sequence[ActionSpec]) -> str:
    first, *others = (action_words(spec) for spec in choice)
    return f"{first} (where that is impossible, {', or else '.join(others)})" if others else first


def action_words(spec: ActionSpec) -> str:
    """What an action is, as a clause."""
    words = (
        spec.told(spec.verb.told)
        + (" with the invoice" if spec.with_invoice else "")
        + (f" to the {spec.to}" if spec.to else "")
    )
    if spec.given:
        words += f" ({', '.join(f'{name}: {text}' for name, text in spec.given)})"
    if spec.after:
        words += f", once the step {spec.after} has gone out" + (f" and {spec.wait} have passed" if spec.wait else "")
    return words


def _repeated(cadence: Cadence) -> str:
    times = f", {cadence.times} times in all" if cadence.times is not None else ""
    until = f", until the step {cadence.until} is taken" if cadence.until is not None else ""
    return f"It is repeated every {str(cadence.every).removeprefix('1 ')}{times}{until}."


def _approved(approval: Approval) -> str:
    return f"It waits for the approval of {approval.role}, and the request lapses after {Span(approval.days)}."


def _proof(proof: Proof) -> str:
    return f"{proof.step} was {proof.outcome}"


# Conditions -----------------------------------------------------------------------------------------------------------


def _condition(condition: Condition) -> str:
    bound = f"{'below' if condition.below else 'at least'} {_amount(condition.amount)}{f' {condition.currency}' if condition.currency else ''}"
    length = f"{'less than' if condition.below else 'at least'} {condition.span}"
    times = f"{condition.count} time{'s' * (condition.count != 1)}"
    proposal = f"the proposal of {condition.value}" if condition.value else "the latest proposal"
    return _ASKED[condition.test].format(
        condition, bound=bound, days=Span(condition.count), length=length, times=times, proposal=proposal
    )


def segments_told(segments: Mapping[str, Conditions]) -> str:
    """Who belongs to each segment."""
    return " ".join(f"The segment {name}: {all_of(parts)}." for name, parts in segments.items())


def all_of(conditions: Iterable[Condition]) -> str:
    """Conditions that all hold, as part of a sentence."""
    return _and(_condition(condition) for condition in conditions)


def any_of(conditions: Iterable[Condition]) -> str:
    """Conditions of which one holds, as part of a sentence."""
    return _or(_condition(condition) for condition in conditions)


# Limits and ends ------------------------------------------------------------------------------------------------------


def _limits(policy: Policy) -> Iterator[str]:
    for _, limit in policy.rules:
        match limit:
            case ContactLimit():
                yield f"At most {CONTACT_LIMIT.show(limit)}."
            case RestAfterPromise():
                yield f"There are {CONTACT_LIMIT.show(limit)}."
            case Hours():
                hours = _and(f"from {_clock(first)} to {_clock(last + 1)}" for first, last in limit.windows)
                yield f"Calls and messages are made {hours} only, in every zone where the debtor may be."
            case ClosedDays() if not limit.non_business:
                days = [f"{WEEKDAYS[day].capitalize()}s" for day in sorted(limit.weekdays)]
                yield f"Nobody is contacted on {_and([*days, *['public holidays'] * limit.holidays])}."
            case _:  # days without business are told with the time
                continue


def _ends(policy: Policy) -> Iterator[str]:
    if policy.pause_while:
        yield f"The case waits while {_or(text for pause, text in _PAUSES.items() if pause in policy.pause_while)}."
    if policy.stop_when:
        yield f"It ends when {_or(text for stop, text in _STOPS.items() if stop in policy.stop_when)}."


def _law(policy: Policy) -> Iterator[str]:
    names = [name for name in policy.law if name != SCHEMES]
    if names:
        yield f"Whatever this policy says, the rulebook{'s' * (len(names) > 1)} {_and(names)} must allow each contact."
    else:
        yield "No rulebook is enforced: lawful contact is left to this policy."
    if SCHEMES in policy.books:
        yield f"A payment is tried again only within the limits of its scheme: the rulebook {SCHEMES} must allow each try."


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def _amount(amount: Amount | None) -> str:
    return "" if amount is None else show_amount(amount)


def _and(words: Iterable[str]) -> str:
    return _joined(words, "and")


def _or(words: Iterable[str]) -> str:
    return _joined(words, "or")


def _joined(words: Iterable[str], last: str) -> str:
    *first, final = words
    return f"{', '.join(first)} {last} {final}" if first else final
