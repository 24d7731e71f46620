"""From a case to what the gate is asked: what a case leaves out is harmless, and that is written into the facts."""

from __future__ import annotations

import pytest
import yaml

from dunning_engine.domain.arrangements import HoldReason
from dunning_engine.domain.contacts import Outcome
from dunning_engine.domain.docket import TERMS, CallConsent, Challenge, InconvenientTime, Notice, Sort, TimeConsent
from dunning_engine.domain.parties import Channel, Collector, PartyKind
from dunning_engine.kernel.calendar import day_of, parse_instant
from dunning_engine.kernel.errors import UsageError
from dunning_engine.testing.law_cases import parse_law_cases
from dunning_engine.testing.law_situation import asked
from dunning_engine.testing.law_view import LONG_AGO

AT = "2026-06-10T12:00:00-04:00"


def ask(given=None, attempt=None, consumer=None, **case):
    """What the gate is asked about a case of these facts."""
    home = {"locations": [{"kind": "residential_address", "tz": "America/New_York"}]}
    told = {
        "id": "one",
        "law": ["us/reg-f"],
        "given": {"consumer": {**home, **(consumer or {})}, **(given or {})},
        "attempt": {"at": AT, "channel": "call", **(attempt or {})},
        "expected": "allowed",
        **case,
    }
    text = yaml.safe_dump({"kind": "law-cases", "contact_cases": [told]})
    parsed = parse_law_cases(text.encode(), file="law.yaml", laws=("us/reg-f",))
    assert parsed.diagnostics == ()
    return asked(parsed.contacts[0])


def facts(given=None, attempt=None, consumer=None, **case):
    return ask(given, attempt, consumer, **case).situation.docket


def contacts(*told, **given):
    return ask({"prior_contacts": list(told), **given}).situation.contacts.contacts


def prior(at="2026-06-08T10:00:00-04:00", channel="call", direction="outbound", **more):
    return {"at": at, "channel": channel, "direction": direction, **more}


def test_terms():
    """Every fact has a term of the docket, and a value of its sort."""
    docket = facts(
        {
            "email_basis": {"kind": "direct_consent", "withdrawn_at": "2026-01-01"},
            "sms_basis": {"kind": "direct_consent", "reassigned_check": "2026-01-01"},
            "debt": {"limitation_expired": "2026-01-01"},
        },
        {"envelope": ["postage", "text:pay now"], "deadline": "2026-07-01", "message": {"opt_out": "hyperlink"}},
        {"known_current_place": "home"},
    )
    kinds = {Sort.WORD: str, Sort.FLAG: bool, Sort.WORDS: frozenset, Sort.HAPPENED: int, Sort.DAY: int, Sort.TEXT: str}
    for term, value in docket.items():
        sort = TERMS[term].sort
        assert isinstance(value, kinds.get(sort, tuple)), term
        if TERMS[term].words:
            assert set(value if sort is Sort.WORDS else [value]) <= set(TERMS[term].words), term
    assert docket["envelope"] == {"postage", "other"}
    assert docket["deadline"] == day_of("2026-07-01")


@pytest.mark.parametrize(
    ("medium", "channel", "form"),
    [
        ("call", Channel.CALL, "plain"),
        ("voicemail", Channel.CALL, "voicemail"),
        ("lcm_voicemail", Channel.CALL, "limited_content_message"),
        ("ringless_voicemail", Channel.CALL, "ringless_voicemail"),
        ("legal_pleading", Channel.LETTER, "pleading"),
        ("social_public", Channel.SOCIAL, "public_post"),
        ("proof_of_claim", None, "proof_of_claim"),
        ("purge", None, "plain"),
    ],
)
def test_medium(medium, channel, form):
    """The words of cases are channels and forms here; what reaches nobody has no channel."""
    question = ask(attempt={"channel": medium})
    assert question.action.spec.channel is channel
    assert question.situation.docket["form"] == form


