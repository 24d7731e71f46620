"""The debtor's one contact log."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from dunning_engine.domain.contacts import CONSUMER, NO_CONTACTS, Contact, ContactLog, Outcome
from dunning_engine.domain.parties import Channel

CONTACTS = st.lists(
    st.builds(
        Contact,
        st.integers(0, 50),
        st.sampled_from(Channel),
        st.sampled_from([(), ("a",), ("a", "b")]),
        st.sampled_from(Outcome),
        st.booleans(),
        st.sampled_from(["", "x", "y"]),
        st.sampled_from([(), ("a",), ("b",)]),
        st.sampled_from(["", "work"]),
        st.sampled_from([CONSUMER, "employer"]),
        st.booleans(),
        st.booleans(),
    ),
    max_size=8,
)


@given(contacts=CONTACTS, data=st.data())
def test_the_same_contacts_make_the_same_log(contacts, data):
    """In whatever order they became known, and added one by one or together."""
    log = ContactLog(contacts)
    shuffled = data.draw(st.permutations(contacts))
    assert ContactLog(shuffled) == log
    assert hash(ContactLog(shuffled)) == hash(log)
    one_by_one = NO_CONTACTS
    for contact in shuffled:
        one_by_one = one_by_one.plus(contact)
    assert one_by_one == log == NO_CONTACTS.plus(*shuffled)
    assert sorted(log, key=lambda c: c.at) == list(log)


@given(contacts=CONTACTS, since=st.integers(-1, 51))
def test_a_rule_sees_only_its_own_window(contacts, since):
    """Contacts at or after an instant, oldest first."""
    log = ContactLog(contacts)
    assert log.since(since) == tuple(c for c in log if c.at >= since)


def test_a_log_is_counted_and_compared():
    """It is a value like any other."""
    log = ContactLog([Contact(1, Channel.CALL)])
    assert (len(log), repr(log)) == (1, "<ContactLog of 1>")
    assert log != ContactLog()
    assert log != (Contact(1, Channel.CALL),)
    assert log.plus() is log


def test_what_came_of_a_call_is_not_another_call():
    """The contact that the action made takes the outcome; others stay as they were."""
    log = ContactLog([Contact(1, Channel.CALL, action_id="x"), Contact(2, Channel.CALL, action_id="y")])
    told = log.told("x", Contact(1, Channel.CALL, outcome=Outcome.NOT_CONNECTED))
    assert [c.outcome for c in told] == [Outcome.NOT_CONNECTED, Outcome.ATTEMPTED]


def test_a_conversation_counts_from_when_it_was_held():
    """A call task may be done days after it was handed over, and the days of rest begin then."""
    log = ContactLog([Contact(100, Channel.CALL, action_id="x"), Contact(150, Channel.SMS)])
    told = log.told("x", Contact(200, Channel.CALL, outcome=Outcome.CONVERSATION))
    assert [(c.at, c.outcome) for c in told] == [(150, Outcome.ATTEMPTED), (200, Outcome.CONVERSATION)]


@given(news=st.permutations([(Outcome.NOT_CONNECTED, 5), (Outcome.CONVERSATION, 7), (Outcome.ATTEMPTED, 9)]))
def test_later_news_never_takes_a_conversation_back(news):
    """In whatever order an agent, a provider and a webhook tell it."""
    log = ContactLog([Contact(1, Channel.CALL, action_id="x")])
    for outcome, at in news:
        log = log.told("x", Contact(at, Channel.CALL, outcome=outcome))
    assert [(c.at, c.outcome) for c in log] == [(9, Outcome.CONVERSATION)]


NEWS = [
    Contact(5, Channel.EMAIL, answered=True, discussed=("b",)),
    Contact(4, Channel.EMAIL, outcome=Outcome.CONVERSATION, line="work", discussed=("a",)),
    Contact(3, Channel.EMAIL, addressee="employer", reply=True),
]


@given(news=st.permutations(NEWS))
def test_whatever_was_told_of_a_contact_stays_told(news):
    """Answers, lines, debts and people add up, in whatever order they come."""
    log = ContactLog([Contact(1, Channel.EMAIL, ("a",), action_id="x")])
    for one in news:
        log = log.told("x", one)
    (contact,) = log
    assert contact == Contact(
        5, Channel.EMAIL, ("a",), Outcome.CONVERSATION, False, "x", ("a", "b"), "work", "employer", True, True
    )


def test_a_second_attempt_is_the_first_one_come_later():
    """One action makes one contact; what people said in the meantime is not forgotten."""
    call = Contact(1, Channel.CALL, ("a",), action_id="x")
    other = Contact(2, Channel.SMS, ("a",))
    log = NO_CONTACTS.attempted(call).plus(other)
    assert list(log.attempted(replace(call, at=9))) == [other, replace(call, at=9)]
    missed = log.told("x", Contact(3, Channel.CALL, outcome=Outcome.NOT_CONNECTED)).attempted(replace(call, at=9))
    assert [c.outcome for c in missed] == [Outcome.ATTEMPTED, Outcome.ATTEMPTED]
    spoken = log.told("x", Contact(3, Channel.CALL, outcome=Outcome.CONVERSATION)).attempted(replace(call, at=9))
    assert list(spoken) == [other, replace(call, at=9, outcome=Outcome.CONVERSATION)]
