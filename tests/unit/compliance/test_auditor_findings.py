"""What the auditor says of a breach, word for word, and the instants at which its answers change."""

from __future__ import annotations

import time
from datetime import date

import pytest
from test_auditor import LOS_ANGELES, NEW_YORK, act, at, broken, call, calls, found, known

from dunning_engine.compliance.audit.answers import anniversary
from dunning_engine.compliance.audit.auditor import audit, docket
from dunning_engine.compliance.audit.history import History, Known, OptOut, Stretch
from dunning_engine.domain.contacts import Outcome
from dunning_engine.domain.docket import CallConsent, Challenge, InconvenientTime, Notice, TimeConsent
from dunning_engine.domain.parties import Channel

FURNISH = {"rule": {"offstage": True}}


# Clocks and places ----------------------------------------------------------------------------------------------------


def test_an_inconvenient_hour_is_told():
    """Weekday, clock and zone, so that a reader can compare them with what the debtor said."""
    times = known(inconvenient_times=(InconvenientTime(first=600, last=659),))
    (breach,) = found({"inconvenient_times": []}, call("2026-03-02 10:30"), **times)
    assert breach.words == f"it was Monday 10:30 in {NEW_YORK}, which the debtor called inconvenient"


@pytest.mark.parametrize(("clock", "is_free"), [("09:59", True), ("10:00", False), ("10:59", False), ("11:00", True)])
def test_an_inconvenient_time_begins_and_ends_with_its_minutes(clock, is_free):
    times = known(inconvenient_times=(InconvenientTime(first=600, last=659),))
    assert broken({"inconvenient_times": []}, call(f"2026-03-02 {clock}"), **times) == ([] if is_free else [0])


@pytest.mark.parametrize(
    ("deed", "words"),
    [
        (call(line="work"), "it went to work, which the debtor called inconvenient"),
        (call(facts={"place": "work"}), "the debtor was known to be at work, which they called inconvenient"),
    ],
)
def test_an_inconvenient_place_is_told(deed, words):
    """Whether the number stands there, or the person."""
    (breach,) = found({"inconvenient_places": []}, deed, **known(inconvenient_places=frozenset({"work"})))
    assert breach.words == words


# Counting -------------------------------------------------------------------------------------------------------------


def test_contacts_that_use_limits_up_together_are_shown():
    """Each once, in the order of time."""
    call_limit = {"count": 2, "days": 7, "per": "debt", "counting": "calendar", "channels": ["call"]}
    parts = {"together": [call_limit, call_limit | {"count": 1, "channels": ["sms"]}]}
    text = call("2026-03-02 11:00", channel=Channel.SMS)
    (breach,) = found(parts, call("2026-03-02 10:00"), text, *calls("2026-03-02 12:00", "2026-03-02 13:00"))
    assert breach.evidence == (
        "call 2026-03-02 10:00:00 EST, attempted",
        "sms 2026-03-02 11:00:00 EST, attempted",
        "call 2026-03-02 12:00:00 EST, attempted",
    )


def test_minutes_between_calls_are_minutes_after_calls():
    """A text before does not matter, unless the rule names no channel."""
    text = call("2026-03-02 10:00", channel=Channel.SMS)
    assert broken({"spacing": {"minutes": 5, "channels": ["call"]}}, text, call("2026-03-02 10:01")) == []
    assert broken({"spacing": {"minutes": 5}}, text, call("2026-03-02 10:01")) == [1]


# Refusals and papers --------------------------------------------------------------------------------------------------


def test_a_refused_channel_is_told_with_the_day_of_the_refusal():
    """It may be about one debt only."""
    refused = (OptOut(Channel.SMS, Stretch(at("2026-03-01 00:00"), debts=("d2",))),)
    texts = [call(channel=Channel.SMS, debts=(debt,)) for debt in ("d1", "d2")]
    (breach,) = found({"blocked_channels": []}, *texts, opted_out=refused)
    assert (breach.index, breach.words) == (1, "the debtor had asked not to be reached by sms")
    assert breach.evidence == ("since 2026-03-01 00:00:00 EST",)


def test_a_refused_address_is_told():
    refused = known(refused_addresses=frozenset({"+12125550100"}))
    (breach,) = found({"blocked_addresses": []}, call(facts={"address": "+12125550100"}), **refused)
    assert breach.words == "the debtor had asked not to be reached at +12125550100"