def test_who():
    """Who is told to be a firm is none whom the law protects; every address is there."""
    situation = ask({"jurisdiction": "US-MA"}, collector="either", regulated_as="fca").situation
    assert situation.collector is Collector.THIRD_PARTY
    assert (situation.places, situation.regulators) == ({"US-MA"}, {"fca"})
    assert all(situation.debtor.reachable(channel) for channel in Channel)
    assert ask().situation.places is None
    assert ask(consumer={"kind": "company"}).situation.debtor.kind is PartyKind.BUSINESS
    assert ask({"debt_kind": "commercial"}).situation.debtor.kind is PartyKind.BUSINESS


def test_zones():
    """Every zone counts; an indication that names none leaves none."""
    two = [{"kind": "mobile_area_code", "tz": ["America/Chicago", "America/New_York"]}]
    assert ask(consumer={"locations": two}).situation.zones == ("America/Chicago", "America/New_York")
    lost = ask(consumer={"locations": [*two, {"kind": "landline_area_code", "value": "800"}]}).situation
    assert (lost.zones, lost.zone) == ((), "UTC")
    assert [hint.origin for hint in lost.hints if not hint.zones] == ["800"]


def test_absent_is_harmless():
    """A case that tells nothing has nothing against it."""
    docket = facts()
    assert docket["carries"] == set(TERMS["carries"].words)
    assert docket["validation_provided"] == docket["initial_communication"] == LONG_AGO
    assert docket["notices"] == (Notice("sent", LONG_AGO),)
    assert docket["address"] not in docket["refused_addresses"]
    assert not docket["first_communication"]
    assert (docket["line"], docket["email_basis"], docket["sms_basis"]) == (
        "personal",
        "consumer_used",
        "consumer_texted",
    )
    assert "line" not in facts(attempt={"channel": "letter"})


def test_null_is_known_not_to_be():
    """What a case says not to be is no harmless default."""
    docket = facts({"validation_notice_sent": None, "email_basis": None, "sms_basis": None, "prior_contacts": [prior(outcome="conversation")]})  # fmt: skip
    assert "validation_provided" not in docket
    assert docket["initial_communication"] == parse_instant("2026-06-08T10:00:00-04:00")
    assert "email_basis" not in docket
    assert "sms_basis" not in docket
    assert "opt_out" not in facts(attempt={"channel": "email", "message": {"opt_out": None}})["carries"]


# Contacts -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("told", "outcome"),
    [
        ({"outcome": "busy"}, Outcome.NOT_CONNECTED),
        ({"outcome": "conversation_dropped"}, Outcome.CONVERSATION),
        ({"outcome": "voicemail_left"}, Outcome.MESSAGE),
        ({"outcome": "voicemail_lcm"}, Outcome.CALL_BACK),
        ({"outcome": "voicemail_unable"}, Outcome.NO_MESSAGE),
        ({"outcome": "reached_voicemail_no_message_left"}, Outcome.NO_ANSWER),
        ({}, Outcome.ATTEMPTED),
        ({"direction": "inbound"}, Outcome.CONVERSATION),
        ({"channel": "lcm_voicemail"}, Outcome.CALL_BACK),
        ({"channel": "email"}, Outcome.MESSAGE),
        ({"channel": "letter"}, Outcome.MESSAGE),
        ({"misdirected_known_at": "2026-06-09"}, Outcome.WRONG_NUMBER),
        ({"misdirected_known_at": "2026-06-11"}, Outcome.ATTEMPTED),
    ],
)
def test_outcome(told, outcome):
    """What came of a contact; what is written is read, and no unanswered call."""
    (contact,) = contacts(prior(**told))
    assert contact.outcome is outcome


