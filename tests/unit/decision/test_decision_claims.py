"""What an action asks to be paid, where a debtor owes several invoices."""

from __future__ import annotations

from story import Story, invoice, paid

LADDER = """
grace: 5 days
steps:
  - {step: notice, when: 3 days before due, send: email notice}
  - {step: reminder, when: grace ends, send: email reminder}
  - {step: final, when: 20 days after due, send: letter final, deadline: 10 days}
  - {step: agency, when: final expires, hand_off: agency acme}
"""


def claims(*owed, until="2026-05-01", text=LADDER):
    """The invoices and the amount that each action named, by step."""
    story = Story(text, *owed)
    named = {}
    now = story.at("2026-02-01")
    while now is not None and now < story.at(until):
        decision = story.decided(now)
        for cleared in decision.cleared:
            action = cleared.action.action
            named[action.step] = (action.invoices, action.amount)
            story.deliver(action, now)
        now = now if decision.cleared else decision.next_look
    return named


def test_before_the_due_date_a_message_is_about_what_falls_due_with_the_lead():
    """A notice names the invoices of its date, and leaves the later ones alone."""
    named = claims(invoice("A", "100.00"), invoice("B", "50.00"), invoice("C", "9.00", due="2026-04-30"))
    assert named["notice"] == (("A", "B"), 15000)


def test_nobody_is_asked_for_what_is_within_its_grace():
    """The oldest invoice makes the ladder climb; a younger one joins when its own grace is over."""
    named = claims(invoice("A", "100.00"), invoice("B", "50.00", due="2026-03-05"), until="2026-03-12")
    assert named["reminder"] == (("A",), 10000)


def test_an_ultimatum_demands_only_what_was_reminded_of():
    """What no message named when it was past due is not in the final demand, nor what follows from it."""
    named = claims(invoice("A", "100.00"), invoice("B", "50.00", due="2026-03-10"))
    assert named["final"] == (("A",), 10000)
    assert named["agency"] == (("A",), 10000)


def test_a_hand_off_hands_over_only_what_its_ultimatum_demanded():
    """An invoice that was reminded of, but came too late for the demand, stays with the creditor."""
    text = """
        steps:
          - {step: reminder, when: 3 days after due, send: email reminder, cadence: every 20 days until agency}
          - {step: final, when: 10 days after due, send: letter final, deadline: 30 days}
          - {step: agency, when: final expires, hand_off: agency acme}
        """
    named = claims(invoice("A", "100.00"), invoice("B", "50.00", due="2026-03-10"), text=text)
    assert named["reminder"] == (("A", "B"), 15000)
    assert named["final"] == (("A",), 10000)
    assert named["agency"] == (("A",), 10000)


def test_what_no_ultimatum_demanded_is_not_handed_over():
    """The demanded invoice was paid in time; the younger one, of which no demand spoke, stays with the creditor."""
    story = Story(LADDER, invoice("A", "100.00"), invoice("B", "50.00", due="2026-03-20"))
    went = story.follow("2026-02-20", "2026-06-01", [("2026-03-25", paid("100.00", "A"))])
    assert [out[0].partition(":")[0] for out in went.values()] == ["notice", "reminder", "final"]
    reasons = [note.words for note in story.decide("2026-04-10 12:00").why if note.about == "step agency"]
    assert "not taken: the step final demanded nothing of what is overdue now" in reasons


def test_a_hand_off_that_waits_is_taken_back_when_its_demand_is_paid():
    """At the arming it is asked again what the ultimatum demanded."""
    story = Story(LADDER, invoice("A", "100.00"), invoice("B", "50.00", due="2026-03-20"))
    story.follow("2026-02-20", "2026-03-31")
    agency = story.decided("2026-04-02 12:00").cleared[0].action.action
    assert (agency.step, agency.invoices) == ("agency", ("A",))
    story.tell("2026-04-02 12:05", paid("100.00", "A"))
    assert "paid" in story.admit(agency, "2026-04-02 12:10").why


def test_a_hand_off_after_a_demand_that_was_never_sent_goes_over_the_lead():
    """The demand went on without a proof of its sending: nobody knows what it named."""
    text = LADDER.replace("deadline: 10 days", "deadline: 10 days, climb_on: emitted")
    story = Story(text, invoice("A", "100.00"), invoice("B", "50.00", due="2026-03-06"))
    story.follow("2026-02-20", "2026-03-15")
    story.arrives = ""
    story.decided("2026-03-23 12:00")
    named = [c.action.action.invoices for c in story.decide("2026-04-10 12:00").cleared]
    assert named in ([], [("A",)])


def test_where_nothing_was_sent_an_ultimatum_demands_all_that_is_past_due():
    """A ladder may begin with its ultimatum."""
    text = "steps: [{step: final, when: 20 days after due, send: letter final, deadline: 10 days}]"
    named = claims(invoice("A", "100.00"), invoice("B", "50.00", due="2026-03-10"), text=text)
    assert named["final"] == (("A", "B"), 15000)
