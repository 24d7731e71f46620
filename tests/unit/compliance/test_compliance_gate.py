"""The gate: cleared, deferred until the earliest lawful instant, or blocked; and it fails closed."""

from __future__ import annotations

from dataclasses import replace as with_fields
from datetime import date

import pytest

from dunning_engine.compliance.gate import HORIZON_DAYS, GateRule, assemble, gate, own_rule
from dunning_engine.compliance.rulebook import Binds, Citation, Confidence, DatedValue, Rule, Rulebook, RuleKind
from dunning_engine.compliance.situation import Situation
from dunning_engine.compliance.verdict import Blocked, Cleared, Deferred, Reason
from dunning_engine.domain.actions import ActionKey, ActionSpec, Do, ProposedAction
from dunning_engine.domain.arrangements import HoldReason
from dunning_engine.domain.contacts import Contact, ContactLog, Outcome
from dunning_engine.domain.limits import (
    BlockedChannel,
    BlockedPerson,
    ClosedDays,
    ContactLimit,
    CoolingOff,
    Counting,
    Hours,
    Per,
)
from dunning_engine.domain.parties import Channel, Collector, Party
from dunning_engine.kernel.calendar import DAY_SECONDS, EVERY_DAY, BusinessCalendar, day_of, iso, parse_instant

NEW_YORK = "America/New_York"
NOON = parse_instant("2026-06-10T12:00:00-04:00")
EVERYWHERE = Party.consumer("ann", email="a@example.com", phone="+12125550123", address=("1 Main St",))
LAW_HOURS = Hours(((481, 1259),))
CALLS = frozenset({Channel.CALL})


def situation(**more):
    facts = {
        "debtor": EVERYWHERE,
        "zones": (NEW_YORK,),
        "contacts": ContactLog(),
        "case_id": "case-1",
        "collector": Collector.THIRD_PARTY,
        "opted_out": frozenset(),
        "holds": frozenset(),
        "zone": "Europe/Berlin",
        "calendar": EVERY_DAY,
    }
    return Situation(**{**facts, **more})


def proposed(channel=Channel.CALL):
    do = Do.HAND_OFF if channel is None else Do.CALL if channel is Channel.CALL else Do.SEND
    return ProposedAction(
        id="a1",
        key=ActionKey("INV-1", "chase", 1, "x"),
        case_id="case-1",
        debtor_id="ann",
        spec=ActionSpec(do, "script", channel),
        planned_at=NOON,
        invoices=("INV-1",),
        amount=100,
        currency="USD",
    )


def of_law(limit, ident="law/rule", **more):
    values = more.pop("values", (DatedValue(0, limit),))
    return GateRule(id=ident, says="A rule", values=values, law=True, **more)


def ask(*rules, at=NOON, channel=Channel.CALL, **facts):
    return gate(proposed(channel), situation(**facts), rules, at)


def log(*instants, **more):
    return ContactLog(
        Contact(at, Channel.CALL, more.get("debts", ("case-1",)), more.get("outcome", Outcome.ATTEMPTED))
        for at in instants
    )


def until(verdict, name=NEW_YORK):
    assert isinstance(verdict, Deferred)
    return iso(verdict.until, name)


# Verdicts -------------------------------------------------------------------------------------------------------------


def test_without_rules_everything_is_cleared():
    """A cleared action carries the instant and the identity of what was proposed."""
    verdict = ask()
    assert isinstance(verdict, Cleared)
    assert (verdict.action.id, verdict.action.cleared_at, verdict.action.action) == ("a1", NOON, proposed())


def test_what_does_not_reach_the_debtor_is_no_contact():
    """A hand-off is bound by no rule about contacts."""
    never = own_rule("house/never", "never", Hours(()))
    assert isinstance(ask(never, channel=None), Cleared)


@pytest.mark.parametrize("reason", [HoldReason.BANKRUPTCY, HoldReason.DECEASED])
def test_a_stay_bars_what_does_not_reach_the_debtor_too(reason):
    """The debt of the bankrupt and the dead is not handed on, whatever the policy lists."""
    verdict = gate(proposed(None), situation(holds=frozenset({reason})), (), NOON)

    assert isinstance(verdict, Blocked)
    assert [r.rule for r in verdict.reasons] == ["house/stay"]


