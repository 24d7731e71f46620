"""Mapping files: every mistake at its place, all at once."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dunning_engine.intake.mapping import CODES, Constant, FromColumns, check_columns, load_mapping

GOOD = """\
policy: {value: us-consumer}
invoice: number
debtor: customer
issued: {column: issued, format: M/D/YYYY}
due: {column: due, format: "D MMM YYYY"}
amount: amount
currency: {value: USD}
disputed: {column: disputed, values: {Yes: true, No: false, n/a: ""}}
kind: {column: kind, values: {P: consumer, B: business}}
"""
NEEDED = "invoice: a\ndebtor: b\ndue: c\namount: d\ncurrency: e\n"


def mistakes(text, **more):
    """Line, column, code and message of every mistake."""
    return [(d.place.line, d.place.column, d.code, d.message) for d in found(text, **more)]


def found(text, **more):
    loaded = load_mapping(text, file="mapping.yaml", **more)
    assert (loaded.mapping is None) is bool(loaded.diagnostics)
    return loaded.diagnostics


def test_a_mapping_names_columns_formats_values_and_constants():
    """Each key has its origin, and nothing is guessed."""
    mapping = load_mapping(GOOD, file="mapping.yaml").mapping
    assert mapping is not None
    assert mapping.origins["policy"] == Constant("us-consumer")
    issued, disputed = mapping.origins["issued"], mapping.origins["disputed"]
    assert isinstance(issued, FromColumns)
    assert isinstance(disputed, FromColumns)
    assert (issued.columns[0].name, issued.layout) == ("issued", "M/D/YYYY")
    assert disputed.values == {"Yes": "true", "No": "false", "n/a": ""}


def test_a_mapping_for_debtors_has_an_address_of_several_columns():
    """An address may be put together from columns."""
    text = "debtor: id\naddress: {columns: [street, city]}\nholds: holds\n"
    mapping = load_mapping(text, file="m.yaml", of="debtors").mapping
    assert mapping is not None
    address = mapping.origins["address"]
    assert isinstance(address, FromColumns)
    assert [column.name for column in address.columns] == ["street", "city"]


@pytest.mark.parametrize(
    ("text", "line", "column", "code", "message"),
    [
        ("- a\n", 1, 1, "DUN251", "a mapping file is a list of keys"),
        (NEEDED + "dispute: f\n", 6, 1, "DUN252", '"dispute" is no key of a mapping'),
        (NEEDED + "address: f\n", 6, 1, "DUN252", '"address" is no key'),
        ("invoice: a\ndebtor: b\ndue: c\namount: d\n", 1, 1, "DUN253", 'the key "currency" is missing'),
        (NEEDED + "email: [a, b]\n", 6, 8, "DUN254", '"email" needs the name of a column'),
        (NEEDED + "email:\n", 6, 7, "DUN254", '"email" needs the name of a column'),
        (NEEDED + "issued: {format: M/D/YYYY}\n", 6, 9, "DUN254", "a column is missing"),
        (NEEDED + "email: {column: [a]}\n", 6, 17, "DUN254", "a column is named by its text"),
        (NEEDED + "email: {column: a, colum: b}\n", 6, 20, "DUN255", '"colum" says nothing'),
        (NEEDED + "email: {columns: [a, b]}\n", 6, 9, "DUN255", '"columns" says nothing'),
        (NEEDED + "email: {column: a, value: b@c.de}\n", 6, 9, "DUN256", '"column" and "value" exclude each other'),
        (
            NEEDED + "issued: {column: a, format: M/D/YYYY, values: {}}\n",
            6,
            39,
            "DUN256",
            '"values" and "format" exclude each other',
        ),
        (NEEDED + "email: {column: a, format: M/D/YYYY}\n", 6, 28, "DUN257", '"email" is no date'),
        (NEEDED + "issued: {column: a, format: dd/mm/yyyy}\n", 6, 29, "DUN257", "is no format of a date"),
        (NEEDED + "issued: {column: a, format: M/YYYY}\n", 6, 29, "DUN257", "it needs a year"),
        (NEEDED + "issued: {column: a, format: [M]}\n", 6, 29, "DUN257", "a format is one text"),
        (NEEDED + "disputed: {column: a, values: Yes}\n", 6, 31, "DUN258", "values are written"),
        (NEEDED + "disputed: {column: a, values: {Yes: [x]}}\n", 6, 37, "DUN258", 'the meaning of "Yes" is one text'),
        (NEEDED + "kind: {value: firm}\n", 6, 15, "DUN260", "'firm' is none of consumer, business"),
        (NEEDED + "kind: {value: [a]}\n", 6, 15, "DUN260", 'the constant of "kind" is one text'),
        (NEEDED + "zone: {value: Mars/Base}\n", 6, 15, "DUN260", "is not an IANA time zone"),
        (NEEDED + "kind: {column: a, values: {P: person}}\n", 6, 31, "DUN261", "'person' is none of"),
    ],
)
def test_a_mistake_is_told_at_its_place(text, line, column, code, message):
    """Line, column, code and words of one mistake."""
    assert [found[:3] for found in mistakes(text)] == [(line, column, code)]
    assert message in mistakes(text)[0][3]


def test_every_code_of_the_table_is_tested():
    """A code that no text brings about would be dead."""
    header = ("a", "b", "c", "d", "e", "e")
    told = {d.code for d in load_mapping(NEEDED + "email: f\n", file="m", header=header).diagnostics}
    tested = {case[3] for case in test_a_mistake_is_told_at_its_place.pytestmark[0].args[1]}
    assert told | tested == set(CODES)


def test_an_address_needs_its_columns():
    """`column` and `columns` together say too much, an item that is no text says nothing."""
    text = "debtor: a\naddress: {column: a, columns: [b]}\n"
    assert [found[2] for found in mistakes(text, of="debtors")] == ["DUN256"]
    text = "debtor: a\naddress: {columns: [[b], c]}\n"
    assert [found[2] for found in mistakes(text, of="debtors")] == ["DUN254"]


def test_all_mistakes_come_at_once_with_suggestions():
    """Nothing hides behind the first mistake."""
    text = NEEDED.replace("due: c", "due: {column: c, format: DD/MM/yyyy}") + "emial: x\nkind: {value: Consumr}\n"
    diagnostics = found(text)
    assert [(d.code, d.suggestion) for d in diagnostics] == [
        ("DUN257", "DD/MM/YYYY"),
        ("DUN252", "email"),
        ("DUN260", "consumer"),
    ]
    assert "email" in diagnostics[1].accepted


def test_a_column_that_the_table_lacks_is_told_with_the_columns_it_has():
    """The mapping is wrong, not the table; the nearest column is suggested."""
    header = ("invoiceNumber", "customer", "due", "amount", "currency")
    text = "invoice: invoiceNumbr\ndebtor: customer\ndue: due\namount: amount\ncurrency: currency\n"
    (diagnostic,) = found(text, header=header)
    assert (str(diagnostic.place), diagnostic.code) == ("mapping.yaml:1:10", "DUN259")
    assert diagnostic.suggestion == "invoiceNumber"
    assert diagnostic.accepted == header


def test_a_column_that_the_table_has_twice_is_ambiguous():
    """Nobody can know which of the two is meant."""
    mapping = load_mapping(NEEDED, file="m.yaml").mapping
    assert mapping is not None
    assert [d.code for d in check_columns(mapping, ("a", "b", "c", "d", "e", "a"))] == ["DUN262"]


def test_a_text_error_is_told_as_such():
    """What is no YAML has no keys to judge."""
    assert [d.code for d in found("invoice: a: b\n")] == ["DUN101"]


@given(
    st.text(max_size=200)
    | st.lists(st.sampled_from([*GOOD.splitlines(), "x: {", "- y", "due: {value: []}"])).map("\n".join)
)
def test_any_text_is_a_mapping_or_diagnostics(text):
    """Reading never raises."""
    found(text)
    found(text, of="debtors", header=("a",))