@pytest.mark.parametrize(
    ("told", "days"),
    [
        ({"count": 3, "from": "2026-06-01", "to": "2026-06-03"}, [1, 2, 3]),
        ({"count": 3, "from": "2026-06-01", "to": "2026-06-07"}, [1, 4, 7]),
        ({"count": 4, "from": "2026-06-01", "to": "2026-06-02"}, [1, 1, 2, 2]),
        ({"count": 1, "from": "2026-06-01", "to": "2026-06-09"}, [1]),
        ({"per_day": 2, "from": "2026-06-01", "to": "2026-06-02"}, [1, 1, 2, 2]),
        ({"count": 0, "from": "2026-06-01", "to": "2026-06-02"}, []),
        ({"count": 2, "from": "2026-06-10", "to": "2026-06-11"}, [10]),
    ],
)
def test_spread(told, days):
    """Numbers of contacts lie at noon, evenly over their days; what lies ahead has not happened."""
    found = contacts({"channel": "email", "direction": "outbound", "replies": 1, **told})
    assert [contact.at for contact in found] == [parse_instant(f"2026-06-{day:02}T12:00:00-04:00") for day in days]
    assert sum(contact.answered for contact in found) == min(1, len(days))


def test_debts():
    """A contact counts for the debt that it is allocated to, and cools off those that were spoken about."""
    accounts = {"debts": ["a", "b", "c"], "student_loan_account": {"a": "loan", "b": "loan"}}
    (whole,) = contacts(prior(outcome="conversation"), **accounts)
    assert whole.debts == whole.discussed == ("loan", "c")
    (one,) = contacts(prior(outcome="conversation", counted_to="c", debts=["a", "c"]), **accounts)
    assert (one.debts, one.discussed) == (("c",), ("loan", "c"))
    (general,) = contacts(prior(outcome="conversation_general", counted_to="c", debts=["a", "c"]), **accounts)
    assert general.discussed == ("c",)
    (drifted,) = contacts(
        prior(outcome="conversation", debts=["a"], conversation_debts=["a", "c"], call_counted_to=["a"])
    )
    assert (drifted.debts, drifted.discussed) == (("a",), ("a", "c"))
    (silent,) = contacts(prior())
    assert (silent.debts, silent.discussed) == ((), ())


def test_debts_of_the_attempt():
    """The debt that it is allocated to, else its own, else the case's, else all that the case names."""
    given = {"debts": ["a", "b"]}
    assert ask(given, {"debts": ["a"], "counted_to": "b"}).situation.debts == ("b",)
    assert ask(given, {"debts": ["a"]}).situation.debts == ("a",)
    assert ask(given).situation.debts == ("a", "b")
    assert ask({"prior_contacts": [prior(debts=["x"])]}).situation.debts == ("x",)
    assert len(ask().situation.debts) == 1


def test_reply():
    """One answer by the same medium to a message of the person's own."""
    first, second = "2026-06-10T10:00:00-04:00", "2026-06-10T11:00:00-04:00"
    wrote = prior(first, "email", "inbound")
    answer = {"channel": "email", "in_reply_to": first}
    assert facts({"prior_contacts": [wrote]}, answer)["reply"]
    assert not facts({"prior_contacts": [wrote]}, {**answer, "channel": "sms"})["reply"]
    assert not facts({"prior_contacts": []}, answer)["reply"]
    again = {"prior_contacts": [wrote, prior(second, "email", in_reply_to=first)]}
    assert not facts(again, answer)["reply"]
    assert [contact.reply for contact in ask(again).situation.contacts] == [False, True]
    asked_back = prior(second, "email", "inbound", in_reply_to=first)
    assert [c.answered for c in contacts(prior(first, "email"), asked_back)] == [True, False]


def test_call_under_way():
    """Within a call that the person began, they are answered; the call is no communication before itself."""
    called = {"prior_contacts": [prior("2026-06-10T11:55:00-04:00", direction="inbound")]}
    docket = facts(called, {"same_call": True, "disclosures": []})
    assert docket["reply"]
    assert docket["first_communication"]
    assert not facts(called, {"disclosures": []})["first_communication"]


def test_an_answer_to_a_call_goes_on_within_it():
    """The person's own call, and their call alone: what answers a text by a call begins one."""
    at = "2026-06-10T11:55:00-04:00"
    called = {"prior_contacts": [prior(at, direction="inbound")]}
    docket = facts(called, {"in_reply_to": at, "disclosures": []})
    assert (docket["reply"], docket["same_call"], docket["first_communication"]) == (True, True, True)
    assert not facts(called)["same_call"]
    wrote = {"prior_contacts": [prior(at, "email", "inbound")]}
    docket = facts(wrote, {"channel": "email", "in_reply_to": at})
    assert (docket["reply"], docket["same_call"]) == (True, False)