@pytest.mark.parametrize("reason", [HoldReason.CEASE, HoldReason.ATTORNEY])
def test_who_wants_no_contact_may_still_be_handed_on(reason):
    """A cease request and an attorney end contacts, not the claim."""
    assert isinstance(gate(proposed(None), situation(holds=frozenset({reason})), (), NOON), Cleared)


@pytest.mark.parametrize(
    ("channel", "missing", "words"),
    [
        (Channel.EMAIL, "debtor/email", "no e-mail address is known"),
        (Channel.SMS, "debtor/phone", "no phone number is known"),
        (Channel.CALL, "debtor/phone", "no phone number is known"),
        (Channel.LETTER, "debtor/address", "no postal address is known"),
    ],
)
def test_a_missing_address_blocks_and_is_named(channel, missing, words):
    """First of all reasons: no waiting brings it."""
    late = own_rule("policy/hours", "office hours", Hours(((0, 1),)))
    verdict = ask(late, channel=channel, debtor=Party.consumer("ann"))
    assert isinstance(verdict, Blocked)
    assert verdict.reasons[0] == Reason(missing, words)
    assert [r.rule for r in verdict.reasons[1:]] == (["policy/hours"] if channel is not Channel.LETTER else [])


def test_a_missing_zone_blocks_and_is_named():
    """What reaches at once needs to know whose clock counts; a letter does not."""
    rule = own_rule("policy/quiet-hours", "quiet hours", LAW_HOURS)
    verdict = ask(rule, zones=())
    assert isinstance(verdict, Blocked)
    assert verdict.reasons[0].words == (
        "quiet hours: nothing tells in which time zone the debtor is: give a zone, phone, postal code, region or country"
    )
    assert isinstance(ask(rule, zones=(), channel=Channel.LETTER), Cleared)
    unread = ask(rule, zones=(), unplaced=("postal code 09012",))
    assert unread.reasons[0].words.endswith("in which time zone the debtor is: no zone follows from postal code 09012")


def test_an_error_inside_a_rule_blocks():
    """Whatever went wrong: an unknown zone, a calendar without data, a limit that nobody knows."""
    hours = own_rule("policy/quiet-hours", "quiet hours", LAW_HOURS)
    verdict = ask(hours, zones=("Mars/Olympus_Mons",))
    assert isinstance(verdict, Blocked)
    assert "the rule could not be asked (CalendarError: 'Mars/Olympus_Mons' is not" in verdict.reasons[0].words
    old = BusinessCalendar("old", last=2020)
    for broken in (
        ask(own_rule("p", "p", ClosedDays(holidays=True)), calendar=old),
        ask(of_law("no limit at all")),
        ask(GateRule(id="p", says="p", values=(DatedValue("yesterday", LAW_HOURS),), law=True)),
    ):
        assert isinstance(broken, Blocked)
        assert "the rule could not be asked" in broken.reasons[0].words


def test_every_rule_that_spoke_is_in_the_answer():
    """Those that refuse first, then those that want to wait, each with citation, confidence and its own instant."""
    hours = of_law(Hours(((800, 900),)), "law/hours", citation="12 CFR", confidence="high")
    person = own_rule("house/silence", "silence", BlockedPerson(frozenset({HoldReason.CEASE})))
    verdict = ask(hours, person, holds=frozenset({HoldReason.CEASE, HoldReason.DISPUTE}))
    assert isinstance(verdict, Blocked)
    assert verdict.reasons == (
        Reason("house/silence", "silence: in force: cease"),
        Reason("law/hours", "A rule", "12 CFR", parse_instant("2026-06-10T13:20:00-04:00"), "high"),
    )
    assert [str(reason) for reason in verdict.reasons] == [
        "silence: in force: cease [house/silence]",
        "A rule [law/hours, 12 CFR]",
    ]


