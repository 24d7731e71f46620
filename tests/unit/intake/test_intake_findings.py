"""Findings as people read them: in line order, folded, about the file where the file is the trouble."""

from __future__ import annotations

import pytest

from dunning_engine.intake.csvfile import read_debtors, read_events, read_invoices
from dunning_engine.intake.findings import folded
from dunning_engine.intake.gather import gather
from dunning_engine.intake.mapping import load_mapping
from dunning_engine.intake.model import Finding

MAPPING = load_mapping(
    "invoice: n\ndebtor: d\ndue: t\namount: a\ncurrency: {value: USD}\nkind: {value: business}\n", file="m.yaml"
).mapping


def told(table):
    return [str(finding) for finding in gather(read_invoices(table, MAPPING, file="a.csv")).findings]


def test_what_is_wrong_in_every_line_is_told_once():
    """A wrong format costs one finding a column, whatever the cells say; the first lines are named."""
    lines = "".join(f"I-{number},x,{number % 9 + 1}/3/2026,5\n" for number in range(2466))
    assert told("n,d,t,a\n" + lines) == [
        "a.csv:2: error: t: '1/3/2026' is not a date of the form YYYY-MM-DD; 2,465 more like this, in lines 3, 4, 5 …"
    ]


def test_lines_are_in_order():
    """Whichever pass found it, what is wrong with an earlier line comes first; another column is another finding."""
    table = "n,d,t,a\nA,x,2026-02-01,10.005\nA,x,soon,5\nB,x,2026-02-01,1.001\nA,x,2026-02-01,5\nA,x,2026-02-01,6\n"
    assert told(table) == [
        "a.csv:2: error: a: '10.005' has more than the 2 decimal places of USD; 1 more like this, in line 4",
        "a.csv:3: error: t: 'soon' is not a date of the form YYYY-MM-DD",
        "a.csv:6: error: A has come already, with other content, in line 5",
    ]


def test_files_keep_their_order():
    """Equal words about two files are two findings."""
    found = [Finding("b.csv", 3, "empty"), Finding("a.csv", 1, "empty"), Finding("b.csv", 2, "empty")]
    assert folded(found) == (Finding("b.csv", 2, "empty", more=(3,)), Finding("a.csv", 1, "empty"))
    assert folded(folded(found)) == folded(found)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "the table is empty"),
        (b"\xef\xbb\xbf\r\n", "the table is empty"),
        (b"\x89PNG\0\0n,d", "this is not UTF-8 text: save the table as CSV in UTF-8"),
        (
            "n,d,t,a\nA,x,2026-02-01,5\n".encode("utf-16"),
            "this is UTF-16, not UTF-8 text: save the table as CSV in UTF-8",
        ),
        ("n,ü,t,a\nA,ü,2026-02-01,5\n".encode("latin-1"), "byte 3 is not UTF-8: save the table in UTF-8"),
    ],
)
@pytest.mark.parametrize(
    "read",
    [
        lambda data: read_invoices(data, MAPPING, file="a.csv"),
        lambda data: read_debtors(data, MAPPING, file="a.csv"),
        lambda data: read_debtors(data, file="a.csv"),
        lambda data: read_events(data, file="a.csv"),
    ],
)
def test_a_file_that_is_no_table_is_one_finding(read, data, message):
    """Neither its columns nor its mapping are blamed."""
    batch = read(data)
    assert [str(finding) for finding in batch.findings] == [f"a.csv:1: error: {message}"]
    assert batch.diagnostics == ()
