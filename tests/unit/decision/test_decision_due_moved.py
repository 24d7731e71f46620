"""A due date that is moved later after a letter went out: nobody is asked before it, then the ladder goes on."""

import pytest
from story import Story

from dunning_engine.decision.decision import Withdrawn
from dunning_engine.domain.ledger_events import InvoiceCorrected

STEPS = """
steps:
  - {step: first, when: 5 days after due, send: email first}
  - {step: second, when: 10 days after first, send: email second}
  - {step: third, when: 10 days after previous, send: email third, deadline: 7 days}
  - {step: agency, when: third expires, hand_off: agency acme}
"""


def moved(due):
    return InvoiceCorrected("INV-1", due=due)


@pytest.mark.parametrize("more", ["", "lead: each\n", "unit: invoice\n"])
def test_the_ladder_stands_until_the_new_due_date_is_over_and_then_goes_on(more):
    """Steps count from what happened; the due date only keeps them back."""
    story = Story(more + STEPS)
    went = story.follow("2026-03-01", "2026-05-01", [("2026-03-10", moved("2026-04-01"))])
    assert {day: out for day, out in went.items() if "first" in out[0]} == {"2026-03-07 10:00": ["first: email first"]}
    later = {day[:10]: out[0].partition(":")[0] for day, out in went.items()}
    assert later == {"2026-03-07": "first", "2026-04-02": "second", "2026-04-12": "third", "2026-04-20": "agency"}


def test_an_agency_waits_for_the_new_due_date_too():
    """The demand was made; that its last day is over does not help before the debt is due."""
    went = Story(STEPS).follow("2026-03-01", "2026-05-01", [("2026-03-30", moved("2026-04-20"))])
    assert [day[:10] for day in went] == ["2026-03-07", "2026-03-17", "2026-03-27", "2026-04-21"]


BEFOREHAND = """
steps:
  - {step: early, when: 1 day after issue, send: email early}
  - {step: notice, when: 20 days before due, send: email notice}
  - {step: again, when: 2 days after notice, send: email again, deadline: 3 days}
  - {step: over, when: again expires, send: email over}
  - {step: more, when: 1 day after previous, send: email more}
  - {step: today, when: on the due date, send: email today}
  - {step: behind, when: 1 day after previous, send: email behind}
"""


def test_what_is_drawn_before_the_due_date_goes_out_before_it_and_lapses_with_it():
    """A notice that hangs on a notice is one of the time up to the due date, and so is what follows an expiry."""
    went = Story(BEFOREHAND).follow("2026-02-01", "2026-05-01")
    assert [out[0].partition(":")[0] for out in went.values()] == [
        "early", "notice", "again", "over", "more", "today", "behind",
    ]  # fmt: skip
    assert Story(BEFOREHAND).follow("2026-03-03", "2026-03-03 09:00") == {}


def test_notices_that_hang_on_what_went_out_follow_the_due_date():
    """A due date moved later draws the whole ladder anew from it."""
    text = """
        steps:
          - {step: notice, when: 5 days before due, send: email notice}
          - {step: first, when: 10 days after notice, send: email first}
        """
    went = Story(text).follow("2026-02-01", "2026-05-01", [("2026-03-01", moved("2026-04-01"))])
    assert [day[:10] for day in went] == ["2026-02-25", "2026-04-02"]


def test_what_hangs_on_a_message_of_the_due_date_waits_for_the_new_one():
    """The message went out on the old due date; what follows it is a demand."""
    text = """
        steps:
          - {step: today, when: on the due date, send: email today}
          - {step: first, when: 5 days after today, send: email first}
        """
    went = Story(text).follow("2026-02-01", "2026-05-01", [("2026-03-04", moved("2026-04-01"))])
    assert [day[:10] for day in went] == ["2026-03-02", "2026-04-02"]


def test_a_demand_that_waits_to_be_armed_is_taken_back_when_the_due_date_moves():
    """What was decided on the old due date does not go out before the new one, and is decided anew after it."""
    story = Story(STEPS)
    cleared = story.decided("2026-03-07 10:00").cleared[0].action.action
    story.tell("2026-03-07 11:00", moved("2026-04-01"))
    answer = story.admit(cleared, "2026-03-07 12:00")
    assert isinstance(answer, Withdrawn)
    assert answer.why == "the due date was moved: it is not overdue any more"
