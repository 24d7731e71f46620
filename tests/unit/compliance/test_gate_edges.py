"""The gate at its edges: rules about what nobody recorded, rules that change, and every word of an answer."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from gate_scene import NEW_YORK, NOON, ask, at, codes, day, log, of_law, opens, proposed, situation, talk, words

from dunning_engine.compliance.gate import GateRules, assemble, gate, own_rule
from dunning_engine.compliance.prerequisites import is_content, turn
from dunning_engine.compliance.rulebook import EVERYBODY, Binds, DatedValue, Rulebook, named
from dunning_engine.compliance.situation import Refusal, Wait
from dunning_engine.compliance.verdict import Blocked, Cleared, Deferred, Reason
from dunning_engine.compliance.windows import hours, inconvenient_times
from dunning_engine.domain.arrangements import HoldReason
from dunning_engine.domain.docket import CallConsent, Challenge, InconvenientTime, Notice, TimeConsent
from dunning_engine.domain.limits import (
    BlockedChannel,
    BlockedPerson,
    BureauNotice,
    Carries,
    ClosedDays,
    ContactLimit,
    CoolingOff,
    Counting,
    Hours,
    InconvenientPlaces,
    InconvenientTimes,
    KnownPlace,
    OpenChallenge,
    Prerequisites,
    RefusedAddress,
    Together,
)
from dunning_engine.domain.parties import Channel, Party, ZoneHint
from dunning_engine.domain.questions import Op, Question
from dunning_engine.kernel.calendar import BusinessCalendar, parse_instant
from dunning_engine.kernel.errors import UsageError

NEVER = Hours(())


@pytest.mark.parametrize("channel", [Channel.CALL, Channel.LETTER])
@pytest.mark.parametrize(
    "limit",
    [
        BlockedPerson(frozenset({HoldReason.CEASE})),
        BlockedChannel(),
        RefusedAddress(),
        InconvenientPlaces(),
        InconvenientTimes(),
        OpenChallenge(),
        Prerequisites(refuses=(Question(Op.KNOWN, "oral_stop"),)),
    ],
)
def test_a_rule_that_asks_more_next_year_is_content_where_nothing_is_recorded(limit, channel):
    """It cannot be left out for good, so it is asked, and has nothing to say."""
    rule = of_law(None, values=(DatedValue(0, limit), DatedValue(day("12-01"), NEVER)))
    assert isinstance(ask(rule, channel=channel, docket={"address": "+1"}), Cleared)


def test_the_need_for_a_place_is_a_rule_of_the_law():
    """Of every day, and named after the rulebook that has it."""
    book = Rulebook(name="xx/law", title="A law", state_of=1, rules=(), place_needed=True)
    (place,) = assemble([], [book])
    assert (place.id, place.law, place.values) == ("xx/law/place", True, (DatedValue(0, KnownPlace()),))
    assert place.says == "A law: whose law protects the debtor has to be known"


def test_limits_that_are_used_up_together_are_those_of_the_law():
    """Where no zone is known a day may be about to begin somewhere, and be a long one."""
    once = Together((ContactLimit(1, 1),))
    assert opens(ask(of_law(once), contacts=log(at("06-10 11:00")), zones=())) == "06-11 12:00"


def test_every_indication_that_tells_no_zone_is_named():
    hints = (ZoneHint("postal code 09012", ()), ZoneHint("phone", (NEW_YORK,)), ZoneHint("phone +800", ()))
    verdict = ask(of_law(Hours(((481, 1259),))), zones=(), hints=hints)
    assert words(verdict).endswith("no zone follows from postal code 09012, phone +800")


def test_every_rulebook_that_is_missing_is_named():
    """And all those that there are."""
    books = [Rulebook(name=name, title="", state_of=1, rules=()) for name in ("xx/b", "xx/a")]
    with pytest.raises(UsageError) as error:
        named(books, ["yy/1", "xx/a", "yy/2"])
    assert str(error.value) == "no rulebook is called yy/1, yy/2; there are xx/a, xx/b"


def test_an_answer_that_turns_now_turns_no_more():
    """The first instant of the day after is not ahead of itself."""
    known = situation(docket={"deadline": day("06-10")})
    over = Question(Op.OVER, "deadline")
    assert turn(over, known, at("06-10 23:59:59")) == at("06-11 00:00")
    assert turn(over, known, at("06-11 00:00")) is None


def test_one_of_several_ways_may_have_been_open_too_long_ago():
    """What happened, and when, is told of it."""
    lately = Question(Op.WITHIN, "sms_consent", count=60)
    rule = of_law(Prerequisites(any_of=((lately,),)))
    assert words(ask(rule, docket={"sms_consent": at("04-01 12:00")})) == (
        "when consent to texts was given or last renewed: 2026-04-01"
    )


# Disputes and notices -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("challenges", "notice", "is_open"),
    [
        ((Challenge(10, repeats=True), Challenge(20, 30)), 25, True),
        ((Challenge(10, repeats=True), Challenge(10, 30)), 25, True),
        ((Challenge(10, NOON), Challenge(20, repeats=True)), 25, False),
        ((Challenge(10, 30), Challenge(20, repeats=True)), NOON, False),
    ],
)
def test_only_what_repeats_an_earlier_dispute_is_answered_by_a_notice(challenges, notice, is_open):
    """Not one that came at the same time or later; an answer and a notice count from their own instant on."""
    docket = {"challenges": challenges, "duplicate_notice": notice}
    assert opens(ask(of_law(OpenChallenge()), docket=docket)) == ("never" if is_open else "now")


BUREAU = of_law(BureauNotice(14), offstage=True)
NONE_STANDS = "no notice stands: the debtor was not spoken to, and none was sent that did not come back"


@pytest.mark.parametrize(
    "notices",
    [
        None,
        (),
        (Notice("reported", at("05-01 10:00")),),
        (Notice("sent", at("05-01 10:00")), Notice("returned", at("05-10 10:00"))),
        (Notice("returned", at("05-10 10:00")), Notice("reported", at("05-20 10:00"))),
    ],
)
def test_where_no_notice_stands_that_is_told(notices):
    """Whether nobody recorded one, or it came back."""
    docket = {"monitored": True} | ({} if notices is None else {"notices": notices})
    assert words(ask(BUREAU, channel=None, docket=docket)) == NONE_STANDS


def test_a_conversation_at_this_very_instant_is_one():
    assert isinstance(ask(BUREAU, channel=None, docket={"notices": (Notice("spoke", NOON),)}), Cleared)


@pytest.mark.parametrize(("reported", "opening"), [("05-15 23:59:59", "never"), ("05-16 00:00", "now")])
def test_an_earlier_report_is_lawful_from_the_first_instant_on_which_it_might_be_made(reported, opening):
    """What comes back afterwards changes nothing then."""
    notices = (
        Notice("sent", at("05-01 10:00")),
        Notice("reported", at(reported)),
        Notice("returned", at("05-20 10:00")),
    )
    assert opens(ask(BUREAU, channel=None, docket={"notices": notices, "monitored": True})) == opening


# Days and facts -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("closed", "opening"), [(400, "07-15 00:00"), (401, "never")])
def test_an_open_day_is_looked_for_in_the_next_400(closed, opening):
    first = date(2026, 6, 10)
    shut = {first + timedelta(days=ahead) for ahead in range(closed)}
    calendar = BusinessCalendar("shut", holidays_of=lambda year: [one for one in shut if one.year == year])
    verdict = ask(own_rule("d", "d", ClosedDays(holidays=True)), calendar=calendar)
    assert opens(verdict) == opening


def test_a_policys_own_closed_day_has_no_code():
    """Codes are words of the law."""
    assert codes(ask(own_rule("d", "d", ClosedDays(frozenset({2}))))) == [""]


def test_needs_are_waited_for_where_one_of_several_ways_is_open_already():
    limit = Prerequisites((Question(Op.OVER, "deadline"),), ((Question(Op.KNOWN, "known_name"),),))
    docket = {"deadline": day("06-12"), "known_name": "Ann"}
    assert opens(ask(of_law(limit), docket=docket)) == "06-13 00:00"


FLAG = Question(Op.IS, "disputed", ("yes",))
STOP = Question(Op.KNOWN, "oral_stop")


@pytest.mark.parametrize(
    ("limit", "docket", "settled"),
    [
        (Prerequisites(needs=(FLAG,)), {"disputed": True}, True),
        (Prerequisites(needs=(FLAG,)), {"disputed": False}, False),
        (Prerequisites(needs=(FLAG,)), {}, False),
        (Prerequisites(refuses=(FLAG,)), {"disputed": False}, True),
        (Prerequisites(refuses=(FLAG,)), {"disputed": True}, False),
        (Prerequisites(refuses=(STOP,)), {}, True),
        (Prerequisites(refuses=(STOP,)), {"oral_stop": NOON + 60}, False),
        (Prerequisites(needs=(STOP,)), {"oral_stop": NOON - 60}, False),
        (Prerequisites(any_of=((FLAG,),)), {"disputed": True}, True),
        (Prerequisites(any_of=((FLAG, STOP),)), {"disputed": True, "oral_stop": 0}, False),
    ],
)
def test_a_rule_is_left_out_where_nothing_can_make_it_speak(limit, docket, settled):
    """Facts that time does not change, and what it refuses and nobody recorded."""
    assert is_content(limit, situation(docket=docket)) is settled


# Consent to more calls ------------------------------------------------------------------------------------------------

ONE_CALL = ContactLimit(1, 7, consented=False)


@pytest.mark.parametrize(("debt", "opening"), [("case-1", "now"), ("case-2", "06-17 00:00")])
def test_calls_by_consent_about_one_debt_do_not_count_for_it(debt, opening):
    """Also once the consent is over."""
    consent = CallConsent(at("06-10 09:00"), debt=debt, revoked=at("06-10 11:00"))
    docket = {"call_consents": (consent,)}
    assert opens(ask(of_law(ONE_CALL), contacts=log(at("06-10 10:00")), docket=docket)) == opening


def test_consent_covers_the_call_at_its_own_instant():
    docket = {"call_consents": (CallConsent(NOON),)}
    assert opens(ask(of_law(ONE_CALL), contacts=log(at("06-09 10:00")), docket=docket)) == "now"


def test_neither_the_conversation_of_the_consent_nor_the_one_by_consent_ends_it():
    """The second is itself one of the calls that are not counted."""
    given = at("06-09 10:00")
    docket = {"call_consents": (CallConsent(given),)}
    earlier = log(at("06-08 10:00"))
    assert opens(ask(of_law(ONE_CALL), contacts=earlier.plus(*talk(given, inbound=True)), docket=docket)) == "now"
    assert opens(ask(of_law(ONE_CALL), contacts=talk(at("06-10 11:00")), docket=docket)) == "now"


@pytest.mark.parametrize(("debt", "opening"), [("case-1", "now"), ("case-2", "06-17 00:00")])
def test_consent_about_one_debt_ends_the_rest_of_that_debt(debt, opening):
    docket = {"call_consents": (CallConsent(NOON - 30, debt=debt),)}
    assert opens(ask(of_law(CoolingOff(7)), contacts=talk(NOON - 60), docket=docket)) == opening


# Answers --------------------------------------------------------------------------------------------------------------


def test_a_creditors_own_limit_holds_since_ever_and_for_everybody():
    """Unless it is about some channels."""
    rule = own_rule("l", "l", ONE_CALL)
    assert rule.values == (DatedValue(0, ONE_CALL),)
    assert rule.binds is EVERYBODY
    assert own_rule("l", "l", ONE_CALL, frozenset({Channel.SMS})).binds == Binds(channels=frozenset({Channel.SMS}))


def test_an_hour_that_is_closed_has_no_code_of_its_own():
    """The rule's is meant then."""
    assert hours(Hours(((481, 1259),)), situation(), at("06-10 07:00"), law=True) == Wait(at("06-10 08:01"), "")