def test_contacts_lie_between_a_day_and_a_later_one():
    """A case that tells it the other way round is mistaken; it is not one of no contacts."""
    backwards = {"channel": "email", "from": "2026-06-02", "to": "2026-06-01"}
    with pytest.raises(UsageError, match="contacts from a day to an earlier one are none"):
        contacts({**backwards, "count": 2})
    with pytest.raises(UsageError, match="contacts from a day to an earlier one are none"):
        contacts({**backwards, "per_day": 2})
    assert len(contacts({**backwards, "from": "2026-06-01", "count": 1})) == 1


# Persons ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "consumer", "holds"),
    [
        ({"cease_notice": {"form": "letter", "received": "2026-06-09"}}, {}, {HoldReason.CEASE}),
        ({"cease_notice": {"form": "letter", "received": "2026-06-11"}}, {}, set()),
        ({"cease_notice": {"form": "letter", "received": "2026-06-09", "debts": ["b"]}}, {}, set()),
        ({"cease_notice": {"form": "email", "received": "2026-06-09"}}, {}, {HoldReason.CEASE}),
        (
            {"cease_notice": {"form": "email", "received": "2026-06-09", "medium_accepted_by_collector": False}},
            {},
            set(),
        ),
        ({}, {"attorney": {"represented": True, "name_and_address_known": False}}, {HoldReason.ATTORNEY}),
        ({}, {"attorney": {"represented": True, "for_debt": "b"}}, set()),
        ({}, {"attorney": {"represented": True, "unresponsive": True}}, set()),
        ({}, {"attorney": {"represented": False}}, set()),
        ({}, {"deceased": True}, {HoldReason.DECEASED}),
    ],
)
def test_holds(given, consumer, holds):
    """What stands in the way of any contact, as far as it has come and is about the debt."""
    assert ask({"debts": ["a", "b"], **given}, {"debts": ["a"]}, consumer).situation.holds == holds


def test_consents():
    """Only what was agreed with this collector counts."""
    given_at, until = "2026-06-01T12:00:00-04:00", day_of("2026-06-09")
    consents = [
        {"scope": "time", "given_to": "debt_collector", "at": given_at, "from": "07:00", "to": "08:00"},
        {"scope": "time", "given_to": "creditor", "at": given_at},
        {"scope": "calls", "given_to": "debt_collector", "at": given_at, "debt": "a", "limited_to": "2026-06-09"},
        {"scope": "calls", "given_to": "prior_debt_collector", "at": given_at},
    ]
    docket = facts({"consents": consents, "student_loan_account": {"a": "loan"}})
    assert docket["time_consents"] == (TimeConsent(420, 480, parse_instant(given_at)),)
    assert docket["call_consents"] == (CallConsent(parse_instant(given_at), "loan", until),)


@pytest.mark.parametrize(
    ("collector", "counts"), [("first_party", True), ("first_party_in_default", True), ("third_party", False)]
)
def test_consent_that_the_creditor_was_given(collector, counts):
    """A creditor that collects for itself is the one to whom it was given; no collector for others inherits it."""
    told = {"given_to": "creditor", "at": "2026-06-01T12:00:00-04:00"}
    docket = facts({"consents": [{"scope": "time", **told}, {"scope": "calls", **told}]}, collector=collector)
    assert (len(docket["time_consents"]), len(docket["call_consents"])) == (counts, counts)
    prior_one = facts(
        {"consents": [{"scope": "calls", **told, "given_to": "prior_debt_collector"}]}, collector=collector
    )
    assert prior_one["call_consents"] == ()


def test_inconvenient_times():
    """Hours over midnight end on the next day."""
    times = [{"weekdays": ["sun"], "from": "22:00", "to": "06:00"}, {"all_day": True, "through": "2026-12-31"}]
    assert facts(consumer={"inconvenient_times": times})["inconvenient_times"] == (
        InconvenientTime(frozenset({6}), 1320, 1439),
        InconvenientTime(frozenset({0}), 0, 360),
        InconvenientTime(through=day_of("2026-12-31")),
    )


