"""The gate: cleared, deferred until the earliest lawful instant, or blocked; and it fails closed."""

from __future__ import annotations

from dataclasses import replace

import pytest
from gate_scene import CALLS, EVERYWHERE, NEW_YORK, NOON, ask, at, log, of_law, opens, proposed, situation, until, words

from dunning_engine.compliance import frequency
from dunning_engine.compliance import gate as module
from dunning_engine.compliance.answers import HEARD_KEPT
from dunning_engine.compliance.gate import HORIZON_DAYS, GateRule, GateRules, assemble, gate, own_rule
from dunning_engine.compliance.rulebook import Binds, Citation, Confidence, DatedValue, Rule, Rulebook, RuleKind
from dunning_engine.compliance.situation import Wait
from dunning_engine.compliance.verdict import Blocked, Cleared, Deferred, Reason
from dunning_engine.domain.arrangements import HoldReason
from dunning_engine.domain.limits import (
    BlockedChannel,
    BlockedPerson,
    ClosedDays,
    ContactLimit,
    CoolingOff,
    Counting,
    Hours,
    InconvenientPlaces,
    KnownPlace,
    Prerequisites,
    RefusedAddress,
    Spacing,
)
from dunning_engine.domain.parties import Channel, Collector, Party, ZoneHint
from dunning_engine.domain.questions import Op, Question
from dunning_engine.kernel.calendar import BusinessCalendar, day_of, parse_instant

DAYTIME = Hours(((481, 1259),))
NEVER = Hours(())
"""A rule that refuses whatever reaches at once."""


# Verdicts -------------------------------------------------------------------------------------------------------------


def test_without_rules_everything_is_cleared():
    """A cleared action carries the instant and the identity of what was proposed."""
    verdict = ask()
    assert isinstance(verdict, Cleared)
    assert (verdict.action.id, verdict.action.cleared_at, verdict.action.action) == ("a1", NOON, proposed())


@pytest.mark.parametrize(
    ("channel", "missing", "told"),
    [
        (Channel.EMAIL, "debtor/email", "no e-mail address is known"),
        (Channel.SMS, "debtor/phone", "no phone number is known"),
        (Channel.CALL, "debtor/phone", "no phone number is known"),
        (Channel.LETTER, "debtor/address", "no postal address is known"),
        (Channel.SOCIAL, "debtor/social", "no account on a social network is known"),
    ],
)
def test_a_missing_address_blocks_and_is_named(channel, missing, told):
    """First of all reasons: no waiting brings it."""
    late = own_rule("policy/hours", "office hours", Hours(((0, 1),)))
    verdict = ask(late, channel=channel, debtor=Party.consumer("ann"))
    assert isinstance(verdict, Blocked)
    assert verdict.reasons[0] == Reason(missing, told)
    assert [r.rule for r in verdict.reasons[1:]] == (["policy/hours"] if channel is not Channel.LETTER else [])


def test_the_portal_needs_no_address():
    """Whoever uses it is there."""
    assert isinstance(ask(channel=Channel.PORTAL, debtor=Party.consumer("ann")), Cleared)


def test_a_missing_zone_blocks_and_is_named():
    """What reaches at once needs to know whose clock counts."""
    rule = own_rule("policy/quiet-hours", "quiet hours", DAYTIME)
    assert words(ask(rule, zones=())) == (
        "quiet hours: nothing tells in which time zone the debtor is: give a zone, phone, postal code, region or country"
    )
    unread = ask(rule, zones=(), hints=(ZoneHint("phone", (NEW_YORK,)), ZoneHint("postal code 09012", ())))
    assert words(unread).endswith("in which time zone the debtor is: no zone follows from postal code 09012")


OLD = BusinessCalendar("old", last=2020)


