"""Facts that the law wants known: questions and their answers, what a message carries, disputes, bureau notices."""

from __future__ import annotations

import pytest
from gate_scene import NEW_YORK, NOON, ask, at, day, of_law, opens, situation, words

from dunning_engine.compliance.prerequisites import holds, is_true, turn, years_after
from dunning_engine.compliance.situation import Wait
from dunning_engine.compliance.verdict import Blocked, Cleared
from dunning_engine.domain.docket import Challenge, Notice
from dunning_engine.domain.limits import BureauNotice, Carries, OpenChallenge, Prerequisites
from dunning_engine.domain.questions import Op, Question, Unit
from dunning_engine.kernel.calendar import day_of, parse_instant


def q(op, fact, *named, count=0, unit=Unit.DAYS, other=""):
    return Question(op, fact, named, count, unit, other)


def answer(question, now=NOON, **docket):
    return holds(question, situation(docket=docket), now)


# Questions ------------------------------------------------------------------------------------------------------------

BASIS = q(Op.IS, "email_basis", "direct_consent", "consumer_used")
NO_BASIS = q(Op.IS_NOT, "email_basis", "direct_consent", "consumer_used")
FLAG = q(Op.IS, "email_about_debt", "yes")
CARRIES = q(Op.INCLUDES, "carries", "opt_out", "from_debt_collector")
ONLY = q(Op.HOLDS_ONLY, "envelope", "postage", "return_address")


@pytest.mark.parametrize(
    ("question", "docket", "expected"),
    [
        (BASIS, {"email_basis": "direct_consent"}, True),
        (BASIS, {"email_basis": "prior_collector"}, False),
        (BASIS, {}, None),
        (NO_BASIS, {"email_basis": "direct_consent"}, False),
        (NO_BASIS, {"email_basis": "prior_collector"}, True),
        (NO_BASIS, {}, None),
        (FLAG, {"email_about_debt": True}, True),
        (FLAG, {"email_about_debt": False}, False),
        (FLAG, {}, None),
        (q(Op.IS_NOT, "email_about_debt", "yes"), {"email_about_debt": False}, True),
        (q(Op.KNOWN, "known_name"), {"known_name": "Ann"}, True),
        (q(Op.KNOWN, "known_name"), {}, False),
        (q(Op.KNOWN, "email_about_debt"), {"email_about_debt": False}, True),
        (q(Op.UNKNOWN, "known_name"), {"known_name": "Ann"}, False),
        (q(Op.UNKNOWN, "known_name"), {}, True),
        (q(Op.KNOWN, "oral_stop"), {"oral_stop": NOON}, True),
        (q(Op.KNOWN, "oral_stop"), {"oral_stop": NOON + 1}, False),
        (q(Op.UNKNOWN, "oral_stop"), {"oral_stop": NOON + 1}, True),
        (CARRIES, {"carries": frozenset({"opt_out", "from_debt_collector", "cost_breakdown"})}, True),
        (CARRIES, {"carries": frozenset({"opt_out"})}, False),
        (CARRIES, {}, None),
        (ONLY, {"envelope": frozenset({"postage"})}, True),
        (ONLY, {"envelope": frozenset()}, True),
        (ONLY, {"envelope": frozenset({"postage", "other"})}, False),
        (ONLY, {}, None),
    ],
)
def test_words_flags_and_lists(question, docket, expected):
    """True, false, or unknown; what has not happened yet is not known."""
    assert answer(question, **docket) is expected


def within(count, unit=Unit.DAYS):
    return q(Op.WITHIN, "sms_consent", count=count, unit=unit)


@pytest.mark.parametrize(
    ("question", "happened", "expected"),
    [
        (within(60), "04-12 00:00", True),
        (within(60), "04-11 23:59", False),
        (within(1), "06-10 00:00", True),
        (within(1), "06-09 23:59", False),
        (within(60), "06-10 12:00", True),
        (within(60), "06-10 12:01", None),
        (within(5, Unit.MINUTES), "06-10 11:55:00", True),
        (within(5, Unit.MINUTES), "06-10 11:54:59", False),
        (within(5, Unit.MINUTES), "06-10 12:00:01", None),
    ],
)
def test_how_long_ago_something_happened(question, happened, expected):
    """Fewer than so many calendar days ago in the policy's zone; or at most so many minutes, the last one included."""
    assert answer(question, sms_consent=at(happened)) is expected
    assert answer(question) is None