def test_a_zone_that_is_open_by_consent_says_nothing_of_rest():
    """It is Sunday in New York, where the debtor agreed; and late on Saturday in California, where nobody did."""
    week = Hours(((481, 1259),), ((6, ()),))
    docket = {"time_consents": (TimeConsent(0, 60, at("06-01 12:00")),)}
    zones = (NEW_YORK, "America/Los_Angeles")
    assert hours(week, situation(zones=zones, docket=docket), at("06-14 00:30"), law=True) == Wait(
        at("06-14 03:00"), ""
    )


def test_every_rule_that_spoke_on_the_way_is_named_once():
    """Night, a closed Sunday, a closed Monday, and the night before Tuesday."""
    rules = [own_rule("night", "n", Hours(((481, 1259),)))]
    rules += [own_rule(f"day/{one}", "d", ClosedDays(frozenset({one}))) for one in (6, 0)]
    verdict = ask(*rules, now=at("06-13 22:00"))
    assert opens(verdict) == "06-16 08:01"
    assert [reason.rule for reason in verdict.reasons] == ["night", "day/6", "day/0"]


def test_what_is_blocked_after_waiting_is_what_was_asked_about():
    """Where a rule refuses later on, and where nothing becomes lawful in time."""
    ends = BusinessCalendar("ends", first=2026, last=2026)
    night, days = own_rule("n", "n", Hours(((481, 1259),))), own_rule("d", "d", ClosedDays(holidays=True))
    later = ask(night, days, now=parse_instant("2026-12-31T22:00:00-05:00"), calendar=ends)
    never = ask(own_rule("o", "o", Hours(((540, 1019),))), zones=(NEW_YORK, "Asia/Tokyo"))
    assert [type(verdict) for verdict in (later, never)] == [Blocked, Blocked]
    assert [verdict.action for verdict in (later, never)] == [proposed(), proposed()]


