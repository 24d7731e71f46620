"""On which basis a case lets an e-mail address or number be used, and which of them the person refused."""

from __future__ import annotations

from typing import Final

from dunning_engine.domain.docket import Fact
from dunning_engine.domain.parties import Channel
from dunning_engine.kernel.calendar import DAY_SECONDS, Instant
from dunning_engine.testing.law_attempt import address
from dunning_engine.testing.law_told import Facts
from dunning_engine.testing.law_view import LONG_AGO, View

NOTICE_DAYS: Final = 35
"""Days to opt out that a creditor's notice about the hand-over of an address gives (12 CFR 1006.6(d)(4)(ii)(C)(5))."""


def address_facts(view: View) -> dict[str, Fact]:
    """The facts of the docket that are about addresses; what a case leaves out of a basis is met."""
    facts: dict[str, Fact] = {
        "refused_addresses": _refused(view),
        "address_led_to_others": view.given.flag("known_disclosure_address", False),
        **_email(view),
        **_sms(view),
    }
    opted_out = _opted_out_at(view)
    return facts if opted_out is None else {**facts, "opted_out_at": opted_out}


def _basis(view: View, key: str, usual: str) -> tuple[str | None, Facts]:
    """A basis and its kind; the usual kind where the case has none, and no kind where it says that there is none."""
    basis = view.given.group(key)
    known_not = (key in view.given and not view.given.has(key)) or ("kind" in basis and not basis.has("kind"))
    return None if known_not else basis.text("kind") or usual, basis


# E-mail -----------------------------------------------------------------------------------------------------------------


def _email(view: View) -> dict[str, Fact]:
    kind, basis = _basis(view, "email_basis", "consumer_used")
    if kind is None:
        return {}
    facts: dict[str, Fact] = {
        "email_basis": kind,
        "email_about_debt": basis.flag("about_debt", True),
        "email_use_disclosed": basis.flag("disclosed_use", True),
        "email_opted_out": _email_opted_out(view, basis),
        "email_of_employer": basis.flag("known_employer_provided", False),
        **_handover(view, basis),
        **_chain(basis),
    }
    if basis.has("withdrawn_at"):
        facts["email_consent_withdrawn"] = view.at(basis, "withdrawn_at") or LONG_AGO
    return facts


def _handover(view: View, basis: Facts) -> dict[str, Fact]:
    """The creditor's notice; a deadline that is not told gives the person just enough days."""
    sent = view.at(basis, "notice_sent") or LONG_AGO
    deadline = view.last_day(basis, "opt_out_deadline")
    facts: dict[str, Fact] = {
        "email_from_consumer": basis.flag("obtained_from_consumer", True),
        "email_creditor_stopped": basis.flag("asked_creditor_to_stop", False),
        "email_notice_names_collector": basis.flag("names_specific_collector", True),
        "email_notice_deadline": view.day(sent) + NOTICE_DAYS if deadline is None else deadline,
    }
    if "notice_sent" not in basis or basis.has("notice_sent"):
        facts["email_notice_sent"] = sent
    words = (
        ("email_creditor_use", "creditor_used_for", "account_statements"),
        ("email_notice_medium", "notice_medium", "electronic"),
        ("email_notice_opt_out", "opt_out_method", "hyperlink"),
        ("email_notice_respond_to", "respond_to", "collector_only"),
        ("email_domain", "domain", "public"),
    )
    for term, key, usual in words:
        told = basis.text(key) if key in basis else usual
        if told is not None:
            facts[term] = told
    return facts


def _chain(basis: Facts) -> dict[str, Fact]:
    """Earlier collectors, the last one last."""
    chain = basis.groups("chain")
    told = [member for member in chain if "obtained_properly" in member]
    return {
        "email_chain_obtained": not told or any(member.flag("obtained_properly", False) for member in told),
        "email_chain_last_used": not chain or chain[-1].flag("used", True),
        "email_chain_opted_out": any(member.flag("opted_out", False) for member in chain),
    }


def _email_opted_out(view: View, basis: Facts) -> bool:
    told = basis.flag("opted_out", False) or basis.has("opted_out_at")
    return told and view.has_come(basis, "opted_out_at")


# Texts ------------------------------------------------------------------------------------------------------------------


def _sms(view: View) -> dict[str, Fact]:
    """A text or consent without a date is a recent one; a check that is not told was not made."""
    kind, basis = _basis(view, "sms_basis", "consumer_texted")
    if kind is None:
        return {}
    facts: dict[str, Fact] = {"sms_basis": kind, "sms_reassigned": basis.text("result") == "reassigned"}
    if kind == "consumer_texted":
        facts["sms_last_text"] = _latest(view, basis, "last_text")
    if kind == "direct_consent":
        facts["sms_consent"] = _latest(view, basis, "given", "renewed")
    checked = view.at(basis, "reassigned_check")
    if checked is not None and basis.text("database") != "incomplete_vendor":
        facts["sms_checked"] = checked
    return facts


def _latest(view: View, basis: Facts, *keys: str) -> Instant:
    """The latest of some instants that lie behind; where only later ones are told, the first of them."""
    told = [at for key in keys if (at := view.at(basis, key)) is not None]
    if not told:
        return view.now - (LONG_AGO if keys[0] in basis else DAY_SECONDS)
    return max((at for at in told if at <= view.now), default=min(told))


# Refusals ---------------------------------------------------------------------------------------------------------------


def _refused(view: View) -> frozenset[str]:
    """The addresses that the person refused, for what the attempt is."""
    consumer = view.consumer
    refused = set(consumer.texts("blocked_numbers"))
    if view.channel is Channel.EMAIL:
        refused.update(consumer.texts("email_opt_outs"))
        if _email_opted_out(view, view.given.group("email_basis")):
            refused.add(address(view))
    if view.channel is Channel.SMS:
        refused.update(consumer.texts("sms_opt_outs"))
        if view.given.has("sms_opt_out") and view.has_come(view.given.group("sms_opt_out"), "at"):
            refused.add(address(view))
    return frozenset(refused)


def _opted_out_at(view: View) -> Instant | None:
    """When consent to automated calls and texts was taken back; an opt-out without a date was long ago."""
    given = view.given
    if given.has("sms_opt_out"):
        return view.at(given.group("sms_opt_out"), "at") or LONG_AGO
    if given.has("opt_out_received_at"):
        return view.at(given, "opt_out_received_at")
    return LONG_AGO if address(view) in view.consumer.texts("sms_opt_outs") else None