def test_everything_that_a_text_lacks_is_told():
    (breach,) = found({"carries": ["opt_out", "from_debt_collector"]}, call(facts={"carries": frozenset()}))
    assert breach.words == "the text lacked opt_out, from_debt_collector"


@pytest.mark.parametrize(
    ("notices", "may"),
    [
        ([("spoke", "2026-03-02 10:00")], True),
        ([("sent", "2026-02-10 10:00"), ("returned", "2026-02-10 10:00")], False),
        ([("sent", "2026-02-10 10:00"), ("returned", "2026-02-10 09:59")], True),
    ],
)
def test_what_happened_at_the_very_instant_counts(notices, may):
    """A conversation at the instant of the report; and a notice that came back at once was never sent."""
    told = known(notices=tuple(Notice(what, at(when)) for what, when in notices), monitored=True)
    assert broken({"bureau_notice": {"days": 14}}, act(purpose="furnish"), **FURNISH, **told) == ([] if may else [0])


@pytest.mark.parametrize(("start", "end"), [("2023-02-10", "2026-02-10"), ("2023-03-29", "2026-03-29")])
def test_only_the_29th_of_february_has_no_anniversary_of_its_own(start, end):
    """Neither other days of February nor the 29th of other months move."""
    assert anniversary(date.fromisoformat(start), 3) == date.fromisoformat(end)


# Rest and disputes ----------------------------------------------------------------------------------------------------

REST = {"days": 7, "per": "debt", "channels": ["call"]}


def test_a_call_in_days_of_rest_is_told_with_the_conversation():
    """Its place in the history too."""
    spoke = call("2026-03-02 10:00", outcome=Outcome.CONVERSATION)
    (breach,) = found({"cooling_off": REST}, spoke, call("2026-03-03 10:00"))
    assert breach.words == "the debtor was spoken to 2026-03-02 10:00:00 EST"
    assert (breach.evidence, breach.others) == (("call 2026-03-02 10:00:00 EST, conversation",), (0,))


def test_rest_may_be_counted_for_the_debtor_whatever_the_debt():
    spoke = call("2026-03-02 10:00", outcome=Outcome.CONVERSATION, debts=("d2",))
    assert broken({"cooling_off": REST}, spoke, call("2026-03-03 10:00")) == []
    assert broken({"cooling_off": REST | {"per": "debtor"}}, spoke, call("2026-03-03 10:00")) == [1]


@pytest.mark.parametrize(("debt", "rests"), [("d1", False), ("d2", True)])
def test_agreement_to_a_call_about_one_debt_ends_the_rest_of_that_debt(debt, rests):
    spoke = call("2026-03-02 10:00", outcome=Outcome.CONVERSATION)
    consent = known(call_consents=(CallConsent(at("2026-03-02 10:01"), debt=debt),))
    assert broken({"cooling_off": REST}, spoke, call("2026-03-03 10:00"), **consent) == ([1] if rests else [])


NOW = at("2026-03-02 10:00")


@pytest.mark.parametrize(
    ("challenges", "notice", "is_open"),
    [
        ([Challenge(10, repeats=True), Challenge(20, 30)], 25, True),
        ([Challenge(10, repeats=True), Challenge(10, 30)], 25, True),
        ([Challenge(10, NOW), Challenge(20, repeats=True)], 25, False),
        ([Challenge(10, 30), Challenge(20, repeats=True)], NOW, False),
    ],
)
def test_only_what_repeats_an_earlier_dispute_is_answered_by_a_notice(challenges, notice, is_open):
    """Not one that came at the same time or later; an answer and a notice count from their own instant on."""
    facts = known(challenges=tuple(challenges), duplicate_notice=notice)
    assert broken({"open_challenge": []}, call("2026-03-02 10:00"), **facts) == ([0] if is_open else [])


@pytest.mark.parametrize(("deadline", "lies_after"), [(11, False), (12, True)])
def test_a_day_that_lies_after_another_by_no_days_is_not_before_it(deadline, lies_after):
    """A rulebook that names no number of days asks for none."""
    needs = {"prerequisites": {"needs": [{"op": "after", "fact": "deadline", "other": "validation_end"}]}}
    facts = known(deadline=deadline, validation_end=12)
    assert broken(needs, call(), **facts) == ([] if lies_after else [0])