def test_a_rule_that_begins_at_this_very_instant_is_in_force():
    """It is not waited for any more."""
    begins = parse_instant("2026-06-10T00:00:00Z")
    rule = of_law(None, values=(DatedValue(0, KnownPlace()), DatedValue(day("06-10"), ContactLimit(1, 7))))
    assert opens(ask(rule, now=begins, contacts=log(begins - 60))) == "06-16 00:00"


@pytest.mark.parametrize(
    ("now", "days", "found"),
    [
        ("2026-06-10T00:00:00Z", 399, Wait(parse_instant("2027-07-15T00:00:00Z"))),
        ("2026-06-10T00:00:00Z", 400, Refusal("the debtor called every time inconvenient")),
        ("2026-06-09T23:59:59Z", 399, Refusal("the debtor called every time inconvenient")),
    ],
)
def test_a_convenient_time_is_looked_for_in_the_next_400_days(now, days, found):
    """To the second."""
    docket = {"inconvenient_times": (InconvenientTime(through=day("06-10") + days),)}
    assert inconvenient_times(situation(zones=("UTC",), docket=docket), parse_instant(now)) == found


def test_the_days_of_a_limit_by_the_month_say_nothing():
    """A contact on the first counts until the last, however few days are named."""
    rule = of_law(ContactLimit(1, 1, counting=Counting.MONTH))
    assert opens(ask(rule, now=at("06-30 12:00"), contacts=log(at("06-01 10:00")))) == "07-01 00:00"