def test_a_rule_that_speaks_only_later_is_named_too():
    """Waiting for the morning runs into a closed day, and both are reasons."""
    night = parse_instant("2026-06-13T22:00:00-04:00")
    hours = own_rule("policy/quiet-hours", "hours", LAW_HOURS)
    sunday = own_rule("policy/quiet-days", "sunday", ClosedDays(frozenset({6})))
    verdict = ask(hours, sunday, at=night)
    assert until(verdict) == "2026-06-15T08:01:00-04:00"
    assert [reason.rule for reason in verdict.reasons] == ["policy/quiet-hours", "policy/quiet-days"]


def test_a_rule_that_refuses_later_blocks():
    """Where the earliest instant of one rule is one that another cannot answer, nothing is lawful."""
    end = BusinessCalendar("ends", first=2026, last=2026)
    eve = parse_instant("2026-12-31T22:00:00-05:00")
    verdict = ask(own_rule("h", "h", LAW_HOURS), own_rule("d", "d", ClosedDays(holidays=True)), at=eve, calendar=end)
    assert isinstance(verdict, Blocked)
    assert [reason.rule for reason in verdict.reasons] == ["d", "h"]


def test_nothing_waits_longer_than_the_horizon():
    """An instant further away than 400 days is no plan; one within is."""
    at_horizon = own_rule("policy/once", "once", ContactLimit(1, HORIZON_DAYS, counting=Counting.ROLLING))
    beyond = own_rule("policy/once", "once", ContactLimit(1, HORIZON_DAYS + 1, counting=Counting.ROLLING))
    assert isinstance(ask(at_horizon, contacts=log(NOON)), Deferred)
    verdict = ask(beyond, contacts=log(NOON))
    assert isinstance(verdict, Blocked)
    assert [reason.rule for reason in verdict.reasons] == ["gate/horizon", "policy/once"]


def test_zones_without_a_common_hour_block():
    """Office hours in New York are night in Tokyo."""
    verdict = ask(own_rule("h", "h", Hours(((540, 1019),))), zones=(NEW_YORK, "Asia/Tokyo"))
    assert isinstance(verdict, Blocked)
    assert verdict.reasons[0] == Reason("gate/horizon", "no lawful instant within 400 days")


# Whom rules bind ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("binds", "speaks"),
    [
        (Binds(), True),
        (Binds(collectors=frozenset({Collector.FIRST_PARTY})), False),
        (Binds(collectors=frozenset({Collector.THIRD_PARTY})), True),
        (Binds(channels=frozenset({Channel.SMS})), False),
        (Binds(channels=CALLS), True),
    ],
)
def test_a_rule_speaks_only_to_whom_it_binds(binds, speaks):
    """Collector, debtor and channel must fit."""
    verdict = ask(of_law(Hours(()), binds=binds))
    assert isinstance(verdict, Blocked) is speaks
    business = with_fields(EVERYWHERE, kind=Party.business("b").kind)
    only_consumers = of_law(Hours(()), binds=Binds(debtors=frozenset({EVERYWHERE.kind})))
    assert isinstance(ask(only_consumers, debtor=business), Cleared)


def test_own_limits_and_rulebooks_are_asked_together():
    """The policy's first, then each rulebook's with citation and confidence."""
    rule = Rule(
        id="xx/law/hours",
        kind=RuleKind.PROHIBITION,
        says="Not at night",
        binds=Binds(),
        values=(DatedValue(1, LAW_HOURS),),
        citation=Citation("An act"),
        confidence=Confidence.LOW,
    )
    own = own_rule("policy/quiet-hours", "hours", LAW_HOURS, CALLS)
    rules = assemble([own], [Rulebook(name="xx/law", title="A law", state_of=1, rules=(rule,))])
    assert [r.id for r in rules] == ["policy/quiet-hours", "xx/law/hours"]
    assert (rules[0].law, rules[0].binds.channels) == (False, CALLS)
    assert (rules[1].law, rules[1].citation, rules[1].confidence) == (True, "An act", "low")


# Dated values ---------------------------------------------------------------------------------------------------------

SEPTEMBER = day_of("2026-09-01")
DATED = of_law(
    None, values=(DatedValue(day_of("2026-06-01"), ContactLimit(2, 7)), DatedValue(SEPTEMBER, ContactLimit(3, 7)))
)