@pytest.mark.parametrize(
    ("rule", "facts", "error"),
    [
        (own_rule("h", "h", DAYTIME), {"zones": ("Mars/Olympus_Mons",)}, "CalendarError: 'Mars/Olympus_Mons' is not"),
        (own_rule("d", "d", ClosedDays(holidays=True)), {"calendar": OLD}, "CalendarError: the business calendar old"),
        (of_law("no limit at all"), {}, "KeyError"),
        (of_law(None, values=(DatedValue("yesterday", DAYTIME),)), {}, "TypeError"),
        (of_law(None, values=()), {}, "IndexError"),
        (of_law(None, values=("no dated value",)), {}, "AttributeError"),
        (of_law(DAYTIME, when=(Question(Op.OVER, "deadline"),)), {"docket": {"deadline": "soon"}}, "TypeError"),
        (of_law(DAYTIME, unless=(Question(Op.IS, "no such fact"),)), {"docket": {"no such fact": 1}}, "KeyError"),
        (of_law(DAYTIME), {"docket": {"time_consents": "evenings"}}, "AttributeError"),
    ],
)
def test_an_error_inside_a_rule_blocks(rule, facts, error):
    """Whatever went wrong: an unknown zone, a calendar without data, a value that is none."""
    verdict = ask(rule, **facts)
    assert isinstance(verdict, Blocked)
    assert f"the rule could not be asked ({error}" in verdict.reasons[0].words


def test_every_rule_that_spoke_is_in_the_answer():
    """Those that refuse first, then those that want to wait, each with all that is known of it."""
    hours = of_law(
        Hours(((800, 900),)), "law/hours", citation="12 CFR", confidence="high", code="TIME_WINDOW", url="https://x"
    )
    person = own_rule("house/silence", "silence", BlockedPerson(frozenset({HoldReason.CEASE})))
    verdict = ask(hours, person, holds=frozenset({HoldReason.CEASE, HoldReason.DISPUTE}))
    assert isinstance(verdict, Blocked)
    clock = ("Wed 2026-06-10 12:00 in America/New_York",)
    assert verdict.reasons == (
        Reason("house/silence", "silence: in force: cease", facts=("in force: cease",)),
        Reason("law/hours", "A rule", "12 CFR", at("06-10 13:20"), "high", "TIME_WINDOW", "https://x", clock),
    )
    assert [str(reason) for reason in verdict.reasons] == [
        "silence: in force: cease [house/silence]",
        "A rule [law/hours, 12 CFR]",
    ]


def test_a_rule_that_speaks_only_later_is_named_too():
    """Waiting for the morning runs into a closed day, and both are reasons."""
    hours = own_rule("policy/quiet-hours", "hours", DAYTIME)
    sunday = own_rule("policy/quiet-days", "sunday", ClosedDays(frozenset({6})))
    verdict = ask(hours, sunday, now=at("06-13 22:00"))
    assert until(verdict) == "2026-06-15T08:01:00-04:00"
    assert [reason.rule for reason in verdict.reasons] == ["policy/quiet-hours", "policy/quiet-days"]


def test_a_rule_that_refuses_later_blocks():
    """Where the earliest instant of one rule is one that another cannot answer, nothing is lawful."""
    end = BusinessCalendar("ends", first=2026, last=2026)
    eve = parse_instant("2026-12-31T22:00:00-05:00")
    verdict = ask(own_rule("h", "h", DAYTIME), own_rule("d", "d", ClosedDays(holidays=True)), now=eve, calendar=end)
    assert isinstance(verdict, Blocked)
    assert [reason.rule for reason in verdict.reasons] == ["d", "h"]


@pytest.mark.parametrize(("days", "kind"), [(HORIZON_DAYS, Deferred), (HORIZON_DAYS + 1, Blocked)])
def test_nothing_waits_longer_than_the_horizon(days, kind):
    """An instant further away than 400 days is no plan; one within is."""
    verdict = ask(own_rule("once", "once", ContactLimit(1, days, counting=Counting.ROLLING)), contacts=log(NOON))
    assert isinstance(verdict, kind)
    assert [reason.rule for reason in verdict.reasons] == ["once"] if kind is Deferred else ["gate/horizon", "once"]


