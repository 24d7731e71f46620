"""What a case tells of the debt: validation, disputes, notices, reports, records."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from dunning_engine.domain.contacts import ContactLog
from dunning_engine.domain.docket import Challenge, Fact, Notice
from dunning_engine.kernel.calendar import Instant
from dunning_engine.testing.law_contacts import first_communication
from dunning_engine.testing.law_told import Facts
from dunning_engine.testing.law_view import LONG_AGO, View

_NOTICES: Final = {
    "mailed": "sent",
    "electronic_message": "sent",
    "conversation": "spoke",
    "undeliverable": "returned",
    "furnished": "reported",
}
"""What the events of a case are to the rule on credit bureaus; a bare call-back message is nothing to it."""


def debt_facts(view: View, log: ContactLog) -> dict[str, Fact]:
    """The facts of the docket that are about the debt."""
    given = view.given
    facts: dict[str, Fact] = {
        "debt_kind": given.text("debt_kind") or "consumer",
        "challenges": tuple(_challenges(view)),
        "notices": tuple(_notices(view)),
        "monitored": given.flag("monitored", True),
        "disputed": _is_disputed(view),
        "dispute_flagged": given.flag("dispute_flag", True),
        "legal_action_intended": given.flag("legal_action_intended", True),
        "amount_authorised": _amount_authorised(given.group("fee")),
        **_charge_authorised(given.group("fee")),
        "spanish_offered": given.flag("optional_spanish_disclosure", False),
        **_validation_notice(view),
        **_validation(view, log),
    }
    expired = view.last_day(given.group("debt"), "limitation_expired")
    if expired is not None:  # on the day on which it expires a court is no longer asked: the stricter reading
        facts["limitation_expired"] = expired - 1
    return {**facts, **{term: at for term, at in _happened(view) if at is not None}}


def _happened(view: View) -> Iterator[tuple[str, Instant | None]]:
    """What happened, and when; what the law waits for happened long ago where a case does not mention it."""
    given = view.given
    request = given.group("original_creditor_request")
    yield "paid", view.at(given, "paid")
    yield "duplicate_notice", view.at(given, "duplicative_notice_sent")
    yield "creditor_asked", view.at(request, "received")
    yield "creditor_told", view.at(request, "answered")
    yield "last_activity", _long_ago(view, "last_collection_activity")
    yield "recorded_at", _long_ago(view, "call_at")
    key = "written_notice_mailed" if "written_notice_mailed" in given else "written_notice_sent"
    yield "written_notice", _long_ago(view, key)
    yield "letter_of_claim", LONG_AGO


def _long_ago(view: View, key: str) -> Instant | None:
    return view.at(view.given, key) if key in view.given else LONG_AGO


def _amount_authorised(fee: Facts) -> bool:
    return fee.flag("authorised_by_agreement", True) or fee.flag("permitted_by_law", True)


def _charge_authorised(fee: Facts) -> dict[str, Fact]:
    """What allows a charge; of a fee that nothing allows, nobody can tell it."""
    if fee.flag("authorised_by_agreement", True):
        return {"charge_authorised": "agreement"}
    return {"charge_authorised": "law"} if fee.flag("permitted_by_law", True) else {}


# Validation ---------------------------------------------------------------------------------------------------------------


def _validation(view: View, log: ContactLog) -> dict[str, Fact]:
    """When the person was first told of the debt, when the validation information came, and when its period ends.

    A period of which nothing is said ended long ago; with a request that was made within it, nobody knows when.
    """
    begun, provided = _begun(view, log), _provided(view, log)
    end = view.last_day(view.given, "validation_end")
    facts: dict[str, Fact] = {}
    if end is not None or not view.given.has("original_creditor_request"):
        facts["validation_end"] = view.day(LONG_AGO) if end is None else end
    if begun is not None:
        facts["initial_communication"] = begun
    if provided is not None:
        facts["validation_provided"] = provided
    return facts


def _begun(view: View, log: ContactLog) -> Instant | None:
    """The first communication; where only the missing notice is told, the first of the contacts that is one."""
    given = view.given
    if "initial_communication" in given:
        return view.at(given, "initial_communication")
    if "validation_notice_sent" in given:
        return view.at(given, "validation_notice_sent") or first_communication(log)
    sent = [at for notice in given.groups("notices") if (at := view.at(notice, "sent")) is not None]
    return min(sent, default=LONG_AGO)


def _provided(view: View, log: ContactLog) -> Instant | None:
    """The last notice that did not come back, or the first communication where it said the same."""
    given = view.given
    if given.flag("validation_oral", False):
        return _begun(view, log) or view.now
    if "validation_notice_sent" in given:
        return _unreturned(view, view.at(given, "validation_notice_sent"))
    if given.has("undeliverable"):
        return _unreturned(view, LONG_AGO)
    notices = given.groups("notices")
    if not notices:
        return LONG_AGO
    arrived = [view.at(notice, "sent") or LONG_AGO for notice in notices if not notice.flag("undeliverable", False)]
    return max((at for at in arrived if at <= view.now), default=None)


def _unreturned(view: View, sent: Instant | None) -> Instant | None:
    """A notice counts as not sent once it came back."""
    returned = view.at(view.given, "undeliverable")
    came_back = sent is not None and returned is not None and sent <= returned <= view.now
    return None if came_back else sent


def _validation_notice(view: View) -> dict[str, Fact]:
    """Whether a validation notice says what it has to."""
    notice = view.given.group("notice")
    itemised = notice.group("itemization")
    dates = {notice.text("account_number_reference"), notice.text("amount_reference")} - {None}
    return {
        "itemised_fully": all(itemised.has(key) for key in itemised.values),
        "one_itemisation_date": len(dates) < 2,
        "named_fully": _named_fully(view.given.text("known_name"), notice.text("name")),
        "validation_end_as_computed": _end_as_computed(view),
    }


def _named_fully(known: str | None, said: str | None) -> bool:
    """Whether no part of a name is left out."""
    return known is None or said is None or set(known.casefold().split()) <= set(said.casefold().split())


def _end_as_computed(view: View) -> bool:
    """Whether the last notice states the end that follows from its own sending, and not from an earlier one."""
    notices = view.given.groups("notices")
    if not notices:
        return True
    last = max(notices, key=lambda notice: view.at(notice, "sent") or LONG_AGO)
    sent, based = last.moment("sent"), last.moment("stated_end_date_based_on")
    return sent is None or based is None or view.day(based) == view.day(sent)


# Disputes -----------------------------------------------------------------------------------------------------------------


def _challenges(view: View) -> Iterator[Challenge]:
    """Disputes, in whatever form and whenever they came (C24); who collects for itself may ask for the rest."""
    given = view.given
    rest = view.collector != "third_party" and view.attempt.text("portion") == "undisputed"
    for dispute in given.groups("disputes"):
        if rest and dispute.text("scope") == "part":
            continue
        received = view.at(dispute, "received") or LONG_AGO
        answered = view.at(dispute, "verification_sent")
        yield Challenge(
            received=received,
            answered=_answer(view, received) if answered is None else answered,
            repeats="new_material_information" in dispute and not dispute.has("new_material_information"),
        )
    if given.has("dispute"):
        received = view.at(given.group("dispute"), "at") or LONG_AGO
        yield Challenge(received, _answer(view, received))
    if _concerns(view, given.texts("disputed_debts")):
        yield Challenge(LONG_AGO, _answer(view, LONG_AGO))


def _answer(view: View, received: Instant) -> Instant | None:
    """The verification that the case tells for all disputes; it answers those that came before."""
    sent = view.at(view.given, "verification_sent")
    return sent if sent is not None and sent >= received else None


def _is_disputed(view: View) -> bool:
    given = view.given
    orally = given.has("dispute") and view.has_come(given.group("dispute"), "at")
    disputes = any(view.has_come(dispute, "received") for dispute in given.groups("disputes"))
    return orally or disputes or _concerns(view, given.texts("disputed_debts"))


def _concerns(view: View, debts: tuple[str, ...]) -> bool:
    return bool(debts) and view.is_about(debts)


# Reports ------------------------------------------------------------------------------------------------------------------


def _notices(view: View) -> Iterator[Notice]:
    """What came to the person before a report; a case without events had a notice long ago."""
    if "events" not in view.given:
        yield Notice("sent", LONG_AGO)
    for event in view.given.groups("events"):
        for key, what in _NOTICES.items():
            at = view.at(event, key)
            if at is not None:
                yield Notice(what, at)