def test_a_rule_asks_nothing_before_it_took_effect():
    """And what is in force afterwards."""
    may, june = parse_instant("2026-05-20T12:00:00Z"), parse_instant("2026-06-20T12:00:00Z")
    for at, kind in ((may, Cleared), (june, Deferred)):
        assert isinstance(ask(DATED, at=at, contacts=log(at - 3600, at - 1800)), kind)


def test_a_rule_that_is_loosened_is_asked_again_on_that_day():
    """Two in seven days until August, three from September on: the third need not wait for the old limit."""
    at = parse_instant("2026-08-30T12:00:00-04:00")
    verdict = ask(DATED, at=at, contacts=log(at - 3600, at - 1800))
    assert until(verdict, "UTC") == "2026-09-01T00:00:00+00:00"
    assert DATED.limit(verdict.until) == ContactLimit(3, 7)


# Hours ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("now", "opens"),
    [
        ("2026-06-10T07:59:59-04:00", "2026-06-10T08:01:00-04:00"),
        ("2026-06-10T08:00:00-04:00", "2026-06-10T08:01:00-04:00"),
        ("2026-06-10T08:01:00-04:00", None),
        ("2026-06-10T20:59:59-04:00", None),
        ("2026-06-10T21:00:00-04:00", "2026-06-11T08:01:00-04:00"),
        ("2026-11-01T12:30:00Z", "2026-11-01T08:01:00-05:00"),
        ("2026-03-07T12:30:00Z", "2026-03-07T08:01:00-05:00"),
        ("2026-06-11T00:59:00Z", None),
    ],
)
def test_the_hours_of_regulation_f(now, opens):
    """The open interval from 8 to 9 in the debtor's zone, whatever the clocks do."""
    verdict = ask(of_law(LAW_HOURS), at=parse_instant(now))
    assert (until(verdict) if opens else type(verdict)) == (opens or Cleared)


@pytest.mark.parametrize(
    ("zones", "now", "opens"),
    [
        ((NEW_YORK, "America/Los_Angeles"), "2026-06-10T09:00:00-04:00", "2026-06-10T11:01:00-04:00"),
        ((NEW_YORK, "America/Los_Angeles"), "2026-06-10T21:01:00-04:00", "2026-06-11T11:01:00-04:00"),
        ((NEW_YORK, "America/Denver"), "2026-06-10T09:00:00-04:00", "2026-06-10T10:01:00-04:00"),
        ((NEW_YORK, "Pacific/Honolulu"), "2026-01-14T09:00:00-05:00", "2026-01-14T13:01:00-05:00"),
        (("America/Denver", "America/Phoenix"), "2026-07-14T10:30:00-04:00", "2026-07-14T11:01:00-04:00"),
    ],
)
def test_it_must_be_day_in_every_zone(zones, now, opens):
    """The official pairs: Eastern mobile with a Pacific or Mountain address, and others."""
    assert until(ask(of_law(LAW_HOURS), zones=zones, at=parse_instant(now))) == opens


@pytest.mark.parametrize(
    ("windows", "now", "opens"),
    [
        (((150, 1199),), "2026-10-25T02:10:00+01:00", "2026-10-25T02:30:00+01:00"),
        (((120, 140), (540, 600)), "2026-10-25T02:45:00+02:00", "2026-10-25T02:00:00+01:00"),
        (((130, 140), (540, 600)), "2026-10-25T02:45:00+02:00", "2026-10-25T02:10:00+01:00"),
        (((130, 140), (540, 600)), "2026-10-25T02:45:00+01:00", "2026-10-25T09:00:00+01:00"),
        (((130, 140), (200, 210)), "2026-03-29T01:00:00+01:00", "2026-03-29T03:20:00+02:00"),
    ],
)
def test_windows_that_open_while_clocks_change(windows, now, opens):
    """An hour that comes twice opens twice; one that is skipped does not open at all."""
    verdict = ask(own_rule("h", "h", Hours(windows)), zones=("Europe/Berlin",), at=parse_instant(now))
    assert until(verdict, "Europe/Berlin") == opens