# Hours and agreement --------------------------------------------------------------------------------------------------

TWO_WINDOWS = [
    {"days": [0], "after": "08:00", "before": "12:00"},
    {"days": [0], "after": "13:00", "before": "21:00"},
]


def test_every_window_of_the_day_is_told():
    """The code of a closed hour is the rule's own; that of a closed day is not."""
    hours = {"open_hours": {"windows": TWO_WINDOWS}}
    (monday, tuesday) = found(hours, call("2026-03-02 12:30"), call("2026-03-03 12:30"))
    assert monday.words == (
        f"it was Monday 12:30 in {NEW_YORK}, open after 08:00 and before 12:00, after 13:00 and before 21:00"
    )
    assert (monday.code, tuesday.code) == ("CODE", "PUBLIC_HOLIDAY")


@pytest.mark.parametrize(
    ("consent", "is_open"),
    [
        (TimeConsent(22 * 60, 22 * 60 + 30, 0), True),
        (TimeConsent(22 * 60 + 1, 22 * 60 + 30, 0), False),
        (TimeConsent(21 * 60, 22 * 60, 0), True),
        (TimeConsent(21 * 60, 22 * 60, at("2026-03-02 22:00")), True),
        (TimeConsent(21 * 60, 22 * 60, 0, at("2026-03-02 22:00")), False),
        (TimeConsent(21 * 60, 22 * 60, 0, at("2026-03-02 22:01")), True),
    ],
)
def test_agreement_to_hours_holds_from_its_first_minute_to_its_last(consent, is_open):
    """At 22:00; from the instant on at which it was given, and up to that of its revocation."""
    hours = {"open_hours": {"windows": TWO_WINDOWS}}
    assert broken(hours, call("2026-03-02 22:00"), **known(time_consents=(consent,))) == ([] if is_open else [0])


@pytest.mark.parametrize("talk", ["2026-03-02 11:00", "2026-03-02 12:00"])
def test_the_conversation_in_which_somebody_agreed_does_not_end_the_agreement(talk):
    """Nor does one at the very instant of the call; but one in between would."""
    consent = known(call_consents=(CallConsent(at("2026-03-02 11:00")),))
    limit = {"contacts": {"count": 1, "days": 7, "per": "debt", "counting": "calendar", "consented": False}}
    spoke = call(talk, outcome=Outcome.CONVERSATION, inbound=True)
    assert broken(limit, call("2026-03-02 09:00"), spoke, call("2026-03-02 12:00"), **consent) == []


def test_agreement_covers_the_call_at_its_own_instant():
    consent = known(call_consents=(CallConsent(at("2026-03-02 12:00")),))
    limit = {"contacts": {"count": 1, "days": 7, "per": "debt", "counting": "calendar", "consented": False}}
    assert broken(limit, call("2026-03-02 09:00"), call("2026-03-02 12:00"), **consent) == []


def test_what_is_another_word_is_not_this_one():
    needs = {"prerequisites": {"needs": [{"op": "is not", "fact": "debt_kind", "words": ["consumer"]}]}}
    assert broken(needs, call(), **known(debt_kind="consumer")) == [0]
    assert broken(needs, call(), **known(debt_kind="commercial")) == []


def test_a_dispute_counts_from_its_own_instant_and_is_told():
    (breach,) = found({"open_challenge": []}, call("2026-03-02 10:00"), **known(challenges=(Challenge(NOW),)))
    assert breach.words == "the dispute of 2026-03-02 10:00:00 EST was not answered"


# What counts ----------------------------------------------------------------------------------------------------------

TWO = {"count": 2, "days": 7, "per": "debt", "counting": "calendar"}


def test_contacts_beyond_a_limit_are_told_with_those_before():
    (breach,) = found({"contacts": TWO}, *calls("2026-03-02 10:00", "2026-03-02 11:00", "2026-03-02 12:00"))
    assert breach.words == "2 that count came before it, and 2 are allowed"
    assert breach.evidence == ("call 2026-03-02 10:00:00 EST, attempted", "call 2026-03-02 11:00:00 EST, attempted")
    assert breach.others == (0, 1)


