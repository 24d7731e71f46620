"""How phrases are read and printed, and how a phrase that fits nothing is told about."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dunning_engine.kernel.grammar import Form, Grammar, Misfit, Slot
from dunning_engine.kernel.slots import AMOUNT, COUNT, COUNTRY, CURRENCY, DATE, END_TIME, NAME, NUMBER, REST, TIME, WORD


@dataclass(frozen=True)
class Wait:
    count: int
    unit: str
    after: str | date | None = None


def wait_form(unit):
    def take(wait):
        return {"n": wait.count} if (wait.unit, wait.after) == (unit, None) else None

    return Form(f"{{n}} {unit}[s]", slots={"n": COUNT}, make=lambda n: Wait(n, unit), take=take)


WAIT = Grammar("a waiting time", [wait_form("day"), wait_form("business day")])


def moment_form(pattern, slot, fits):
    return Form(
        pattern,
        slots={"wait": Slot.of(WAIT), "after": slot},
        make=lambda wait, after: Wait(wait.count, wait.unit, after),
        take=lambda wait: {"wait": Wait(wait.count, wait.unit), "after": wait.after} if fits(wait.after) else None,
    )


MOMENT = Grammar(
    "a moment",
    [
        moment_form("{wait} after {after}", DATE, lambda after: isinstance(after, date)),
        moment_form("{wait} after [the] step {after}", NAME, lambda after: isinstance(after, str)),
    ],
)


def single(slot, pattern="{x}", title="a thing"):
    return Grammar(title, [Form(pattern, slots={"x": slot}, make=lambda x: x, take=lambda x: {"x": x})])


def words(*patterns):
    return Grammar(
        "a word of ours",
        [Form(p, make=lambda p=p: p, take=lambda value, p=p: {} if value == p else None) for p in patterns],
    )


def misfit(grammar, text):
    found = grammar.parse(text)
    assert isinstance(found, Misfit)
    return found


def pointed_at(grammar, text):
    found = misfit(grammar, text)
    return text[found.start : found.end]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("3 days", Wait(3, "day")),
        ("1 business day", Wait(1, "business day")),
        ("1 days", Wait(1, "day")),
        ("3 day", Wait(3, "day")),
        ("  3\tbusiness\n days ", Wait(3, "business day")),
    ],
)
def test_reading(text, value):
    """A phrase is read whatever its plural and its white space."""
    assert WAIT.parse(text) == value


@pytest.mark.parametrize(
    ("value", "text"),
    [(Wait(1, "day"), "1 day"), (Wait(3, "day"), "3 days"), (Wait(11, "business day"), "11 business days")],
)
def test_printing(value, text):
    """A value is printed with the plural that its number asks for."""
    assert WAIT.show(value) == text


def test_optional_words():
    """A whole word in brackets may be written and is never printed."""
    value = Wait(3, "day", "ultimatum")
    assert MOMENT.parse("3 days after the step ultimatum") == value
    assert MOMENT.parse("3 days after step ultimatum") == value
    assert MOMENT.show(value) == "3 days after step ultimatum"
    first = single(COUNT, "[at] least {x}")
    assert [first.parse("at least 3"), first.parse("least 3"), first.show(3)] == [3, 3, "least 3"]


def test_printing_what_is_no_phrase():
    """A value that no form writes is a mistake of the programmer."""
    with pytest.raises(TypeError, match=r"Wait.* is not a waiting time"):
        WAIT.show(Wait(3, "year"))


def test_examples():
    """Each form shows itself with the examples of its slots."""
    assert WAIT.examples() == ("3 days", "3 business days")
    assert MOMENT.examples() == ("3 days after 2026-03-31", "3 days after step final-demand")
    assert Slot.of(WAIT, "14 days").example == "14 days"


@given(
    st.integers(1, 9999),
    st.sampled_from(["day", "business day"]),
    st.dates() | st.from_regex(NAME.regex, fullmatch=True),
)
def test_round_trip(count, unit, after):
    """What is printed is read back as the same value."""
    for grammar, value in ((WAIT, Wait(count, unit)), (MOMENT, Wait(count, unit, after))):
        assert grammar.parse(grammar.show(value)) == value


SLOTS = {
    "count": (COUNT, st.integers(1, 9999)),
    "number": (NUMBER, st.integers(0, 9999)),
    "amount": (AMOUNT, st.decimals(0, 10**9, places=2)),
    "name": (NAME, st.from_regex(NAME.regex, fullmatch=True)),
    "word": (WORD, st.from_regex(WORD.regex, fullmatch=True)),
    "date": (DATE, st.dates()),
    "time": (TIME, st.integers(0, 24 * 60 - 1)),
    "end": (END_TIME, st.integers(0, 24 * 60)),
    "country": (COUNTRY, st.sampled_from(["US", "DE"])),
    "currency": (CURRENCY, st.sampled_from(["USD", "JPY"])),
    "rest": (REST, st.sampled_from(["one", "one two"])),
}


@pytest.mark.parametrize("name", SLOTS)
@given(data=st.data())
def test_slots_round_trip(name, data):
    """Every slot reads what it prints."""
    slot, values = SLOTS[name]
    value = data.draw(values)
    assert single(slot).parse(slot.show(value)) == value


@pytest.mark.parametrize("slot", [slot for slot, _ in SLOTS.values()])
def test_slot_examples(slot):
    """The example of a slot is an example."""
    assert single(slot).show(single(slot).parse(slot.example)) == slot.example


@pytest.mark.parametrize(
    ("slot", "text", "message"),
    [
        (COUNT, "0", "0 is too small: at least 1"),
        (COUNT, "12345", "12345 is too large: at most 9999"),
        (NUMBER, "9" * 5000, f"{'9' * 5000} is too large: at most 9999"),
        (AMOUNT, "1" * 19, f"{'1' * 19} is longer than any amount"),
        (DATE, "2026-02-30", "2026-02-30 is not a date: 2026-02 has 28 days"),
        (DATE, "2026-31-03", "2026-31-03 is not a date: it is written year-month-day, as in 2026-03-31"),
        (DATE, "0000-01-01", "0000-01-01 is not a date: it is written year-month-day, as in 2026-03-31"),
        (TIME, "24:00", "24:00 is written 00:00 here"),
        (TIME, "20:60", "20:60 is not a time of day such as 09:00 or 20:30"),
        (END_TIME, "24:01", "24:01 is not a time of day such as 09:00 or 20:30"),
        (CURRENCY, "ABC", "'ABC' is not an ISO 4217 currency code such as USD or EUR"),
        (TIME, "9:00", 'expected a time such as 09:00, not "9:00"'),
        (COUNTRY, "ZZ", "'ZZ' is not an ISO 3166-1 country code such as US or DE"),
        (COUNTRY, "USA", 'expected a country such as US, not "USA"'),
        (NAME, "3rd", 'expected a name such as final-demand, not "3rd"'),
    ],
)
def test_slot_messages(slot, text, message):
    """A value that cannot be is refused with the reason."""
    found = misfit(single(slot), text)
    assert (found.message, found.start, found.end) == (message, 0, len(text))


def test_amounts_are_exact():
    """An amount keeps its decimals."""
    assert str(single(AMOUNT).parse("25.00")) == "25.00"
    assert single(AMOUNT).show(Decimal("1E+2")) == "100"


def test_place_of_a_wrong_value():
    """A value that cannot be is pointed at in the text as it was written, in nested phrases too."""
    assert pointed_at(MOMENT, "3  days after  2026-02-30 ") == "2026-02-30"
    assert pointed_at(MOMENT, "  0 days  after step x") == "0"
    assert pointed_at(single(Slot.of(WAIT), "in {x}"), "in   0 days") == "0"


def refuse(x):
    raise ValueError(f"{x} cannot be")


def test_whole_phrase_refused():
    """A constructor may refuse the phrase as a whole."""
    grammar = Grammar("a thing", [Form("all {x}", slots={"x": COUNT}, make=refuse, take=lambda _: None)])
    assert misfit(grammar, " all 3 ") == Misfit("3 cannot be", 1, 6)


def test_next_form_may_fit():
    """A form that refuses the value leaves it to the next one."""
    grammar = Grammar(
        "a thing",
        [
            Form("{x}", slots={"x": DATE}, make=lambda x: x, take=lambda _: None),
            Form("{x}", slots={"x": REST}, make=lambda x: x, take=lambda x: {"x": x}),
        ],
    )
    assert grammar.parse("2026-02-30") == "2026-02-30"


@pytest.mark.parametrize(
    ("grammar", "text", "word", "message"),
    [
        (WAIT, "3 busines days", "busines", 'expected "days" or "business", not "busines"'),
        (WAIT, "three days", "three", 'expected a whole number such as 3, not "three"'),
        (WAIT, "3 business", "", 'the phrase stops too early: expected "days"'),
        (WAIT, "3 days long", "long", '"long" is too much: the phrase is complete before it'),
        (MOMENT, "3 dys  after x", "dys", 'expected "days" or "business", not "dys"'),
        (MOMENT, "3 days after x", "x", 'expected a date such as 2026-03-31, "step" or "the", not "x"'),
        (words("all", "all open"), "all opn", "opn", 'expected "open" or the end of the phrase, not "opn"'),
        (words(*"abcdefg"), "x", "x", '"x" does not fit the beginning of a word of ours'),
        (words(*(f"is {c}" for c in "abcdefg")), "is x", "x", '"x" does not fit here'),
        (single(COUNT, "{x}%"), "3 %", "3", 'expected "3%", not "3"'),
    ],
)
def test_first_wrong_word(grammar, text, word, message):
    """The message is about the first word that does not fit the closest forms."""
    assert pointed_at(grammar, text) == word
    assert misfit(grammar, text).message == message


def test_nothing():
    """Nothing is no phrase."""
    assert misfit(WAIT, "  ") == Misfit("a waiting time is missing", 0, 0, accepted=WAIT.examples())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("3 days, 4 dogs", "a list item holds one phrase, without a comma; a list is written [a, b]"),
        ("at least 1,000.00", "a number has no comma: write 1000.00"),
        (",", "a list item holds one phrase, without a comma; a list is written [a, b]"),
    ],
)
def test_commas(text, message):
    """No phrase holds a comma, and the message tells what to write."""
    assert misfit(WAIT, text).message == message
    assert pointed_at(WAIT, text) == ","
    assert pointed_at(single(REST), text) == ","


def test_a_comma_between_phrases():
    """Phrases that are fine by themselves are written as the list that they were meant to be."""
    assert misfit(WAIT, "3 days,4 days").message.endswith("; a list is written [3 days, 4 days]")


@pytest.mark.parametrize(
    ("text", "suggestion"),
    [
        ("15.00", "fee of 15.00"),
        ("Reminder", None),  # either of two
    ],
)
def test_a_phrase_without_its_first_words(text, suggestion):
    """They are put before it where only one form can be meant."""
    forms = [
        Form(pattern, slots={"x": slot}, make=lambda x: x, take=lambda x: {"x": x})
        for pattern, slot in (("fee of {x}", AMOUNT), ("email {x}", NAME), ("sms {x}", NAME))
    ]
    assert misfit(Grammar("a thing", forms), text).suggestion == suggestion


def test_accepted():
    """Accepted are the forms that come as close."""
    assert misfit(MOMENT, "3 days after step 9").accepted == (
        "3 days after step final-demand",
        "3 business days after step final-demand",
    )
    assert misfit(MOMENT, "3 dayz").accepted == (
        "3 days after 2026-03-31",
        "3 business days after 2026-03-31",
        "3 days after step final-demand",
    )
    assert misfit(WAIT, "x").accepted == WAIT.examples()


@pytest.mark.parametrize(
    ("text", "suggestion"),
    [
        ("3 busines days after step x", "3 business days after step x"),
        ("1 bussiness dais aftr step x", "1 business day after step x"),
        ("3 Days AFTER step x", "3 days after step x"),
        ("3days after step x", "3 days after step x"),
        ("3 days after step X-Ray", "3 days after step x-ray"),
        ("3 days step x", "3 days after step x"),
        ("3 business after step x", "3 business days after step x"),
        ("3 after step x", None),
        ("3 busines zebra after step x", None),
        ("3 zebra after step x", None),
        ("a bb ccc", None),
    ],
)
def test_suggestions(text, suggestion):
    """A likely phrase is suggested, and none where it would choose between meanings."""
    assert misfit(MOMENT, text).suggestion == suggestion


def test_upper_case_suggestion():
    """A code in small letters is suggested in capital letters."""
    assert misfit(single(COUNTRY, "country is {x}"), "country is us").suggestion == "country is US"


@pytest.mark.parametrize("code", ["UK", "uk"])
def test_a_code_that_is_commonly_mistaken(code):
    """A slot may know what was meant."""
    assert misfit(single(COUNTRY, "country is {x}"), f"country is {code}").suggestion == "country is GB"


def test_all_wrong_values_of_a_phrase():
    """Each value that cannot be is told at its place, in nested phrases too, and then nothing is suggested."""
    found = misfit(MOMENT, "0  days after  2026-02-30 ")
    assert [(one.start, one.end) for one in (found, *found.also)] == [(0, 1), (15, 25)]
    assert found.suggestion is None


TELLING = Grammar(
    "a question",
    [
        *words("plan broken", "paid up").forms,
        Form("{x} sent", slots={"x": NAME}, make=lambda x: f"{x} sent", take=lambda value: {"x": value[:-5]}),
    ],
)


@pytest.mark.parametrize(
    ("text", "word", "suggestion"),
    [
        ("zebra", "zebra", None),
        ("pland broken", "pland", "plan broken"),
        ("final demand sent", "demand", "final-demand sent"),
        ("reminder snt", "snt", "reminder sent"),
    ],
)
def test_a_word_that_fits_anything_tells_nothing(text, word, suggestion):
    """A form of which only a name fits is no explanation, unless it leads to what was meant."""
    assert (pointed_at(TELLING, text), misfit(TELLING, text).suggestion) == (word, suggestion)


def test_a_first_word_that_belongs_last():
    """The words are put in order, and the phrase is completed."""
    grammar = words("3 days after all", "on the day")
    assert misfit(grammar, "after 3 days").suggestion == "3 days after all"
    assert misfit(grammar, "before 3 days").suggestion is None


def test_a_currency_too_many():
    """An amount without a currency is told so, wherever the currency stands."""
    grammar = single(AMOUNT, "payment of {x}")
    for text in ("payment of 5.00 EUR", "payment of EUR 5.00", "payment of 5.00 eur"):
        assert misfit(grammar, text).message == "leave out the currency"
        assert misfit(grammar, text).suggestion == "payment of 5.00"


def test_an_hour_of_one_digit():
    """A time is written with two digits for the hour."""
    assert misfit(single(TIME), "9:00").suggestion == "09:00"


def test_few_corrections():
    """A phrase with many wrong words is not rewritten."""
    assert (
        misfit(words("alpha bravo charlie delta"), "alpah bravo charly delt").suggestion == "alpha bravo charlie delta"
    )
    text = "alpah bravp charly detla ecoh"
    assert misfit(words("alpha bravo charlie delta echo"), text).suggestion is None


@given(st.text(st.sampled_from("3 daysbuine,aftrp0-\t"), max_size=30))
def test_any_text(text):
    """Whatever the text: a value, or a misfit inside of the text whose suggestion is a phrase."""
    value = MOMENT.parse(text)
    if isinstance(value, Misfit):
        assert 0 <= value.start <= value.end <= len(text)
        assert value.suggestion is None or not isinstance(MOMENT.parse(value.suggestion), Misfit)
    else:
        assert MOMENT.parse(MOMENT.show(value)) == value