def test_a_day_without_open_minutes_blocks():
    """Quiet from midnight to midnight."""
    verdict = ask(own_rule("h", "h", Hours(())))
    assert isinstance(verdict, Blocked)
    assert verdict.reasons[0].words == "h: no hour of the day is open"


# Closed days ----------------------------------------------------------------------------------------------------------

JULY_4 = (date(2026, 7, 3), date(2026, 7, 4))
US = BusinessCalendar("us", holidays_of=lambda year: [day for day in JULY_4 if day.year == year])


@pytest.mark.parametrize(
    ("limit", "now", "opens"),
    [
        (ClosedDays(frozenset({6})), "2026-06-14T12:00:00-04:00", "2026-06-15T00:00:00-04:00"),
        (ClosedDays(holidays=True), "2026-07-03T12:00:00-04:00", "2026-07-05T00:00:00-04:00"),
        (ClosedDays(non_business=True), "2026-07-03T12:00:00-04:00", "2026-07-06T00:00:00-04:00"),
        (ClosedDays(frozenset({6}), holidays=True), "2026-07-03T12:00:00-04:00", "2026-07-06T00:00:00-04:00"),
    ],
)
def test_closed_days_end_at_midnight_where_the_debtor_is(limit, now, opens):
    """Weekdays, public holidays, or whatever is no business day."""
    assert until(ask(own_rule("d", "d", limit), at=parse_instant(now), calendar=US)) == opens


def test_it_must_be_an_open_day_in_every_zone():
    """Saturday evening in New York is Sunday in Berlin."""
    saturday = parse_instant("2026-06-13T20:00:00-04:00")
    verdict = ask(own_rule("d", "d", ClosedDays(frozenset({6}))), at=saturday, zones=(NEW_YORK, "Europe/Berlin"))
    assert until(verdict) == "2026-06-15T00:00:00-04:00"


def test_letters_may_go_out_on_quiet_days_but_not_on_days_without_post():
    """What is opened when it suits disturbs nobody; but a step rolls to a business day on every channel."""
    sunday = parse_instant("2026-06-14T12:00:00-04:00")
    for limit, kind in ((ClosedDays(frozenset({6})), Cleared), (ClosedDays(non_business=True), Deferred)):
        rule = own_rule("d", "d", limit)
        working = BusinessCalendar("plain")
        assert isinstance(ask(rule, at=sunday, channel=Channel.LETTER, zones=(), calendar=working), kind)


def test_a_year_of_closed_days_blocks():
    """Nothing waits for a day that does not come."""
    verdict = ask(own_rule("d", "d", ClosedDays(frozenset(range(7)))))
    assert isinstance(verdict, Blocked)
    assert verdict.reasons[0].words == "d: no day within a year is open"


# Frequency ------------------------------------------------------------------------------------------------------------

SEVEN = ContactLimit(7, 7, CALLS, Per.DEBT, Counting.BOTH)


def on(*days, clock="10:00:00-04:00"):
    return [parse_instant(f"2026-04-{day:02}T{clock}") for day in days]


def test_the_official_example_of_seven_calls():
    """Seven calls from 1 to 7 April: the eighth must wait for the 8th, at the hour of the first."""
    rule = of_law(SEVEN)
    calls = log(*on(1, 2, 3, 4, 5, 6, 7))
    assert isinstance(ask(rule, at=on(7)[0], contacts=log(*on(1, 2, 3, 4, 5, 6))), Cleared)
    assert (
        until(ask(rule, at=parse_instant("2026-04-07T17:00:00-04:00"), contacts=calls)) == "2026-04-08T10:00:00-04:00"
    )
    assert isinstance(ask(rule, at=parse_instant("2026-04-08T12:00:00-04:00"), contacts=calls), Cleared)
    evening = parse_instant("2026-04-08T17:00:00-04:00")
    assert isinstance(ask(rule, at=evening, contacts=calls.plus(*log(*on(8)))), Deferred)


