"""`on_lead_paid: fall_back`: the ladder goes back to where the age of the next invoice alone puts it."""

from __future__ import annotations

import pytest
from story import Story, invoice, paid

LADDER = """
    lead: {lead}
    on_lead_paid: fall_back
    grace: 2 days
    steps:
      - {{step: first, when: 3 days after due, send: email first}}
      - {{step: second, when: {when}, send: email second}}
      - {{step: third, when: 40 days after due, send: letter third}}
"""
OLD = invoice("OLD", "300.00", due="2026-03-02", issued="2026-02-01")
YOUNG = invoice("YOUNG", "100.00", due="2026-03-22", issued="2026-03-01")


def after_payment(lead, when, number, *invoices):
    """What comes after the invoice that led is paid, once its whole ladder was climbed."""
    story = Story(LADDER.format(lead=lead, when=when), *invoices)
    story.follow("2026-02-01", "2026-04-14")
    amount = "300.00" if number == "OLD" else "100.00"
    story.tell("2026-04-14", paid(amount, number))
    return list(story.follow("2026-04-14 12:00", "2026-05-30").values())


@pytest.mark.parametrize(
    "when",
    [
        "10 days after due",
        "30 days after issue",
        "7 days after grace ends",
        "7 days after first",
        "7 days after previous",
        "end of month after due",
    ],
)
def test_the_age_of_the_next_invoice_counts(when):
    """Twenty days younger, it has had its second letter by age, and the third is yet to come."""
    assert after_payment("oldest", when, "OLD", OLD, YOUNG) == [["third: letter third"]]


def test_the_largest_invoice_may_lead():
    """When it is paid, the next largest one carries on by its own age."""
    assert after_payment("largest", "10 days after due", "OLD", OLD, YOUNG) == [["third: letter third"]]


def test_the_newest_invoice_may_lead():
    """When it is paid, the older one is further up the ladder."""
    assert after_payment("newest", "10 days after due", "YOUNG", OLD, YOUNG) != []