def test_a_rule_that_waits_for_nothing_blocks(monkeypatch):
    """A fault inside a rule never keeps anybody waiting for an answer, and never lets anything pass."""
    monkeypatch.setattr(frequency, "spacing", lambda _limit, _situation, now: Wait(now))
    verdict = ask(own_rule("house/pause", "pause", Spacing(5)))
    assert isinstance(verdict, Blocked)
    assert verdict.reasons[0] == Reason("gate/stuck", "house/pause wants to wait and does not say for what")
    assert verdict.action.spec.channel is Channel.CALL


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
        (Binds(collectors=frozenset({Collector.FIRST_PARTY, Collector.FIRST_PARTY_IN_DEFAULT})), False),
        (Binds(collectors=frozenset({Collector.THIRD_PARTY})), True),
        (Binds(channels=frozenset({Channel.SMS})), False),
        (Binds(channels=CALLS), True),
        (Binds(debtors=frozenset({Party.business("b").kind})), False),
        (Binds(debtors=frozenset({EVERYWHERE.kind})), True),
        (Binds(regulators=frozenset({"rbi"})), False),
        (Binds(regulators=frozenset({"fca", "rbi"})), True),
        (Binds(slots=frozenset({("chase", "y"), ("other", "x")})), False),
        (Binds(slots=frozenset({("chase", "x")})), True),
    ],
)
def test_a_rule_speaks_only_to_whom_it_binds(binds, speaks):
    """Collector, debtor, channel, supervisor and step must fit."""
    verdict = ask(of_law(NEVER, binds=binds), regulators=frozenset({"fca"}))
    assert isinstance(verdict, Blocked) is speaks


@pytest.mark.parametrize(
    ("places", "speaks"),
    [
        (None, True),
        (frozenset({"US-MA"}), True),
        (frozenset({"US-NY", "US-MA-BOS"}), True),
        (frozenset({"US"}), True),
        (frozenset({"US-NY"}), False),
        (frozenset({"GB", "US-NY"}), False),
    ],
)
def test_the_law_of_a_place_binds_where_the_debtor_may_be(places, speaks):
    """Also where nobody knows the place."""
    assert isinstance(ask(of_law(NEVER, place="US-MA"), places=places), Blocked) is speaks
    assert isinstance(ask(of_law(NEVER), places=places), Blocked)


@pytest.mark.parametrize(
    ("kind", "speaks"),
    [(RuleKind.PROHIBITION, True), (RuleKind.PRESUMPTION, False), (RuleKind.REQUIREMENT, False)],
)
def test_presumptions_and_requirements_can_be_set_aside(kind, speaks):
    """By their name, with a reason that stands elsewhere; prohibitions never."""
    rule = of_law(NEVER, "law/rule", kind=kind)
    assert isinstance(ask(rule, overrides=frozenset({"law/rule"})), Blocked) is speaks
    assert isinstance(ask(rule, overrides=frozenset({"law/other"})), Blocked)


def test_who_fits_is_worked_out_anew_for_every_other_situation():
    """The rules remember what fitted whom, and forget it before they remember too much."""
    rules = GateRules([of_law(NEVER, place="US-MA"), of_law(DAYTIME, "law/day")])
    for places, kind in ((frozenset({"US-MA"}), Blocked), (frozenset({"GB"}), Cleared)) * 2:
        assert isinstance(gate(proposed(), situation(places=places), rules, NOON), kind)
    assert len(rules.memo) == 2


def test_what_rules_remember_has_an_end(monkeypatch):
    """A host with many steps does not fill the memory."""
    monkeypatch.setattr(module, "FITS_KEPT", 2)
    rules = GateRules([of_law(DAYTIME)])
    for channel in Channel:
        gate(proposed(channel), situation(), rules, NOON)
        assert len(rules.memo) <= 2


def test_what_no_term_can_hold_is_not_remembered():
    """A value that somebody put there by mistake refuses where a rule asks for it, and elsewhere does no harm."""
    strange = {"docket": {"addressee": ["consumer"]}}
    rules = GateRules([of_law(DAYTIME)])
    assert isinstance(gate(proposed(), situation(**strange), rules, NOON), Cleared)
    assert rules.memo == {}
    asked = of_law(Prerequisites((Question(Op.IS, "addressee", ("consumer",)),)))
    assert isinstance(ask(asked, **strange), Blocked)