def waited(count, unit=Unit.DAYS):
    return q(Op.WAITED, "last_activity", count=count, unit=unit)


@pytest.mark.parametrize(
    ("question", "happened", "free"),
    [
        (waited(6), "2026-06-04T23:59:00-04:00", None),
        (waited(6), "2026-06-05T00:00:00-04:00", "2026-06-11"),
        (waited(6), "2026-06-10T12:00:00-04:00", "2026-06-16"),
        (waited(3, Unit.YEARS), "2023-06-09T12:00:00-04:00", None),
        (waited(3, Unit.YEARS), "2023-06-10T12:00:00-04:00", "2026-06-11"),
        (waited(3, Unit.YEARS), "2024-02-29T12:00:00-05:00", "2027-03-01"),
    ],
)
def test_what_has_to_have_stood_for_a_time(question, happened, free):
    """So many days, or until the anniversary is over: then the answer is when that will be."""
    expected = (
        True if free is None else Wait(parse_instant(f"{free}T00:00:00{'-05:00' if '03-01' in free else '-04:00'}"))
    )
    assert answer(question, last_activity=parse_instant(happened)) == expected
    assert answer(question) is None
    assert answer(question, last_activity=NOON + 1) is None


@pytest.mark.parametrize(
    ("start", "years", "end"),
    [
        ("2023-06-10", 3, "2026-06-10"),
        ("2024-02-29", 1, "2025-02-28"),
        ("2024-02-29", 4, "2028-02-29"),
        ("2023-02-28", 1, "2024-02-28"),
        ("2096-02-29", 4, "2100-02-28"),
    ],
)
def test_an_anniversary_of_a_leap_day(start, years, end):
    """It is the last of February."""
    assert years_after(day_of(start), years) == day_of(end)


@pytest.mark.parametrize(
    ("last", "over", "runs"),
    [
        ("06-09", True, False),
        ("06-10", Wait(at("06-11 00:00")), True),
        ("06-20", Wait(at("06-21 00:00")), True),
    ],
)
def test_a_day_is_over_when_the_next_begins(last, over, runs):
    """Today is not over yet, in the policy's zone."""
    assert answer(q(Op.OVER, "validation_end"), validation_end=day(last)) == over
    assert answer(q(Op.RUNS, "validation_end"), validation_end=day(last)) is runs
    assert answer(q(Op.OVER, "validation_end")) is None
    assert answer(q(Op.RUNS, "validation_end")) is None


LEAVES_35_DAYS = q(Op.AFTER, "email_notice_deadline", count=35, other="email_notice_sent")


@pytest.mark.parametrize(
    ("deadline", "sent", "expected"),
    [
        ("05-06", "04-01 23:59", True),
        ("05-06", "04-02 00:00", False),
        (None, "04-01 12:00", None),
        ("05-06", None, None),
        ("07-30", "06-10 12:01", None),
    ],
)
def test_one_day_lies_after_another(deadline, sent, expected):
    """By so many calendar days at least; the time of the day does not count, and what lies ahead is unknown."""
    docket = {"email_notice_deadline": deadline and day(deadline), "email_notice_sent": sent and at(sent)}
    known = {name: value for name, value in docket.items() if value is not None}
    assert answer(LEAVES_35_DAYS, **known) is expected


def test_days_can_be_compared_with_days_and_instants_with_instants():
    """Whichever of them a fact is."""
    assert answer(q(Op.AFTER, "deadline", count=1, other="validation_end"), deadline=9, validation_end=8) is True
    assert answer(q(Op.AFTER, "judgment", other="letter_of_claim"), judgment=NOON, letter_of_claim=NOON) is True


def test_the_zone_of_the_policy_tells_which_day_it_is():
    """Midnight in Berlin is the evening before in New York."""
    question = q(Op.OVER, "deadline")
    for zone, expected in (("Europe/Berlin", True), (NEW_YORK, Wait(at("06-11 00:00")))):
        found = holds(question, situation(zone=zone, docket={"deadline": day("06-10")}), at("06-10 18:00"))
        assert found == expected


