"""What a case tells of the person: what does not suit them, to what they agreed, who speaks for them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from dunning_engine.domain.arrangements import HoldReason
from dunning_engine.domain.docket import CallConsent, Fact, InconvenientTime, TimeConsent
from dunning_engine.domain.parties import Channel
from dunning_engine.kernel.calendar import Instant, day_start
from dunning_engine.testing.law_told import Facts
from dunning_engine.testing.law_view import CHANNELS, LONG_AGO, View

_WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_LAST_MINUTE: Final = 1439
_STOPS: Final = re.compile(r"\b(stop|not|never|no more|no longer|don't|cease|leave|quit)\b", re.IGNORECASE)
"""How people say that they want no more contact."""


def person_facts(view: View) -> dict[str, Fact]:
    """The facts of the docket that are about the person."""
    given, consumer = view.given, view.consumer
    facts: dict[str, Fact] = {
        "inconvenient_times": tuple(t for told in consumer.groups("inconvenient_times") for t in _times(told, view)),
        "inconvenient_places": frozenset(consumer.texts("inconvenient_places")),
        "inconvenient_now": given.group("in_call_discovery").flag("inconvenient", False),
        "employer_prohibits": _employer_prohibits(view),
        "time_consents": tuple(_time_consents(view)),
        "call_consents": tuple(_call_consents(view)),
        "electronic_consent": given.flag("electronic_consent", True),
        "esign_consent": given.flag("esign_consent", True),
        "address_known_bad": _is_bad(given.group("address")),
    }
    maybe: dict[str, Fact | None] = {
        "place": consumer.text("known_current_place"),
        "known_name": given.text("known_name"),
        "oral_stop": _oral_stop(view),
        "spanish_requested": view.at(given, "spanish_requested"),
        "court_permission_until": view.last_day(given.group("court_permission"), "until"),
    }
    return {**facts, **{term: fact for term, fact in maybe.items() if fact is not None}}


def holds(view: View) -> frozenset[HoldReason]:
    """What stands in the way of any contact with the person."""
    found = {
        HoldReason.CEASE: _has_ceased(view),
        HoldReason.ATTORNEY: _is_represented(view),
        HoldReason.DECEASED: view.consumer.flag("deceased", False),
    }
    return frozenset(reason for reason, stands in found.items() if stands)


def refused_channels(view: View) -> frozenset[Channel]:
    """Media that the person asked not to be used; a refused call is refused in every form."""
    channels = (CHANNELS[medium][0] for medium in view.consumer.texts("blocked_media"))
    return frozenset(channel for channel in channels if channel is not None)


def _has_ceased(view: View) -> bool:
    """Whether a notice in writing has come that asks to stop, or refuses to pay, this debt or all."""
    notice = view.given.group("cease_notice")
    written = notice.text("form") != "email" or notice.flag("medium_accepted_by_collector", True)
    arrived = view.has_come(notice, "received" if notice.has("received") else "sent")
    return view.given.has("cease_notice") and written and arrived and view.is_about(notice.texts("debts"))


def _is_represented(view: View) -> bool:
    """Whether an attorney stands between; one whose address is not known does as well (C22)."""
    attorney = view.consumer.group("attorney")
    debt = attorney.text("for_debt")
    excused = attorney.flag("unresponsive", False) or attorney.flag("consents_direct", False)
    represented = attorney.flag("represented", view.consumer.has("attorney"))
    return represented and not excused and view.is_about((debt,) if debt else ())


def _employer_prohibits(view: View) -> bool:
    """What the employer or the person said; a request that lapsed for want of writing is still known (C27)."""
    asked = view.given.has("work_request") and view.has_come(view.given.group("work_request"), "at")
    return asked or view.consumer.flag("employer_prohibits", False)


def _oral_stop(view: View) -> Instant | None:
    said = view.given.group("oral_statement")
    stops = view.given.has("oral_statement") and _STOPS.search(said.text("content") or "stop")
    return (view.at(said, "at") or LONG_AGO) if stops else None


def _is_bad(address: Facts) -> bool:
    return address.flag("known_bad", False) or not address.flag("last_known", True)


# Times and consents ---------------------------------------------------------------------------------------------------------


def _times(told: Facts, view: View) -> Iterator[InconvenientTime]:
    """Hours that do not suit; those over midnight end on the next day."""
    weekdays = frozenset(map(_WEEKDAYS.index, told.texts("weekdays")))
    usual = InconvenientTime(
        weekdays=weekdays,
        through=view.last_day(told, "through"),
        withdrawn=view.at(told, "withdrawn_at"),
    )
    whole = told.flag("all_day", False)
    first = 0 if whole else told.minute("from", 0)
    last = _LAST_MINUTE if whole else told.minute("to", _LAST_MINUTE)
    if first <= last:
        yield usual._replace(first=first, last=last)
        return
    yield usual._replace(first=first)
    yield usual._replace(weekdays=frozenset((day + 1) % 7 for day in weekdays), last=last)


def _consents(view: View, scope: str) -> Iterator[Facts]:
    """Consents that were given to this collector; those that others received do not pass on."""
    own = {"debt_collector", None} | ({"creditor"} if view.collector.startswith("first_party") else set())
    for consent in view.given.groups("consents"):
        if consent.text("scope") == scope and consent.text("given_to") in own:
            yield consent


def _time_consents(view: View) -> Iterator[TimeConsent]:
    for consent in _consents(view, "time"):
        debt, last = consent.text("debt"), view.last_day(consent, "limited_to")
        ends = [view.at(consent, "revoked_at"), None if last is None else day_start(last + 1, view.zone)]
        if view.is_about((debt,) if debt else ()):
            yield TimeConsent(
                first=consent.minute("from", 0),
                last=consent.minute("to", _LAST_MINUTE),
                given=view.at(consent, "at") or LONG_AGO,
                revoked=min((end for end in ends if end is not None), default=None),
            )


def _call_consents(view: View) -> Iterator[CallConsent]:
    for consent in _consents(view, "calls"):
        debt = consent.text("debt")
        yield CallConsent(
            given=view.at(consent, "at") or LONG_AGO,
            debt=view.identities((debt,))[0] if debt else None,
            until=view.last_day(consent, "limited_to"),
            revoked=view.at(consent, "revoked_at"),
        )