def test_a_limit_of_a_line_is_asked_of_attempts_on_that_line():
    """Whether the contact or the docket says so."""
    limit = {"contacts": TWO | {"lines": ["work"]}}
    first = calls("2026-03-02 10:00", "2026-03-02 11:00", line="work")
    assert broken(limit, *first, call("2026-03-02 12:00", line="work")) == [2]
    assert broken(limit, *first, call("2026-03-02 12:00", facts={"line": "work"})) == [2]
    assert broken(limit, *first, call("2026-03-02 12:00")) == []


@pytest.mark.parametrize(("counting", "is_free"), [("rolling", True), ("calendar", False), ("both", False)])
def test_a_day_on_which_clocks_are_set_back_has_25_hours(counting, is_free):
    """A call at its beginning is of the same day in the evening, more than 24 hours later."""
    limit = {"contacts": TWO | {"count": 1, "days": 1, "counting": counting}}
    deeds = (call("2026-11-01 00:15-04:00"), call("2026-11-01 23:30-05:00"))
    assert broken(limit, *deeds) == ([] if is_free else [1])
    assert broken(limit, *deeds, zones=()) == ([] if is_free else [1])


def test_answers_count_where_nothing_is_said_of_them():
    replies = calls("2026-03-02 10:00", "2026-03-02 11:00", reply=True)
    assert broken({"contacts": TWO}, *replies, call("2026-03-02 12:00")) == [2]


def test_contacts_about_nobody_knows_which_debt_count_for_the_debtor_like_all():
    """Two calls about two debts use up what is allowed for one debtor, not what is for each debt."""
    deeds = (call("2026-03-02 10:00"), call("2026-03-02 11:00", debts=("d2",)), call("2026-03-02 12:00", debts=()))
    assert broken({"contacts": TWO | {"per": "debtor"}}, *deeds) == [2]
    assert broken({"contacts": TWO}, *deeds) == []


def test_everything_that_is_missing_or_in_the_way_is_told():
    questions = [{"op": "is", "fact": fact, "words": ["yes"]} for fact in ("disputed", "monitored")]
    (missing,) = found({"prerequisites": {"needs": questions}}, call(), **known(disputed=False, monitored=False))
    assert missing.words == "disputed is no; monitored is no"
    (standing,) = found({"prerequisites": {"refuses": questions}}, call(), **known(disputed=True, monitored=True))
    assert standing.words == "disputed is yes; monitored is yes"


def test_without_disputes_none_is_open():
    assert broken({"open_challenge": []}, call()) == []


# Rules ----------------------------------------------------------------------------------------------------------------


def test_a_rule_that_tells_little_is_told_with_empty_words():
    """A house rule may have no code, no citation and no confidence."""
    rule = {"rule": "r", "kind": "requirement", "says": "Not so", "since": {"2000-01-01": {"carries": ["opt_out"]}}}
    whole = History(debtor="ann", zones=(NEW_YORK,), deeds=(call(facts={"carries": frozenset()}),))
    (breach,) = audit(whole, [{"rulebook": "xx/law", "rules": [rule]}])
    assert (breach.code, breach.citation, breach.url, breach.confidence) == ("", "", "", "")


@pytest.fixture(params=["Pacific/Kiritimati", "Pacific/Honolulu"])
def _far_away(request, monkeypatch):
    """A machine that stands elsewhere."""
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.usefixtures("_far_away")
def test_the_day_on_which_a_rule_begins_is_the_same_on_every_machine():
    """It is one of UTC, wherever the auditor runs."""
    since = {"since": {"2026-03-03": {"carries": ["opt_out"]}}}
    deeds = [call(text, facts={"carries": frozenset()}) for text in ("2026-03-02 18:59", "2026-03-02 19:00")]
    assert broken({}, *deeds, rule=since) == [1]


def test_a_law_that_names_no_place_binds_wherever_the_debtor_is():
    lacking = call(facts={"carries": frozenset()})
    assert broken({"carries": ["opt_out"]}, lacking, places=frozenset({"US-MA"})) == [0]


def test_of_two_facts_the_one_that_began_last_is_meant():
    """In whatever order they are told."""
    early, late = (
        Known("debt_kind", kind, Stretch(at(f"2026-03-0{n} 00:00"))) for kind, n in (("other", 1), ("new", 2))
    )
    for facts in ((early, late), (late, early)):
        assert docket(History(debtor="ann", facts=facts), call("2026-03-03 10:00"))["debt_kind"] == "new"


