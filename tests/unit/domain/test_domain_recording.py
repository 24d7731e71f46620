"""Facts that law asks for: what hosts may tell, how it is read, and what is known after it."""

from __future__ import annotations

import itertools
from datetime import UTC, date, datetime

import pytest

from dunning_engine.domain.approval_events import OverrideGranted
from dunning_engine.domain.case import fold
from dunning_engine.domain.docket import (
    ATTEMPT_TERMS,
    PERSON_TERMS,
    RECORDS,
    TERMS,
    CallConsent,
    Challenge,
    InconvenientTime,
    Notice,
    Sort,
    TimeConsent,
)
from dunning_engine.domain.events import CaseOpened, FactRecorded, PolicyRef, Recorded
from dunning_engine.domain.facts import OnDay, in_currency, parse_fact, show_fact
from dunning_engine.domain.parties import Party
from dunning_engine.kernel.calendar import CalendarError, parse_instant
from dunning_engine.kernel.errors import UsageError
from dunning_engine.kernel.grammar import Misfit

NOON = parse_instant("2026-03-06T12:00:00Z")
MARCH_2 = date(2026, 3, 2).toordinal()


def told(*facts):
    """The docket of a case to which facts were told, each with the instant at which it was so."""
    opened = CaseOpened(Party.consumer("ann"), PolicyRef("p", 1, "h"))
    history = [Recorded(1, 0, 0, opened)]
    history += [Recorded(n, at, NOON, FactRecorded(name, value)) for n, (at, name, value) in enumerate(facts, 2)]
    return fold("c", history).docket


def test_the_vocabulary_is_divided():
    """A fact is about an attempt or is recorded; those of the person are recorded, and records have their class."""
    assert set(TERMS) > ATTEMPT_TERMS
    assert ATTEMPT_TERMS.isdisjoint(PERSON_TERMS)
    assert set(TERMS) > PERSON_TERMS
    assert set(RECORDS) == {name for name, term in TERMS.items() if term.sort is Sort.RECORDS}
    assert {"purpose", "deadline", "bureau"} < ATTEMPT_TERMS


@pytest.mark.parametrize(
    ("name", "given", "kept"),
    [
        ("email_basis", "direct_consent", "direct_consent"),
        ("monitored", True, True),
        ("inconvenient_places", ["home"], frozenset({"home"})),
        ("refused_addresses", {"ann@example.com"}, frozenset({"ann@example.com"})),
        ("known_name", "Ann Example", "Ann Example"),
        ("oral_stop", NOON, NOON),
        ("oral_stop", "2026-03-06T07:00:00-05:00", NOON),
        ("oral_stop", datetime(2026, 3, 6, 12, tzinfo=UTC), NOON),
        ("validation_end", MARCH_2, MARCH_2),
        ("validation_end", "2026-03-02", MARCH_2),
        ("validation_end", date(2026, 3, 2), MARCH_2),
        ("monitored", None, None),
        ("challenges", Challenge("2026-03-06T12:00:00Z", repeats=True), Challenge(NOON, repeats=True)),
        ("challenges", [Challenge(datetime(2026, 3, 6, 12, tzinfo=UTC), NOON + 1)], (Challenge(NOON, NOON + 1),)),
        ("challenges", (), ()),
        ("notices", Notice("sent", NOON), Notice("sent", NOON)),
        ("time_consents", TimeConsent(0, 1439, NOON), TimeConsent(0, 1439, NOON)),
        (
            "call_consents",
            CallConsent("2026-03-06T12:00:00Z", "case", "2026-03-02"),
            CallConsent(NOON, "case", MARCH_2),
        ),
        ("inconvenient_times", InconvenientTime(), InconvenientTime()),
        (
            "inconvenient_times",
            InconvenientTime({5, 6}, 480, 600, date(2026, 3, 2), NOON),
            InconvenientTime(frozenset({5, 6}), 480, 600, MARCH_2, NOON),
        ),
    ],
)
def test_values_are_read_by_the_sort_of_their_term(name, given, kept):
    """Instants and days may be said in several ways; what is kept is one."""
    assert FactRecorded(name, given).value == kept


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("chalenges", True, "'chalenges' is no fact that law asks for; did you mean 'challenges'?"),
        ("vip", True, "domain.docket.TERMS lists all of them. Facts of your own are a HostFact"),
        (7, True, "7 is no fact that law asks for"),
        ("purpose", "collect", "purpose is not recorded beforehand: the engine tells the law what a step is for"),
        ("form", "voicemail", "it is about one attempt: pass it in the docket of the Situation"),
        ("deadline", "2026-03-02", "it follows from the deadline of the policy's step"),
        ("email_basis", "direct_consen", "did you mean 'direct_consent'?"),
        ("email_basis", 3, "pass one of 'consumer_used'"),
        ("monitored", "yes", "pass True or False"),
        ("inconvenient_places", "home", "pass a set of texts, as in {'home'}"),
        ("inconvenient_places", 7, "pass a set of texts"),
        ("inconvenient_places", {"hom"}, "did you mean 'home'?"),
        ("refused_addresses", {""}, "each is a text"),
        ("known_name", " ", "pass a text"),
        ("oral_stop", date(2026, 3, 2), "pass an aware datetime"),
        ("oral_stop", True, "which is no instant"),
        ("challenges", NOON, "pass one Challenge(…) to add it, or a tuple of all of them"),
        ("challenges", [Notice("sent", NOON)], "pass one Challenge(…)"),
        ("challenges", Challenge(None), "received of challenges is None"),
        ("challenges", Challenge(NOON, repeats=1), "repeats of challenges is 1"),
        ("notices", Notice("post", NOON), "pass one of 'spoke', 'sent', 'returned', 'reported'"),
        ("time_consents", TimeConsent(8, 1440, NOON), "last of time_consents is 1440: pass a minute of the day"),
        ("inconvenient_times", InconvenientTime({7}), "0 for Monday"),
        ("inconvenient_times", InconvenientTime(3), "0 for Monday"),
    ],
)
def test_what_cannot_be_told(name, value, words):
    """The message says what to pass instead."""
    with pytest.raises(UsageError) as refused:
        FactRecorded(name, value)
    assert words in str(refused.value)


