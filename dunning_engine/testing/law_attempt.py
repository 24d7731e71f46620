"""What a case tells of the attempt itself: its form, its text, its envelope, and what it is part of."""

from __future__ import annotations

from typing import Final

from dunning_engine.domain.contacts import ContactLog
from dunning_engine.domain.docket import TERMS, Fact
from dunning_engine.domain.parties import Channel
from dunning_engine.testing.law_contacts import call_under_way, goes_on, has_communicated, is_reply
from dunning_engine.testing.law_view import CHANNELS, LINES, View, addressee, usual_line

EVERYTHING: Final = frozenset(TERMS["carries"].words)
UNNAMED: Final = "another address"
"""The address of an attempt that names none: not one of those that somebody refused."""

_CONTENTS: Final = {
    "names_credit_card_receivables_group": "names_the_collector",
    "states_debt_collector": "names_the_collector",
    "confirmation_plus_payment_link": "more_than_allowed",
}
_REQUIRED: Final = frozenset({"regx_early_intervention", "regz_periodic_statement"})
"""Purposes for which other laws prescribe paper, until the person consents to something else."""

_POST: Final = ("post", "mail", "letter", "write")
_TELEPHONE: Final = ("call", "phone")


AUTOMATED_LAW: Final = "us/tcpa"
"""The law that speaks only of machines: a case that names it is about one, unless it says otherwise."""

_MARKINGS: Final = {
    "neutral": "neutral_business_name",
    "address": "return_address",
    "barcode": "imb_barcode",
    "forwarding": "forwarding_language",
    "post": "postal_marks",
    "stamp": "postage",
}


def attempt_facts(view: View, log: ContactLog) -> dict[str, Fact]:
    """The facts of the docket that are about the attempt."""
    attempt, given = view.attempt, view.given
    facts: dict[str, Fact] = {
        "purpose": view.purpose,
        "form": CHANNELS[view.medium][1],
        "addressee": addressee(attempt, given),
        "address": address(view),
        "content": _content(view),
        "automated": attempt.flag("automated", AUTOMATED_LAW in view.case.facts.texts("law")),
        "solicitation": given.text("message_kind") == "telephone_solicitation",
        "same_call": goes_on(view),
        "in_session": _in_session(view),
        "reply": is_reply(attempt, view, view.now) or _answers_a_call(view, log),
        "carries": _carries(view),
        "all_languages_disclose": _all_languages_disclose(view),
        "identity_disclosed": attempt.flag("identity_disclosed", True),
        "visible_to_others": attempt.text("visible_to") in {"contacts", "public"},
        "first_communication": _is_first(view, log),
        "first_writing": attempt.flag("first_written", False),
        "medium_required": _medium_required(view),
        "in_spanish": attempt.text("language") in {"es", None},
        "bureau": given.text("bureau") or "nationwide",
        **_opt_out(view),
        **_line(view),
    }
    if attempt.has("envelope"):
        facts["envelope"] = frozenset(_marking(item) for item in attempt.texts("envelope"))
    for word in ("record", "scheme", "decline"):
        if told := attempt.text(word):
            facts[word] = told
    deadline = view.last_day(attempt, "deadline")
    if deadline is not None:
        facts["deadline"] = deadline
    return facts


def _marking(item: str) -> str:
    """What is printed on an envelope, in a word of the docket; free text is never one of those that the mail needs."""
    if item in TERMS["envelope"].words:
        return item
    if ":" in item or "debt" in item or "collect" in item:
        return "other"
    return next((word for part, word in _MARKINGS.items() if part in item), "other")


def address(view: View) -> str:
    """The address or number that the attempt uses."""
    keys = ("to", "number") if view.channel is Channel.EMAIL else ("number", "to")
    return next((found for key in keys if (found := view.attempt.text(key))), UNNAMED)


def _line(view: View) -> dict[str, Fact]:
    """The kind of number or address; letters of which nothing is said go home, which the law knows by itself."""
    told = LINES.get(view.attempt.text("number_kind") or "")
    if view.channel is Channel.LETTER and told is None:
        kind = view.attempt.text("address_kind")
        return {"line": kind.removesuffix("_address")} if kind else {}
    return {"line": told or usual_line(view.channel)}


def _content(view: View) -> str:
    told = view.attempt.text("content")
    if told is not None:
        return _CONTENTS.get(told, told)
    if view.purpose == "opt_out_confirmation":
        return "confirmation_only"
    return "required_only" if view.medium == "lcm_voicemail" else "neutral"


def _in_session(view: View) -> bool:
    """Whether the person is using the portal; a session that is over is none."""
    session = view.given.group("portal_session")
    start, end = view.at(session, "from"), view.at(session, "to")
    within = (start is None or start <= view.now) and (end is None or view.now <= end)
    began = view.medium == "portal" and session.has("from")
    return view.attempt.flag("in_session", began) and within


def _answers_a_call(view: View, log: ContactLog) -> bool:
    """Whether the person is on the telephone because they called themselves."""
    call = call_under_way(view, log)
    return call is not None and call.inbound


# The text ---------------------------------------------------------------------------------------------------------------


def _carries(view: View) -> frozenset[str]:
    """What the text carries: everything, unless the case says what."""
    carried = EVERYTHING
    if "disclosures" in view.attempt:
        said = set(view.attempt.texts("disclosures"))
        if "attempt_to_collect" in said:  # who says that they attempt to collect a debt says that they are a collector
            said.add("from_debt_collector")
        carried = frozenset(said | {"opt_out"})
    message = view.attempt.group("message")
    silent = "opt_out" in message and not message.has("opt_out")
    if silent or not view.attempt.flag("opt_out_notice", True):
        carried -= {"opt_out"}
    return carried


def _opt_out(view: View) -> dict[str, Fact]:
    """How the message lets the person opt out."""
    message = view.attempt.group("message")
    facts: dict[str, Fact] = {
        "opt_out_costs": message.flag("fee", False),
        "opt_out_asks_more": bool(message.texts("extra_information_required")),
        "opt_out_legible": message.flag("legible", True),
    }
    told = message.text("opt_out")
    if told is not None:
        facts["opt_out_method"] = _method(told)
    return facts


def _method(told: str) -> str:
    """A way to opt out; one of which nothing is known is no simple one."""
    if told in TERMS["opt_out_method"].words:
        return told
    if any(part in told for part in ("stop", "reply")):
        return "reply_stop"
    if any(part in told for part in _POST):
        return "postal_mail"
    if any(part in told for part in _TELEPHONE):
        return "telephone"
    return "hyperlink" if "link" in told and "no_link" not in told else "website_no_link"


def _all_languages_disclose(view: View) -> bool:
    """Whether every language says what any of them says."""
    if not view.attempt.has("disclosures_by_language"):
        return True
    said = view.attempt.group("disclosures_by_language")
    languages = view.attempt.texts("languages") or tuple(said.values)
    each = [frozenset(said.texts(language)) for language in languages]
    return all(one and one == each[0] for one in each)


def _is_first(view: View, log: ContactLog) -> bool:
    """Whether it is the first communication; a case that says nothing of disclosures does not ask."""
    attempt, given = view.attempt, view.given
    if attempt.has("is_initial_communication"):
        return attempt.flag("is_initial_communication", False)
    begun = given.has("initial_communication") and view.has_come(given, "initial_communication")
    done = begun or given.flag("initial_communication_done", False)
    return "disclosures" in attempt and not done and not has_communicated(view, log)


def _medium_required(view: View) -> bool:
    on_paper = view.purpose in _REQUIRED and view.channel is Channel.LETTER
    return on_paper and not view.consumer.flag("esign_statement_consent", False)