def test_without_inconvenient_times_every_time_will_do():
    assert broken({"inconvenient_times": []}, call()) == []


def test_contacts_are_told_by_the_debtors_clock():
    """Where it is known; the collector's is another one."""
    (breach,) = found({"spacing": {"minutes": 5}}, *calls("2026-03-02 10:00", "2026-03-02 10:01"), zones=(LOS_ANGELES,))
    assert breach.evidence == ("call 2026-03-02 07:00:00 PST, attempted",)


def test_an_ordinary_contact_adds_no_facts_of_its_own():
    """Nobody need be told that the consumer was meant."""
    assert docket(History(debtor="ann"), call()) == {}


# Nights and addresses -------------------------------------------------------------------------------------------------

NIGHTS = InconvenientTime(weekdays=frozenset({0}), first=22 * 60, last=6 * 60)
"""From ten in the evening of Mondays until six."""


@pytest.mark.parametrize(
    ("now", "is_free"),
    [
        ("2026-03-02 21:59", True),
        ("2026-03-02 22:00", False),
        ("2026-03-02 23:59", False),
        ("2026-03-03 00:00", False),
        ("2026-03-03 06:00", False),
        ("2026-03-03 06:01", True),
        ("2026-03-03 22:00", True),
        ("2026-03-02 06:00", False),
        ("2026-03-02 06:01", True),
        ("2026-03-01 06:00", True),
        ("2026-03-04 06:00", True),
        ("2026-03-01 23:00", True),
    ],
)
def test_a_night_that_is_inconvenient_ends_on_the_day_after(now, is_free):
    """Its morning counts on the named weekday too: the stricter reading."""
    times = known(inconvenient_times=(NIGHTS,))
    assert broken({"inconvenient_times": []}, call(now), **times) == ([] if is_free else [0])


@pytest.mark.parametrize(
    ("through", "now", "is_free"),
    [
        ("2026-03-02", "2026-03-02 22:00", False),
        ("2026-03-02", "2026-03-03 06:00", False),
        ("2026-03-02", "2026-03-09 05:00", True),
        ("2026-03-02", "2026-03-09 22:00", True),
        ("2026-03-08", "2026-03-09 06:00", False),
        ("2026-03-08", "2026-03-09 22:00", True),
        ("2026-03-08", "2026-03-10 06:00", True),
    ],
)
def test_the_last_night_that_is_inconvenient_ends_on_the_day_after(through, now, is_free):
    """Whether the morning is that of a named weekday or of the day after one."""
    times = known(inconvenient_times=(NIGHTS._replace(through=date.fromisoformat(through).toordinal()),))
    assert broken({"inconvenient_times": []}, call(now), **times) == ([] if is_free else [0])


def test_a_single_minute_may_be_inconvenient():
    times = known(inconvenient_times=(InconvenientTime(first=600, last=600),))
    assert broken({"inconvenient_times": []}, call("2026-03-02 10:00"), call("2026-03-02 10:01"), **times) == [0]
    assert broken({"inconvenient_times": []}, call("2026-03-02 09:59"), **times) == []


@pytest.mark.parametrize(
    ("address", "refused", "same"),
    [
        ("+1 212 555 0100", "(212) 555-0100", True),
        ("+1 212 555 0100", "(212) 555-0199", False),
        ("555-0100", "5550100", True),
        ("55-0100", "550100", False),
        ("Ann@Example.com ", "ann@example.com", True),
        ("ann1234567@example.com", "bob1234567@example.com", False),
        ("1234567@a.example", "1234567@b.example", False),
        ("1 Main  Street", "1 main street", True),
        ("1 Main Street", "1mainstreet", False),
        ("MAIN 1234567", "OAK 1234567", False),
        ("main 1234567", "oak 1234567", False),
    ],
)
def test_an_address_is_the_same_however_it_is_spelled(address, refused, same):
    """Numbers by their last seven digits, words whatever their case and spaces."""
    facts = known(refused_addresses=frozenset({refused}))
    assert broken({"blocked_addresses": []}, call(facts={"address": address}), **facts) == ([0] if same else [])
