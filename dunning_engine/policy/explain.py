"""A policy as plain English, paragraph by paragraph, for people who never saw the file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from dunning_engine.domain.limits import CONTACT_LIMIT, WEEKDAYS, ClosedDays, ContactLimit, Hours, RestAfterPromise
from dunning_engine.domain.parties import Channel, Collector
from dunning_engine.domain.verbs import Do
from dunning_engine.kernel.money import Money
from dunning_engine.policy.explain_arrangements import waits_explained
from dunning_engine.policy.explain_conditions import all_of, either, listed, segments_told
from dunning_engine.policy.explain_money import money as money_told
from dunning_engine.policy.explain_steps import step_told
from dunning_engine.policy.ledger import terms_told
from dunning_engine.policy.model import SCHEMES, CatchUp, Lead, OnLeadPaid, Pause, Policy, Restore, Roll, Stop, Unit

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

_RESTORED = {
    Restore.PAID: "everything is paid",
    Restore.PROMISE_OPEN: "a promise to pay is open",
    Restore.PLAN_ON_TRACK: "a payment plan is on track",
    Restore.DISPUTED: "a debt is disputed",
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
        *(" ".join(step_told(policy, number, dates.get(step.name))) for number, step in enumerate(policy.steps, 1)),
        " ".join(money_told(policy)),
        " ".join(_limits(policy)),
        terms_told(policy.terms),
        " ".join(_ends(policy)),
        " ".join(waits_explained(policy.arranged, policy.pause_while)),
        " ".join(_law(policy)),
    ]
    return "\n\n".join(paragraph for paragraph in paragraphs if paragraph) + "\n"


def _scope(policy: Policy) -> Iterator[str]:
    yield (
        f"This policy is for debts where {all_of(policy.applies_to)}; that is asked once, when a case is opened."
        if policy.applies_to
        else "This policy is for every debt."
    )
    if policy.collector is Collector.FIRST_PARTY:
        yield "We collect our own debts in our own name."
    else:
        yield "We collect for others."
    if policy.regulated_as:
        yield f"We are regulated as {listed(policy.regulated_as)}."
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
        yield f"An open amount of up to {either(amounts)} counts as paid."
    if policy.minimum:
        least = sorted(str(Money.of_minor(minor, currency)) for currency, minor in policy.minimum.items())
        yield f"Nobody is asked for what is overdue before it comes to {either(least)}."
    yield f"Two contacts are at least {policy.min_gap} apart."
    yield _CATCH_UP[policy.catch_up]


def _rolls(policy: Policy) -> Iterator[str]:
    yield f"A contact on any other day {_ROLLED.get(policy.roll, 'goes out all the same')}."
    for channel, roll in policy.rolls.items():
        yield f"{_BY_CHANNEL[channel]} on such a day {_ROLLED.get(roll, 'goes out all the same')}."


# Limits and ends ------------------------------------------------------------------------------------------------------


def _limits(policy: Policy) -> Iterator[str]:
    for _, limit in policy.rules:
        match limit:
            case ContactLimit():
                yield f"At most {CONTACT_LIMIT.show(limit)}."
            case RestAfterPromise():
                yield f"There are {CONTACT_LIMIT.show(limit)}."
            case Hours():
                hours = listed(f"from {_clock(first)} to {_clock(last + 1)}" for first, last in limit.windows)
                yield f"Calls and messages are made {hours} only, in every zone where the debtor may be."
            case ClosedDays() if not limit.non_business:
                days = [f"{WEEKDAYS[day].capitalize()}s" for day in sorted(limit.weekdays)]
                yield f"Nobody is contacted on {listed([*days, *['public holidays'] * limit.holidays])}."
            case _:  # days without business are told with the time
                continue


def _ends(policy: Policy) -> Iterator[str]:
    if policy.pause_while:
        yield f"The case waits while {either(text for pause, text in _PAUSES.items() if pause in policy.pause_while)}."
    if policy.stop_when:
        yield f"It ends when {either(text for stop, text in _STOPS.items() if stop in policy.stop_when)}."
    if Do.RESTRICT in policy.verbs and policy.restore_when:
        back = either(text for word, text in _RESTORED.items() if word in policy.restore_when)
        yield f"What was restricted is given back, without a step, when {back}."
    elif Do.RESTRICT in policy.verbs:
        yield "What was restricted is given back by a step alone."
    asked = dict.fromkeys(
        spec.name for step in policy.steps for choice in step.actions for spec in choice if spec.do is Do.HOST
    )
    if asked:
        yield f"What {listed(asked)} {'means' if len(asked) == 1 else 'mean'} is up to your own application, which is asked to do it."


def _law(policy: Policy) -> Iterator[str]:
    names = [name for name in policy.law if name != SCHEMES]
    if names:
        yield f"Whatever this policy says, the rulebook{'s' * (len(names) > 1)} {listed(names)} must allow each contact."
    else:
        yield "No rulebook is enforced: lawful contact is left to this policy."
    if SCHEMES in policy.books:
        yield f"A payment is tried again only within the limits of its scheme: the rulebook {SCHEMES} must allow each try."


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"