def test_own_limits_and_rulebooks_are_asked_together():
    """The policy's first, then each rulebook's with all that the law says of them."""
    rule = Rule(
        id="xx/law/hours",
        kind=RuleKind.PRESUMPTION,
        says="Not at night",
        code="TIME_WINDOW",
        binds=Binds(),
        when=(Question(Op.KNOWN, "known_name"),),
        unless=(Question(Op.KNOWN, "place"),),
        offstage=True,
        values=(DatedValue(1, DAYTIME),),
        citation=Citation("An act", "https://example.org"),
        confidence=Confidence.LOW,
    )
    calendars = {"CA-ON": OLD}
    book = Rulebook(
        name="xx/law", title="A law", state_of=1, rules=(rule,), place="US-MA", place_needed=True, calendars=calendars
    )
    own = own_rule("policy/quiet-hours", "hours", DAYTIME, CALLS)
    mine, place, theirs = assemble([own], [book])
    assert assemble([own], [replace(book, place_needed=False)]) == (mine, theirs)
    assert (mine, mine.law, mine.binds.channels, mine.kind) == (own, False, CALLS, None)
    assert (place.id, place.code, place.values[0].limit) == ("xx/law/place", "PLACE_UNDETERMINED", KnownPlace())
    assert theirs == GateRule(
        id="xx/law/hours",
        says="Not at night",
        values=rule.values,
        citation="An act",
        confidence="low",
        law=True,
        code="TIME_WINDOW",
        url="https://example.org",
        kind=RuleKind.PRESUMPTION,
        place="US-MA",
        when=rule.when,
        unless=rule.unless,
        offstage=True,
        calendars=calendars,
    )


# When rules speak -----------------------------------------------------------------------------------------------------

ULTIMATUM, REPLY = Question(Op.IS, "purpose", ("ultimatum",)), Question(Op.IS, "reply", ("yes",))
RUNNING = Question(Op.RUNS, "deadline")


@pytest.mark.parametrize(
    ("docket", "speaks"),
    [
        ({}, False),
        ({"purpose": "reminder"}, False),
        ({"purpose": "ultimatum"}, False),
        ({"purpose": "ultimatum", "deadline": 1}, False),
        ({"purpose": "ultimatum", "deadline": 800_000}, True),
        ({"purpose": "ultimatum", "deadline": 800_000, "reply": False}, True),
        ({"purpose": "ultimatum", "deadline": 800_000, "reply": True}, False),
    ],
)
def test_a_rule_speaks_when_all_questions_say_so_and_none_silences_it(docket, speaks):
    """What is unknown neither sets it in motion nor silences it."""
    rule = of_law(NEVER, when=(ULTIMATUM, RUNNING), unless=(REPLY,))
    assert isinstance(ask(rule, docket=docket), Blocked) is speaks


def test_a_rule_that_falls_silent_is_waited_for_no_longer():
    """No contact for a month, but only until a day that comes sooner; or until something has stood for some days."""
    month = ContactLimit(1, 30)
    soon = of_law(month, when=(RUNNING,))
    assert opens(ask(soon, contacts=log(NOON), docket={"deadline": day_of("2026-06-12")})) == "06-13 00:00"
    stood = of_law(month, unless=(Question(Op.WAITED, "written_notice", count=5),))
    assert opens(ask(stood, contacts=log(NOON), docket={"written_notice": NOON})) == "06-15 00:00"
    assert opens(ask(stood, contacts=log(NOON))) == "07-10 00:00"


SEPTEMBER = day_of("2026-09-01")
DATED = of_law(
    None, values=(DatedValue(day_of("2026-06-01"), ContactLimit(2, 7)), DatedValue(SEPTEMBER, ContactLimit(3, 7)))
)


@pytest.mark.parametrize(("now", "opening"), [("05-20 12:00", "now"), ("06-20 12:00", "06-27 00:00")])
def test_a_rule_asks_nothing_before_it_took_effect(now, opening):
    """And what is in force afterwards."""
    contacts = log(at(now) - 3600, at(now) - 1800)
    assert opens(ask(DATED, now=at(now), contacts=contacts)) == opening


def test_a_rule_that_is_loosened_is_asked_again_on_that_day():
    """Two in seven days until August, three from September on: the third need not wait for the old limit."""
    now = at("08-30 12:00")
    verdict = ask(DATED, now=now, contacts=log(now - 3600, now - 1800))
    assert until(verdict, "UTC") == "2026-09-01T00:00:00+00:00"
    assert DATED.limit(verdict.until) == ContactLimit(3, 7)