def test_oral_stop():
    """Only words that ask to stop do."""
    said = {"at": "2026-06-01", "content": "please stop calling"}
    assert "oral_stop" in facts({"oral_statement": said})
    assert "oral_stop" not in facts({"oral_statement": {**said, "content": "call me tomorrow"}})


@pytest.mark.parametrize(
    ("given", "consumer", "attempt", "refused"),
    [
        ({}, {"email_opt_outs": ["a@b.example"]}, {"channel": "email", "to": "a@b.example"}, True),
        ({}, {"email_opt_outs": ["a@b.example"]}, {"channel": "email", "to": "c@d.example"}, False),
        ({}, {"sms_opt_outs": ["M1"]}, {"channel": "sms", "number": "M1"}, True),
        ({}, {"sms_opt_outs": ["M1"]}, {"channel": "call", "number": "M1"}, False),
        ({}, {"blocked_numbers": ["M1"]}, {"channel": "sms", "number": "M1"}, True),
        ({"email_basis": {"opted_out_at": "2026-06-01"}}, {}, {"channel": "email"}, True),
        ({"email_basis": {"opted_out_at": "2026-07-01"}}, {}, {"channel": "email"}, False),
        ({"email_basis": {"opted_out": True}}, {}, {"channel": "email"}, True),
        ({"sms_opt_out": {"at": "2026-06-01"}}, {}, {"channel": "sms"}, True),
    ],
)
def test_refused_addresses(given, consumer, attempt, refused):
    """An opt-out from texts leaves calls; a blocked number takes both."""
    docket = facts(given, attempt, consumer)
    assert (docket["address"] in docket["refused_addresses"]) is refused


def test_refused_media():
    """Who wants no calls wants none in any form."""
    assert ask(consumer={"blocked_media": ["call", "social_private"]}).situation.opted_out == {
        Channel.CALL,
        Channel.SOCIAL,
    }


@pytest.mark.parametrize(
    ("owner", "known", "addressee"),
    [("friend", True, "friend"), ("friend", False, "consumer"), (None, None, "third_party")],
)
def test_addressee(owner, known, addressee):
    """A number of somebody else's counts where the collector knows it."""
    given = {} if owner is None else {"number_owner": owner, "collector_knows_owner": known}
    assert facts(given, {"addressee": "third_party_T" if owner is None else owner})["addressee"] == addressee


# Debts --------------------------------------------------------------------------------------------------------------------


def test_challenges():
    """Disputes of every form and time; one verification for all answers those that came before it."""
    disputes = [
        {"form": "letter", "received": "2026-06-01T09:00:00-04:00"},
        {"form": "oral", "received": "2026-06-05T09:00:00-04:00", "new_material_information": None},
    ]
    docket = facts({"disputes": disputes, "verification_sent": "2026-06-03T09:00:00-04:00"})
    first, second, sent = (parse_instant(f"2026-06-0{day}T09:00:00-04:00") for day in (1, 5, 3))
    assert docket["challenges"] == (Challenge(first, sent), Challenge(second, None, repeats=True))
    assert docket["disputed"]


def test_undisputed_rest():
    """Who collects for others leaves the whole debt alone; a creditor may ask for the rest."""
    given = {"disputes": [{"received": "2026-06-01", "scope": "part"}]}
    assert len(facts(given, {"portion": "undisputed"})["challenges"]) == 1
    assert facts(given, {"portion": "undisputed"}, collector="first_party")["challenges"] == ()


def test_limitation():
    """On the day on which it expires no court is asked any more: the last day is the one before."""
    assert facts({"debt": {"limitation_expired": "2026-06-10"}})["limitation_expired"] == day_of("2026-06-09")
    assert "limitation_expired" not in facts()