def test_only_a_yes_sets_a_rule_in_motion():
    """Not what will be true, and not what is unknown."""
    for docket, expected in (({"deadline": day("06-09")}, True), ({"deadline": day("06-10")}, False), ({}, False)):
        assert is_true(q(Op.OVER, "deadline"), situation(docket=docket), NOON) is expected


@pytest.mark.parametrize(
    ("question", "docket", "expected"),
    [
        (q(Op.OVER, "deadline"), {"deadline": day("06-12")}, "06-13 00:00"),
        (q(Op.RUNS, "deadline"), {"deadline": day("06-12")}, "06-13 00:00"),
        (q(Op.RUNS, "deadline"), {"deadline": day("06-09")}, None),
        (waited(6), {"last_activity": at("06-08 10:00")}, "06-14 00:00"),
        (within(60), {"sms_consent": at("06-08 10:00")}, "08-07 00:00"),
        (within(5, Unit.MINUTES), {"sms_consent": NOON}, "06-10 12:05:01"),
        (q(Op.KNOWN, "oral_stop"), {"oral_stop": at("06-12 10:00")}, "06-12 10:00"),
        (q(Op.KNOWN, "oral_stop"), {"oral_stop": at("06-09 10:00")}, None),
        (q(Op.KNOWN, "oral_stop"), {}, None),
        (FLAG, {"email_about_debt": True}, None),
    ],
)
def test_when_time_alone_changes_an_answer(question, docket, expected):
    """A rule that speaks until then is asked again then; most answers stay."""
    assert turn(question, situation(docket=docket), NOON) == (expected and at(expected))


# Prerequisites --------------------------------------------------------------------------------------------------------


def needs(*questions, now=NOON, any_of=(), refuses=(), **docket):
    return ask(of_law(Prerequisites(questions, any_of, refuses)), now=now, docket=docket)


def test_everything_needed_must_be_known_and_so():
    """A fact that nobody knows is named, together with the word under which it is recorded."""
    assert isinstance(needs(BASIS, FLAG, email_basis="consumer_used", email_about_debt=True), Cleared)
    assert words(needs(BASIS, FLAG, email_basis="consumer_used")) == (
        "nobody knows whether the person used the address about the debt (record email_about_debt)"
    )
    assert words(needs(BASIS, FLAG, email_basis="prior_collector")) == (
        "on which basis the e-mail address is used: prior collector"
    )


@pytest.mark.parametrize(
    ("question", "docket", "told"),
    [
        (FLAG, {"email_about_debt": False}, "whether the person used the address about the debt: no"),
        (
            q(Op.UNKNOWN, "email_consent_withdrawn"),
            {"email_consent_withdrawn": at("06-01 23:00")},
            "when consent to the address was withdrawn: 2026-06-01",
        ),
        (q(Op.RUNS, "deadline"), {"deadline": day("06-09")}, "the last day to pay that it states: 2026-06-09"),
        (within(60), {"sms_consent": at("04-01 12:00")}, "when consent to texts was given or last renewed: 2026-04-01"),
        (
            ONLY,
            {"envelope": frozenset({"other", "imb_barcode"})},
            "what is printed on the envelope: imb_barcode other",
        ),
        (
            LEAVES_35_DAYS,
            {"email_notice_deadline": day("04-10"), "email_notice_sent": at("04-01 12:00")},
            "the last day to opt out that the notice named: 2026-04-10",
        ),
        (
            LEAVES_35_DAYS,
            {"email_notice_sent": at("04-01 12:00")},
            "nobody knows the last day to opt out that the notice named (record email_notice_deadline)",
        ),
        (
            LEAVES_35_DAYS,
            {"email_notice_deadline": day("07-10")},
            "nobody knows when the creditor told the person about the hand-over of the address (record email_notice_sent)",
        ),
        (
            LEAVES_35_DAYS,
            {"email_notice_deadline": day("09-10"), "email_notice_sent": NOON + 60},
            "nobody knows when the creditor told the person about the hand-over of the address (record email_notice_sent)",
        ),
        (q(Op.KNOWN, "known_name"), {}, "nobody knows the person's name as completely as it is known (record known_name)"),
    ],
)  # fmt: skip
def test_what_is_in_the_way_is_told(question, docket, told):
    """The fact and its value; of two facts the one that is missing."""
    assert words(needs(question, **docket)) == told