def test_what_a_rule_asks_may_become_something_else():
    """First a known place, then no refused channel, then nothing at all: a refusal that a date ends is a deferral."""
    dates = (day_of("2020-01-01"), day_of("2026-06-01"), day_of("2026-07-01"))
    rule = of_law(None, values=tuple(map(DatedValue, dates, (KnownPlace(), BlockedChannel(), NEVER))))
    placed = {"places": frozenset({"US"})}
    assert [opens(ask(rule, now=at(now))) for now in ("05-20 12:00", "06-20 12:00", "07-20 12:00")] == [
        "05-31 20:00",
        "now",
        "never",
    ]
    assert opens(ask(rule, now=at("05-20 12:00"), **placed)) == "now"
    assert opens(ask(rule, now=at("06-20 12:00"), opted_out=CALLS)) == "never"


# Acts that reach no debtor --------------------------------------------------------------------------------------------


def test_what_does_not_reach_the_debtor_is_no_contact():
    """A hand-off is bound by rules about what happens offstage, and by no rule about contacts."""
    mustnt = Prerequisites(refuses=(Question(Op.IS, "disputed", ("yes",)),))
    offstage, contact = of_law(mustnt, "law/offstage", offstage=True), of_law(NEVER, "law/contact")
    disputed = {"disputed": True}
    assert isinstance(ask(offstage, contact, channel=None), Cleared)
    assert [r.rule for r in ask(offstage, contact, channel=None, docket=disputed).reasons] == ["law/offstage"]
    assert [r.rule for r in ask(offstage, contact, docket=disputed).reasons] == ["law/contact"]


@pytest.mark.parametrize("reason", [HoldReason.BANKRUPTCY, HoldReason.DECEASED])
def test_a_stay_bars_what_does_not_reach_the_debtor_too(reason):
    """The debt of the bankrupt and the dead is not handed on, whatever the policy lists."""
    verdict = ask(channel=None, holds=frozenset({reason}))
    assert isinstance(verdict, Blocked)
    assert [r.rule for r in verdict.reasons] == ["house/stay"]


@pytest.mark.parametrize("purpose", ["delete_records", "apply_payment", "bankruptcy_claim", "skip_validation_notice"])
def test_a_stay_bars_nothing_that_does_not_collect(purpose):
    """A claim in the bankruptcy, a booking, a deletion."""
    assert isinstance(ask(channel=None, holds=frozenset(HoldReason), docket={"purpose": purpose}), Cleared)


@pytest.mark.parametrize("reason", [HoldReason.CEASE, HoldReason.ATTORNEY])
def test_who_wants_no_contact_may_still_be_handed_on(reason):
    """A cease request and an attorney end contacts, not the claim."""
    assert isinstance(ask(channel=None, holds=frozenset({reason})), Cleared)


# Channels, people, addresses and places -------------------------------------------------------------------------------


def test_a_refused_channel_is_blocked_and_others_go_on():
    """Who wants no text messages may still get letters."""
    rule, refused = of_law(BlockedChannel()), frozenset({Channel.SMS})
    assert isinstance(ask(rule, channel=Channel.LETTER, opted_out=refused), Cleared)
    assert words(ask(rule, channel=Channel.SMS, opted_out=refused)) == "the debtor asked not to be reached by sms"


def test_a_blocked_person_is_not_contacted():
    """While one of the reasons is in force; other holds are the policy's matter."""
    rule = of_law(BlockedPerson(frozenset({HoldReason.ATTORNEY, HoldReason.CEASE})))
    assert isinstance(ask(rule, holds=frozenset({HoldReason.DISPUTE})), Cleared)
    verdict = ask(rule, holds=frozenset({HoldReason.ATTORNEY, HoldReason.CEASE}), channel=Channel.LETTER)
    assert words(verdict) == "in force: attorney, cease"


def test_what_is_refused_may_become_known_at_any_time():
    """The same rules are asked again about somebody of whom more is known."""
    rules = GateRules([of_law(BlockedChannel()), of_law(RefusedAddress())])
    for facts, kind in (
        ({}, Cleared),
        ({"opted_out": CALLS}, Blocked),
        ({"docket": {"address": "+1", "refused_addresses": frozenset({"+1"})}}, Blocked),
        ({"docket": {"address": "+1", "refused_addresses": frozenset({"+2"})}}, Cleared),
        ({}, Cleared),
    ):
        assert isinstance(gate(proposed(), situation(**facts), rules, NOON), kind)