@pytest.mark.parametrize(
    ("counting", "opens"),
    [
        (Counting.CALENDAR, "2026-04-08T00:00:00-04:00"),
        (Counting.ROLLING, "2026-04-08T20:00:00-04:00"),
        (Counting.BOTH, "2026-04-08T20:00:00-04:00"),
    ],
)
def test_days_are_counted_by_the_calendar_by_the_hour_or_both(counting, opens):
    """Seven calls in one evening leave the window at midnight, or at that hour; both means the stricter."""
    calls = log(*on(*[1] * 7, clock="20:00:00-04:00"))
    limit = ContactLimit(7, 7, CALLS, Per.DEBT, counting)
    assert until(ask(of_law(limit), at=on(5)[0], contacts=calls)) == opens


def test_calendar_days_must_have_passed_in_every_zone():
    """A late evening in New York is the next day in Berlin."""
    late = parse_instant("2026-04-01T20:00:00-04:00")
    rule = own_rule("l", "l", ContactLimit(1, 1))
    verdict = ask(rule, at=late + 60, contacts=log(late), zones=(NEW_YORK, "Europe/Berlin"))
    assert until(verdict) == "2026-04-02T18:00:00-04:00"


def test_without_a_zone_days_are_the_policys_or_whatever_is_stricter():
    """A policy counts in its own zone; for a law the day may be about to begin somewhere, and be a long one."""
    morning = parse_instant("2026-04-01T10:00:00+02:00")
    limit = ContactLimit(1, 1)
    asked = {"at": morning + 60, "contacts": log(morning), "zones": (), "channel": Channel.LETTER}
    assert until(ask(own_rule("l", "l", limit), **asked), "Europe/Berlin") == "2026-04-02T00:00:00+02:00"
    assert until(ask(of_law(limit), **asked), "Europe/Berlin") == "2026-04-02T11:00:00+02:00"


@pytest.mark.parametrize(
    ("contact", "law", "counts"),
    [
        (Contact(NOON - 60, Channel.CALL, ("case-1",)), True, True),
        (Contact(NOON - 60, Channel.CALL, ("case-2",)), True, False),
        (Contact(NOON - 60, Channel.CALL, ()), True, True),
        (Contact(NOON - 60, Channel.SMS, ("case-1",)), True, False),
        (Contact(NOON - 60, Channel.CALL, ("case-1",), inbound=True), True, False),
        (Contact(NOON - 60, Channel.CALL, ("case-1",), Outcome.NOT_CONNECTED), True, False),
        (Contact(NOON - 60, Channel.CALL, ("case-1",), Outcome.WRONG_NUMBER), True, False),
        (Contact(NOON - 60, Channel.CALL, ("case-1",), Outcome.NOT_CONNECTED), False, True),
        (Contact(NOON - 60, Channel.CALL, ("case-1",), Outcome.CONVERSATION), True, True),
    ],
)
def test_what_counts_as_a_contact(contact, law, counts):
    """Of this debt (or of nobody knows which), this channel, begun by us, and, for a law, at the debtor's telephone."""
    rule = with_fields(of_law(ContactLimit(1, 7, CALLS, Per.DEBT)), law=law)
    assert isinstance(ask(rule, contacts=ContactLog([contact])), Deferred if counts else Cleared)


def test_a_limit_per_debtor_counts_every_case():
    """One person, one telephone."""
    rule = own_rule("l", "l", ContactLimit(1, 7))
    assert isinstance(ask(rule, contacts=log(NOON - 60, debts=("case-2",))), Deferred)


def test_a_limit_of_other_channels_does_not_speak():
    """Calls are limited, letters go on."""
    rules = (of_law(ContactLimit(1, 7, CALLS)), of_law(CoolingOff(7, CALLS)))
    conversation = log(NOON - 60, outcome=Outcome.CONVERSATION)
    assert isinstance(ask(*rules, contacts=conversation), Deferred)
    assert isinstance(ask(*rules, contacts=conversation, channel=Channel.LETTER), Cleared)


def test_a_limit_of_zero_refuses():
    """It is no waiting but a bar."""
    verdict = ask(own_rule("l", "no calls", ContactLimit(0, 7)))
    assert isinstance(verdict, Blocked)
    assert verdict.reasons[0].words == "no calls: no contact of this kind is allowed"