@pytest.mark.parametrize(
    ("given", "provided"),
    [
        ({"validation_notice_sent": "2026-06-02"}, True),
        ({"validation_notice_sent": "2026-06-02", "undeliverable": "2026-06-05"}, False),
        ({"validation_notice_sent": "2026-06-02", "undeliverable": "2026-06-15"}, True),
        ({"validation_notice_sent": None, "validation_oral": True}, True),
        ({"notices": [{"sent": "2026-06-02", "undeliverable": True}]}, False),
        ({"notices": [{"sent": "2026-06-02", "undeliverable": True}, {"sent": "2026-06-08"}]}, True),
    ],
)
def test_validation(given, provided):
    """A notice that came back counts as not sent."""
    assert ("validation_provided" in facts(given)) is provided


@pytest.mark.parametrize(
    ("given", "term", "value"),
    [
        ({"notice": {"itemization": {"fees": "none", "interest": None}}}, "itemised_fully", False),
        ({"notice": {"itemization": {"fees": "none", "interest": "0"}}}, "itemised_fully", True),
        ({"notice": {"account_number_reference": "a", "amount_reference": "b"}}, "one_itemisation_date", False),
        ({"known_name": "Ann B Jr", "notice": {"name": "Ann B"}}, "named_fully", False),
        ({"notices": [{"sent": "2026-01-15", "stated_end_date_based_on": "2026-01-01"}]}, "validation_end_as_computed", False),
        ({"fee": {"authorised_by_agreement": False, "permitted_by_law": False}}, "amount_authorised", False),
        ({"fee": {"authorised_by_agreement": False, "permitted_by_law": True}}, "amount_authorised", True),
        ({"address": {"last_known": True, "known_bad": True}}, "address_known_bad", True),
        ({"in_call_discovery": {"inconvenient": True}}, "inconvenient_now", True),
        ({"work_request": {"form": "oral", "at": "2026-05-01", "written_confirmation": None}}, "employer_prohibits", True),
        ({"message_kind": "telephone_solicitation"}, "solicitation", True),
        ({"sms_basis": {"kind": "direct_consent", "result": "reassigned"}}, "sms_reassigned", True),
        ({"email_basis": {"kind": "prior_collector", "chain": [{"obtained_properly": True, "used": True}, {"used": False}]}}, "email_chain_last_used", False),
        ({"events": [{"lcm": "2026-05-01"}]}, "notices", ()),
    ],
)  # fmt: skip
def test_fact(given, term, value):
    """Words of cases and the terms that they become."""
    assert facts(given)[term] == value


@pytest.mark.parametrize(
    ("told", "method"),
    [("hyperlink", "hyperlink"), ("reply_end", "reply_stop"), ("by_mail", "postal_mail"), ("phone_us", "telephone"), ("visit_site", "website_no_link")],
)  # fmt: skip
def test_opt_out_method(told, method):
    """A way to opt out that nobody knows is no simple one."""
    assert facts(attempt={"channel": "email", "message": {"opt_out": told}})["opt_out_method"] == method


@pytest.mark.parametrize(
    ("told", "terms"),
    [
        ({"kind": "direct_consent", "given": "2026-03-01", "renewed": "2026-06-01"}, {"sms_consent": "2026-06-01"}),
        ({"kind": "direct_consent", "given": "2026-03-01", "renewed": "2026-07-01"}, {"sms_consent": "2026-03-01"}),
        ({"kind": "consumer_texted", "last_text": "2026-03-01", "reassigned_check": "2026-06-01"}, {"sms_last_text": "2026-03-01", "sms_checked": "2026-06-01"}),
        ({"kind": "consumer_texted", "last_text": "2026-03-01", "reassigned_check": "2026-06-01", "database": "incomplete_vendor"}, {"sms_last_text": "2026-03-01"}),
    ],
)  # fmt: skip
def test_sms(told, terms):
    """The newest consent counts; a database that lacks numbers has checked nothing."""
    docket = facts({"sms_basis": told})
    found = {term: docket[term] for term in ("sms_consent", "sms_last_text", "sms_checked") if term in docket}
    assert found == {term: parse_instant(f"{day}T00:00:00{'-04:00' if day > '2026-03-08' else '-05:00'}") for term, day in terms.items()}  # fmt: skip