@pytest.mark.parametrize(
    ("docket", "refused"),
    [
        ({}, False),
        ({"refused_addresses": frozenset({"+1"})}, False),
        ({"address": "+1"}, False),
        ({"address": "+1", "refused_addresses": frozenset({"+2"})}, False),
        ({"address": "+1", "refused_addresses": frozenset({"+1", "+2"})}, True),
    ],
)
def test_a_refused_address_is_not_used(docket, refused):
    """Where it is known which one would be."""
    verdict = ask(of_law(RefusedAddress()), docket=docket)
    assert (words(verdict) if refused else type(verdict)) == (
        "the debtor asked that this address is not used" if refused else Cleared
    )


AT_WORK = "the debtor does not want to be reached at work"
IS_AT_WORK = "the debtor is known to be at work, where contact does not suit"


@pytest.mark.parametrize(
    ("channel", "docket", "told"),
    [
        (Channel.CALL, {}, None),
        (Channel.CALL, {"line": "work"}, AT_WORK),
        (Channel.CALL, {"line": "mobile"}, None),
        (Channel.CALL, {"place": "work"}, IS_AT_WORK),
        (Channel.CALL, {"line": "mobile", "place": "work"}, IS_AT_WORK),
        (Channel.SOCIAL, {"place": "work"}, IS_AT_WORK),
        (Channel.CALL, {"place": "home"}, None),
        (Channel.LETTER, {}, None),
        (Channel.LETTER, {"line": "work"}, AT_WORK),
        (Channel.LETTER, {"place": "work"}, None),
    ],
)
def test_places_that_the_debtor_called_inconvenient(channel, docket, told):
    """What is bound to the place; and what reaches at once somebody who is there."""
    docket = {"inconvenient_places": frozenset({"work"}), **docket}
    verdict = ask(of_law(InconvenientPlaces()), channel=channel, docket=docket)
    assert (words(verdict) if told else type(verdict)) == (told or Cleared)
    assert isinstance(ask(of_law(InconvenientPlaces()), channel=channel), Cleared)


def test_a_letter_goes_home_unless_it_is_said_otherwise():
    """So who wants nothing at home gets no letters."""
    docket = {"inconvenient_places": frozenset({"home"})}
    rule = of_law(InconvenientPlaces())
    assert words(ask(rule, channel=Channel.LETTER, docket=docket)) == "the debtor does not want to be reached at home"
    assert isinstance(ask(rule, channel=Channel.LETTER, docket={**docket, "line": "work"}), Cleared)
    assert isinstance(ask(rule, docket=docket), Cleared)


def test_some_law_needs_the_debtors_place():
    """Where nobody knows it, nothing is lawful, and the answer says what would tell."""
    rule = of_law(KnownPlace(), code="PLACE_UNDETERMINED")
    assert isinstance(ask(rule, places=frozenset({"US-MA"})), Cleared)
    for places in (None, frozenset()):
        verdict = ask(rule, places=places)
        assert words(verdict).startswith("nothing tells where the debtor is: give a country")
        assert [reason.code for reason in verdict.reasons] == ["PLACE_UNDETERMINED"]


def test_limits_of_other_channels_are_silent():
    """Each kind of limit knows which channels it is about."""
    rules = [of_law(limit) for limit in (ContactLimit(0, 7, CALLS), CoolingOff(7, CALLS), Spacing(5, CALLS))]
    assert isinstance(ask(*rules, channel=Channel.SMS, contacts=log(NOON)), Cleared)
    assert isinstance(ask(*rules, contacts=log(NOON)), Blocked)


def test_a_proposed_action_stays_what_it_is():
    """The verdict holds what was asked about."""
    for rule in (of_law(NEVER), of_law(Hours(((0, 1),)))):
        assert ask(rule).action == proposed()
    assert replace(proposed(), amount=1) != proposed()


def test_a_rule_forgets_what_it_answered_before_it_remembers_too_much():
    rule = own_rule("h", "h", DAYTIME)
    ask(rule)
    assert len(rule.heard) == 1
    rule.heard.update({("somewhere", number): None for number in range(HEARD_KEPT)})
    ask(rule, now=NOON + 60)
    assert len(rule.heard) == 1