@pytest.mark.parametrize(("name", "value"), [("oral_stop", "2026-03-06"), ("validation_end", "soon")])
def test_texts_that_are_no_time(name, value):
    """An instant needs its offset, a day has to be a date."""
    with pytest.raises(CalendarError):
        FactRecorded(name, value)


# What is known after it -----------------------------------------------------------------------------------------------


def test_the_newest_word_stands():
    """Whatever became known when; a withdrawal leaves nothing."""
    assert told((5, "monitored", True), (3, "monitored", False)) == {"monitored": True}
    assert told((5, "monitored", None), (3, "monitored", True)) == {}
    assert told((5, "monitored", None)) == {}


def test_records_are_added_or_replaced():
    """One record joins the others, once; a tuple stands for all of them."""
    one, two = Challenge(1), Challenge(2)
    assert told((1, "challenges", one), (2, "challenges", two), (3, "challenges", one))["challenges"] == (one, two)
    assert told((1, "challenges", one), (2, "challenges", (two,)))["challenges"] == (two,)
    assert told((1, "challenges", one), (2, "challenges", ()))["challenges"] == ()
    assert told((1, "challenges", one), (2, "challenges", None), (3, "challenges", two))["challenges"] == (two,)


def test_every_order_of_arrival_folds_to_the_same():
    """What counts is when it was so."""
    facts = [(1, "challenges", Challenge(1)), (2, "challenges", (Challenge(2),)), (3, "challenges", Challenge(3))]
    assert {str(told(*order)) for order in itertools.permutations(facts)} == {str(told(*facts))}


def test_overrides_gather_by_action():
    """Each stays with who granted it and why."""
    opened = CaseOpened(Party.consumer("ann"), PolicyRef("p", 1, "h"))
    first, second = (OverrideGranted("a1", (rule,), "Ida", "asked for") for rule in ("r/1", "r/2"))
    case = fold("c", [Recorded(n, n, n, event) for n, event in enumerate((opened, first, second), 1)])
    assert case.overrides == {"a1": (first, second)}


# In words -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "fact"),
    [
        ("recorded grievance_open is no", FactRecorded("grievance_open", value=False)),
        ("recorded email_domain is public", FactRecorded("email_domain", "public")),
        ("recorded validation_end on 2026-03-02", FactRecorded("validation_end", MARCH_2)),
        ("recorded oral_stop on 2026-03-02", OnDay("oral_stop", date(2026, 3, 2))),
    ],
)
def test_phrases_read_back_what_they_print(text, fact):
    """Words and flags with "is", instants and days with "on"."""
    assert parse_fact(text) == fact
    assert show_fact(fact) == text


@pytest.mark.parametrize(
    ("text", "message", "at", "meant"),
    [
        ("recorded monitord is yes", "monitord is no fact that law asks for", (9, 17), "recorded monitored is yes"),
        ("recorded vip is yes", "vip is no fact that law asks for", (9, 12), None),
        ("recorded form is plain", "form is about one attempt: it is not recorded beforehand", (9, 13), None),
        ("recorded oral_stop is yes", "oral_stop is not told so: write “on” and a date", (9, 18), None),
        ("recorded monitored on 2026-03-02", "monitored is not told so: write “is” and a word", (9, 18), None),
        ("recorded monitored is yess", "monitored is one of yes, no, not yess", (0, 26), "recorded monitored is yes"),
        ("recorded email_domain is mine", "email_domain is one of public", (0, 29), None),
    ],
)
def test_phrases_that_tell_nothing(text, message, at, meant):
    """Where the mistake is, and what was probably meant."""
    misfit = parse_fact(text)
    assert isinstance(misfit, Misfit)
    assert misfit.message.startswith(message)
    assert ((misfit.start, misfit.end), misfit.suggestion) == (at, meant)


def test_what_only_code_can_tell_has_no_phrase():
    """Records, sets and texts are recorded by hosts."""
    with pytest.raises(TypeError, match="is not a fact"):
        show_fact(FactRecorded("challenges", Challenge(NOON)))
    with pytest.raises(TypeError, match="is not a fact"):
        show_fact(FactRecorded("known_name", "Ann"))


def test_a_day_begins_in_the_zone_of_its_case():
    """An instant that is known by its day."""
    meant = in_currency(OnDay("oral_stop", date(2026, 3, 2)), "USD", zone="America/New_York", event_id="e")
    assert meant == FactRecorded("oral_stop", "2026-03-02T00:00:00-05:00", event_id="e")
    assert in_currency(FactRecorded("monitored", value=True), "USD", source="s").source == "s"


@pytest.mark.parametrize("field", ["by", "source", "event_id"])
def test_who_tells_a_fact_is_text(field):
    """What is stored is read again as text."""
    with pytest.raises(UsageError) as refused:
        FactRecorded("monitored", True, **{field: 5})
    assert str(refused.value) == f"{field} of a FactRecorded is 5: pass text, or leave it out"
