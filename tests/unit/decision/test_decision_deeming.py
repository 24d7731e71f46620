"""Letters that are deemed delivered, and actions of which nobody knows whether they left."""

from __future__ import annotations

import pytest
from story import Story, at, local

from dunning_engine.domain.events import DeliveryArmed, ReceiptKind, ReceiptRecorded

LETTER = """
    steps:
      - {{step: ultimatum, when: 3 days after due, deadline: 10 days, send: {way} ultimatum, climb_on: delivered{deemed}}}
      - {{step: last, when: 1 day after ultimatum expires, send: email last, requires: ultimatum delivered}}
"""
DEEMED = ", deemed_delivered: 3 days after sending"


def letter(deemed=DEEMED, *, way="letter", arrives="sent"):
    """The ultimatum goes out on 5 March."""
    return Story(LETTER.format(deemed=deemed, way=way), arrives=arrives)


def news(story, kind):
    action = next(d.id for d in story.case.deliveries.values() if d.key.step == "ultimatum")
    return ReceiptRecorded(action, kind)


def test_without_the_key_nothing_is_deemed():
    """The ladder waits for the proof."""
    assert list(letter("").follow("2026-03-01", "2026-05-30")) == ["2026-03-05 10:00"]


def test_a_letter_counts_as_delivered_when_its_day_is_over():
    """The third day is the eighth; ten days to pay from then, and the next step a day after."""
    story = letter()
    story.look("2026-03-05 10:00")
    assert local(story.decide("2026-03-05 10:00").next_look) == "2026-03-08 23:59"
    assert list(story.follow("2026-03-06", "2026-05-30")) == ["2026-03-20 10:00"]
    notes = [(note.about, note.words) for note in story.decide("2026-03-09").why]
    assert ("step ultimatum", "letter ultimatum counts as delivered: nothing proves it, nothing came back") in notes


def test_an_end_without_business_moves_later():
    """Three days after the 5th is a Sunday, on which no letter comes."""
    story = Story(
        LETTER.format(deemed=DEEMED, way="letter").replace(
            "    steps:", "    time: {zone: America/New_York, business_days: US}\n    steps:", 1
        ),
        arrives="sent",
    )
    story.look("2026-03-05 10:00")
    assert local(story.decide("2026-03-05 10:00").next_look) == "2026-03-09 23:59"


def test_a_certified_letter_may_be_deemed_too():
    """Where its step says so."""
    story = letter(way="certified letter")
    assert len(story.follow("2026-03-01", "2026-05-30")) == 2


@pytest.mark.parametrize("when", ["2026-03-07", "2026-03-12", "2026-03-19 23:00"])
def test_what_came_back_was_not_delivered(when):
    """Before its day or after: nothing climbs on it."""
    story = letter()
    story.look("2026-03-05 10:00")
    assert story.follow("2026-03-06", "2026-05-30", [(when, news(story, ReceiptKind.BOUNCED))]) == {}


def test_what_comes_back_when_the_ladder_has_gone_on_takes_nothing_back_in_silence():
    """The later step stands, nothing is sent twice, and the letter is not called delivered any more."""
    story = letter()
    story.follow("2026-03-01", "2026-03-21")
    assert story.follow("2026-03-21", "2026-05-30", [("2026-03-22", news(story, ReceiptKind.BOUNCED))]) == {}
    assert not any("counts as delivered" in note.words for note in story.decide("2026-03-23").why)


def test_a_proof_counts_from_its_own_day():
    """Later than it was deemed: the debtor has the days from then."""
    story = letter()
    story.look("2026-03-05 10:00")
    proven = [("2026-03-10", news(story, ReceiptKind.DELIVERED))]
    assert list(story.follow("2026-03-06", "2026-05-30", proven)) == ["2026-03-22 10:00"]


# Uncertain -------------------------------------------------------------------------------------------------------------

UNCERTAIN = """
    steps:
      - {{step: first, when: 3 days after due, send: email first{word}}}
      - {{step: second, when: 7 days after first, send: email second}}
      - {{step: third, when: 7 days after second, send: email third, requires: first sent}}
"""


@pytest.mark.parametrize(
    ("word", "out"),
    [
        ("", []),
        (", on_uncertain: ask", []),
        (", on_uncertain: resend", []),
        (", on_uncertain: skip", ["2026-03-12 10:00"]),
    ],
)
def test_the_ladder_goes_on_past_the_unknown_only_where_it_may(word, out):
    """Counted from the attempt; whoever requires that it was sent waits all the same."""
    story = Story(UNCERTAIN.format(word=word), arrives="")
    story.look("2026-03-05 10:00")
    (delivery,) = story.case.deliveries.values()
    story.tell("2026-03-05 10:02", ReceiptRecorded(delivery.id, ReceiptKind.UNCERTAIN))
    story.arrives = "delivered"
    assert list(story.follow("2026-03-05 10:02", "2026-05-30")) == out
    told = ReceiptRecorded(delivery.id, ReceiptKind.SENT)
    assert len(story.follow("2026-06-01", "2026-07-30", [("2026-06-02", told)])) == 2 - len(out)


def test_a_second_attempt_of_the_unknown_is_a_contact_more():
    """Both may have reached the debtor, and both count; news is of the one action."""
    story = Story(UNCERTAIN.format(word=", on_uncertain: resend"), arrives="")
    story.look("2026-03-05 10:00")
    (delivery,) = story.case.deliveries.values()
    story.tell("2026-03-05 10:02", ReceiptRecorded(delivery.id, ReceiptKind.UNCERTAIN))
    story.tell("2026-03-05 10:03", DeliveryArmed(delivery.id, 2), ReceiptRecorded(delivery.id, ReceiptKind.SENT))
    assert [contact.at for contact in story.case.contacts] == [at("2026-03-05 10:00"), at("2026-03-05 10:03")]
    assert story.case.deliveries[delivery.id].sent_at == at("2026-03-05 10:03")