# Rest after a conversation --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("at", "opens"),
    [
        ("2026-08-14T12:26:00-04:00", "2026-08-21T00:00:00-04:00"),
        ("2026-08-20T23:59:00-04:00", "2026-08-21T00:00:00-04:00"),
        ("2026-08-21T00:00:00-04:00", None),
    ],
)
def test_the_day_of_a_conversation_is_day_one(at, opens):
    """After a conversation on Friday the 14th the next call may come on Friday the 21st."""
    talk = log(parse_instant("2026-08-14T10:00:00-04:00"), outcome=Outcome.CONVERSATION)
    verdict = ask(of_law(CoolingOff(7, CALLS, Per.DEBT)), at=parse_instant(at), contacts=talk)
    assert (until(verdict) if opens else type(verdict)) == (opens or Cleared)


@pytest.mark.parametrize(
    ("contact", "rests"),
    [
        (Contact(NOON - 60, Channel.CALL, ("case-1",), Outcome.CONVERSATION, inbound=True), True),
        (Contact(NOON - 60, Channel.CALL, (), Outcome.CONVERSATION), True),
        (Contact(NOON - 60, Channel.CALL, ("case-2",), Outcome.CONVERSATION), False),
        (Contact(NOON - 60, Channel.CALL, ("case-1",), Outcome.ATTEMPTED), False),
    ],
)
def test_what_is_a_conversation_about_the_debt(contact, rests):
    """Whoever began it; where nobody knows which debt was discussed, each of them was."""
    rule = of_law(CoolingOff(7, CALLS, Per.DEBT))
    assert isinstance(ask(rule, contacts=ContactLog([contact])), Deferred if rests else Cleared)


def test_rest_per_debtor_and_without_a_zone():
    """Any conversation counts; a policy rests by its own calendar, a law until the days are over everywhere."""
    talk = log(parse_instant("2026-06-10T10:00:00+02:00"), debts=("case-2",), outcome=Outcome.CONVERSATION)
    limit = CoolingOff(2, per=Per.DEBTOR)
    own = ask(own_rule("r", "r", limit), contacts=talk, zones=(), channel=Channel.LETTER)
    law = ask(of_law(limit), contacts=talk, zones=(), channel=Channel.LETTER)
    assert until(own, "Europe/Berlin") == "2026-06-12T00:00:00+02:00"
    assert until(law, "Europe/Berlin") == "2026-06-12T11:00:00+02:00"


# Blocked channels and people ------------------------------------------------------------------------------------------


def test_a_refused_channel_is_blocked_and_others_go_on():
    """Who wants no text messages may still get letters."""
    rule = of_law(BlockedChannel())
    assert isinstance(ask(rule, channel=Channel.LETTER, opted_out=frozenset({Channel.SMS})), Cleared)
    verdict = ask(rule, channel=Channel.SMS, opted_out=frozenset({Channel.SMS}))
    assert isinstance(verdict, Blocked)
    assert verdict.reasons[0].words == "A rule: the debtor asked not to be reached by sms"


def test_a_blocked_person_is_not_contacted():
    """While one of the reasons is in force; other holds are the policy's matter."""
    rule = of_law(BlockedPerson(frozenset({HoldReason.ATTORNEY, HoldReason.CEASE})))
    assert isinstance(ask(rule, holds=frozenset({HoldReason.DISPUTE})), Cleared)
    verdict = ask(rule, holds=frozenset({HoldReason.ATTORNEY, HoldReason.CEASE}), channel=Channel.LETTER)
    assert isinstance(verdict, Blocked)
    assert verdict.reasons[0].words == "A rule: in force: attorney, cease"


def test_a_day_is_a_day():
    """Rolling limits count full days of 24 hours, also where the clock changes."""
    before = parse_instant("2026-10-24T12:00:00+02:00")
    rule = own_rule("l", "l", ContactLimit(1, 1, counting=Counting.ROLLING))
    verdict = ask(rule, at=before + 60, contacts=log(before), zones=("Europe/Berlin",))
    assert verdict.until == before + DAY_SECONDS