def test_what_refuses_for_a_time_only_is_waited_for():
    """The answer tells when, and still why."""
    rule = of_law(Prerequisites(refuses=(Question(Op.RUNS, "deadline"),)))
    verdict = ask(rule, docket={"deadline": day("06-12")})
    assert opens(verdict) == "06-13 00:00"
    assert [reason.words for reason in verdict.reasons] == ["A rule: the last day to pay that it states: 2026-06-12"]


# Rules that are left out ----------------------------------------------------------------------------------------------

CEASE = HoldReason.CEASE


@pytest.mark.parametrize(
    ("limit", "facts", "left_out"),
    [
        (BlockedPerson(frozenset({CEASE})), {"holds": frozenset({HoldReason.DISPUTE})}, True),
        (BlockedPerson(frozenset({CEASE})), {"holds": frozenset({CEASE})}, False),
        (BlockedChannel(), {"opted_out": frozenset({Channel.SMS})}, True),
        (BlockedChannel(), {"opted_out": frozenset({Channel.CALL})}, False),
        (KnownPlace(), {"places": frozenset({"US"})}, True),
        (KnownPlace(), {"places": None}, False),
        (InconvenientTimes(), {}, True),
        (InconvenientTimes(), {"docket": {"inconvenient_times": ()}}, False),
        (InconvenientPlaces(), {}, True),
        (InconvenientPlaces(), {"docket": {"inconvenient_places": frozenset()}}, False),
        (RefusedAddress(), {}, True),
        (RefusedAddress(), {"docket": {"refused_addresses": frozenset()}}, False),
        (OpenChallenge(), {}, True),
        (OpenChallenge(), {"docket": {"challenges": ()}}, False),
        (Prerequisites(refuses=(FLAG,)), {"docket": {"disputed": False}}, True),
        (Prerequisites(refuses=(FLAG,)), {"docket": {"disputed": True}}, False),
        (Carries(("opt_out",)), {"docket": {"carries": frozenset({"opt_out"})}}, True),
        (Carries(("opt_out",)), {"docket": {"carries": frozenset()}}, False),
        (Carries(("opt_out",)), {}, False),
        (Hours(((0, 1439),)), {}, False),
    ],
)
def test_a_rule_that_has_nothing_to_say_whenever_it_is_asked_is_left_out(limit, facts, left_out):
    """That is worked out once for everybody of whom the same is known."""
    rules = GateRules([of_law(limit)])
    gate(proposed(), situation(**facts), rules, NOON)
    (speaking,) = rules.memo.values()
    assert (speaking == ()) is left_out