def test_what_only_needs_time_is_waited_for():
    """Until the last of what is needed is true."""
    docket = {"last_activity": at("06-08 10:00"), "deadline": day("06-12"), "validation_end": day("06-10")}
    questions = (q(Op.OVER, "deadline"), waited(6), q(Op.OVER, "validation_end"))
    assert opens(needs(*questions, **docket)) == "06-14 00:00"
    assert isinstance(needs(*questions, FLAG, **docket), Blocked)


def test_one_list_of_several_is_enough():
    """Wholly true now, or the one that comes true first; else what the nearest one lacks is told."""
    lists = (
        (BASIS, FLAG),
        (q(Op.IS, "email_basis", "creditor_procedure"), q(Op.OVER, "email_notice_deadline"), waited(1)),
    )
    used, creditor = "consumer_used", "creditor_procedure"
    assert isinstance(needs(any_of=lists, email_basis=used, email_about_debt=True), Cleared)
    notice = {"email_notice_deadline": day("06-12"), "last_activity": at("06-10 10:00")}
    assert opens(needs(any_of=lists, email_basis=creditor, **notice)) == "06-13 00:00"
    assert words(needs(any_of=lists, email_basis=used)).endswith("(record email_about_debt)")
    assert words(needs(any_of=lists, email_basis=creditor)).endswith("(record email_notice_deadline)")
    assert words(needs(any_of=lists)) == "nobody knows on which basis the e-mail address is used (record email_basis)"
    assert words(needs(any_of=lists, email_basis="prior_collector")).endswith("address is used: prior collector")


def test_needs_and_one_of_several_are_waited_for_together():
    """The later of both."""
    lists = ((q(Op.OVER, "deadline"),), (waited(9),))
    docket = {"deadline": day("06-12"), "last_activity": at("06-10 10:00"), "validation_end": day("06-15")}
    assert opens(needs(any_of=lists, **docket)) == "06-13 00:00"
    assert opens(needs(q(Op.OVER, "validation_end"), any_of=lists, **docket)) == "06-16 00:00"


def test_what_must_not_be_so_refuses():
    """Only where it is known to be so."""
    stop = q(Op.KNOWN, "oral_stop")
    assert words(needs(refuses=(stop,), oral_stop=at("06-09 10:00"))) == (
        "when the person said, not in writing, that they want no more contact: 2026-06-09"
    )
    assert isinstance(needs(refuses=(stop, FLAG)), Cleared)
    assert isinstance(needs(refuses=(q(Op.OVER, "deadline"),), deadline=day("06-10")), Cleared)


# What a message carries -----------------------------------------------------------------------------------------------

OPT_OUT = of_law(Carries(("opt_out", "from_debt_collector")))


def test_a_message_carries_what_it_has_to():
    """What is missing is named."""
    carried = frozenset({"opt_out", "from_debt_collector", "cost_breakdown"})
    assert isinstance(ask(OPT_OUT, docket={"carries": carried}), Cleared)
    assert words(ask(OPT_OUT, docket={"carries": frozenset({"opt_out"})})) == (
        "the message does not carry from debt collector"
    )
    assert words(ask(OPT_OUT, docket={"carries": frozenset()})) == (
        "the message does not carry opt out and from debt collector"
    )


def test_a_message_that_nobody_wrote_yet_gets_duties():
    """Each item once, in the order of the rules."""
    verdict = ask(of_law(Carries(("client_and_ground", "opt_out")), "law/first"), OPT_OUT)
    assert isinstance(verdict, Cleared)
    assert verdict.action.obligations == ("client_and_ground", "opt_out", "from_debt_collector")
    assert ask().action.obligations == ()


# Disputes -------------------------------------------------------------------------------------------------------------

DISPUTE = Challenge(at("06-01 10:00"))
ANSWERED = DISPUTE._replace(answered=at("06-05 10:00"))
REPEATED = Challenge(at("06-08 10:00"), repeats=True)
TOLD = {"duplicate_notice": at("06-09 10:00")}