def test_a_rule_that_asks_nothing_at_any_time_is_not_taken_for_content():
    """It is broken, and refuses."""
    assert isinstance(ask(of_law(None, values=())), Blocked)


def test_a_refusal_that_ends_keeps_its_code_and_its_words():
    """Nobody knows the zone, and from next month on the law asks for no hours."""
    hours_now = Hours(((481, 1259),))
    rule = of_law(None, values=(DatedValue(0, hours_now), DatedValue(day("07-01"), BlockedChannel())), code="OWN")
    verdict = ask(rule, zones=())
    assert isinstance(verdict, Deferred)
    (reason,) = verdict.reasons
    assert reason.code == "TIME_UNDETERMINED"
    assert reason.words.startswith("A rule: nothing tells in which time zone the debtor is")


def test_facts_of_many_values_do_not_fill_the_memory():
    """Addresses differ from debtor to debtor, and no rule that fits one does not fit another."""
    rules = GateRules([of_law(RefusedAddress())])
    for address in ("+1", "+2", "+3"):
        gate(proposed(), situation(docket={"address": address}), rules, NOON)
    assert len(rules.memo) == 1


def test_a_missing_address_is_told_before_what_rules_refuse():
    verdict = ask(of_law(NEVER), debtor=Party.consumer("ann"))
    assert [reason.rule for reason in verdict.reasons] == ["debtor/phone", "law/rule"]


def test_a_stay_is_told_with_everything_that_is_in_force():
    """Of what bars collecting; other holds do not."""
    verdict = ask(channel=None, holds=frozenset({HoldReason.DECEASED, HoldReason.BANKRUPTCY, CEASE}))
    assert [reason.words for reason in verdict.reasons] == [
        "nothing is done to collect this debt: in force: bankruptcy, deceased"
    ]


@pytest.mark.parametrize(
    ("confidence", "told"),
    [
        ("house", "w [r, 1 XX 2, house rule, not law]"),
        ("low", "w [r, 1 XX 2, low confidence]"),
        ("medium", "w [r, 1 XX 2]"),
        ("", "w [r, 1 XX 2]"),
    ],
)
def test_doubt_about_a_rule_is_told_with_it(confidence, told):
    """What is plain law needs no such word."""
    reason = Reason("r", "w", "1 XX 2", confidence=confidence)
    assert str(reason) == told
    assert isinstance(reason.doubt, str)


@pytest.mark.parametrize(("now", "opening"), [("06-10 23:59:59", "now"), ("06-11 00:00", "06-11 09:00")])
def test_consent_lasts_to_the_end_of_its_seventh_day(now, opening):
    """Given on the 4th, it covers a call on the 10th; calls from before it count, and are limited again on the 11th."""
    seven = ContactLimit(7, 7, counting=Counting.ROLLING, consented=False)
    docket = {"call_consents": (CallConsent(at("06-04 10:00")),)}
    assert opens(ask(of_law(seven), now=at(now), contacts=log(*[at("06-04 09:00")] * 7), docket=docket)) == opening


def test_what_a_message_has_to_carry_is_told_with_the_rule_that_asks_first():
    first = of_law(Carries(("client_and_ground", "opt_out")), "law/first")
    verdict = ask(first, of_law(Carries(("opt_out", "from_debt_collector")), "law/second"))
    assert verdict.action.obligations == ("client_and_ground", "opt_out", "from_debt_collector")
    assert verdict.action.asked_by == ("law/first", "law/first", "law/second")