@pytest.mark.parametrize(
    ("challenges", "docket", "open_of"),
    [
        ((), {}, None),
        ((DISPUTE,), {}, "2026-06-01"),
        ((ANSWERED,), {}, None),
        ((DISPUTE._replace(answered=NOON),), {}, None),
        ((DISPUTE._replace(answered=NOON + 1),), {}, "2026-06-01"),
        ((Challenge(NOON + 1),), {}, None),
        ((Challenge(NOON),), {}, "2026-06-10"),
        ((ANSWERED, Challenge(at("06-08 10:00"))), {}, "2026-06-08"),
        ((ANSWERED, REPEATED), {}, "2026-06-08"),
        ((ANSWERED, REPEATED), TOLD, None),
        ((REPEATED, ANSWERED), TOLD, None),
        ((DISPUTE, REPEATED), TOLD, "2026-06-01"),
        ((REPEATED,), TOLD, "2026-06-08"),
        ((ANSWERED, REPEATED), {"duplicate_notice": NOON + 1}, "2026-06-08"),
        ((ANSWERED, REPEATED), {"duplicate_notice": at("06-07 10:00")}, "2026-06-08"),
        ((ANSWERED, REPEATED), {"duplicate_notice": REPEATED.received}, None),
        ((ANSWERED, REPEATED._replace(repeats=False)), TOLD, "2026-06-08"),
    ],
)
def test_disputes_are_answered_first(challenges, docket, open_of):
    """By an answer; a repetition of an answered one by a notice that it is one, no older than itself."""
    verdict = ask(of_law(OpenChallenge()), docket={"challenges": challenges, **docket})
    assert (words(verdict) if open_of else type(verdict)) == (
        f"the dispute of {open_of} is not answered" if open_of else Cleared
    )


# Notices before a report to a bureau ----------------------------------------------------------------------------------


def sent(text):
    return Notice("sent", at(text))


def returned(text):
    return Notice("returned", at(text))


SPOKE = Notice("spoke", at("06-09 10:00"))


@pytest.mark.parametrize(
    ("notices", "now", "first"),
    [
        ((), "06-20 12:00", "never"),
        ((SPOKE,), "06-10 12:00", "now"),
        ((SPOKE,), "06-09 09:59", "never"),
        ((sent("06-01 10:00"),), "06-10 12:00", "06-16 00:00"),
        ((sent("06-01 10:00"),), "06-15 23:59", "06-16 00:00"),
        ((sent("06-01 10:00"),), "06-16 00:00", "now"),
        ((sent("06-01 10:00"), returned("06-10 10:00")), "06-20 12:00", "never"),
        ((sent("06-01 10:00"), returned("06-10 10:00"), sent("06-11 10:00")), "06-20 12:00", "06-26 00:00"),
        ((returned("06-10 10:00"), sent("06-01 10:00")), "06-20 12:00", "never"),
        ((sent("06-01 10:00"), returned("06-21 10:00")), "06-20 12:00", "now"),
        ((sent("06-01 10:00"), returned("06-10 10:00"), SPOKE), "06-20 12:00", "now"),
        ((sent("06-01 10:00"), Notice("reported", at("06-16 10:00")), returned("06-18 10:00")), "06-20 12:00", "now"),
        ((sent("06-01 10:00"), Notice("reported", at("06-15 10:00")), returned("06-18 10:00")), "06-20 12:00", "never"),
        ((Notice("reported", at("06-01 10:00")),), "06-20 12:00", "never"),
    ],
)
def test_a_report_needs_a_conversation_or_a_notice_that_stood(notices, now, first):
    """For 14 days after the day on which it was sent, without coming back; a lawful report stays lawful."""
    docket = {"notices": notices, "monitored": True}
    rule = of_law(BureauNotice(14), offstage=True)
    assert opens(ask(rule, now=at(now), channel=None, docket=docket)) == first


def test_somebody_has_to_watch_for_what_comes_back():
    """Unless people spoke."""
    rule = of_law(BureauNotice(14), offstage=True)
    for watched in ({}, {"monitored": False}):
        docket = {"notices": (sent("05-01 10:00"),), **watched}
        assert words(ask(rule, channel=None, docket=docket)) == (
            "nobody watched for notices that came back (record monitored)"
        )
        assert isinstance(ask(rule, channel=None, docket={**docket, "notices": (SPOKE,)}), Cleared)
