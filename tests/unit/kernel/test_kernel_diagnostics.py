"""What a policy author is shown."""

from __future__ import annotations

import pytest

from dunning_engine.kernel.diagnostics import Diagnostic, Place, Severity, in_order, render, suggest

PLACE = Place("policy.yaml", 3, 10, 17)
TYPO = Diagnostic("DUN201", 'expected "business"', PLACE, suggestion="3 business days", accepted=("3 days", "3 weeks"))
SOURCE = "policy: us\nversion: 1\ngrace: 3 busines days\n"


def at(column: int, end_column: int, *, line: int = 1) -> Diagnostic:
    return Diagnostic("DUN301", "wrong", Place("f", line, column, end_column))


def test_one_line():
    """As a string a diagnostic is one line that editors can jump to."""
    assert str(TYPO) == 'policy.yaml:3:10 DUN201 expected "business"'


def test_page():
    """Every code has a page to read."""
    assert TYPO.url == "https://dunning-engine.readthedocs.io/reference/diagnostics.html#dun201"


@pytest.mark.parametrize("code", ["DUN1", "DUN1234", "DE201", "dun201", ""])
def test_code(code):
    """A code is DUN and three digits."""
    with pytest.raises(ValueError, match="is not a diagnostic code such as DUN201"):
        Diagnostic(code, "wrong", PLACE)


def test_json():
    """For other programs a diagnostic is one flat object."""
    assert TYPO.as_json() == {
        "file": "policy.yaml",
        "line": 3,
        "column": 10,
        "end_column": 17,
        "severity": "error",
        "code": "DUN201",
        "message": 'expected "business"',
        "suggestion": "3 business days",
        "accepted": ["3 days", "3 weeks"],
        "url": TYPO.url,
    }


def test_severities():
    """There are three severities, and an error is the usual one."""
    assert [severity.value for severity in Severity] == ["error", "warning", "note"]
    assert TYPO.severity is Severity.ERROR


def test_rendered():
    """Carets stand under the word, then comes what to write instead."""
    assert render(TYPO, SOURCE).splitlines() == [
        'policy.yaml:3:10 DUN201 expected "business"',
        "  |",
        "3 | grace: 3 busines days",
        "  |          ^^^^^^^",
        '  = did you mean "3 business days"?',
        "  = accepted: 3 days, 3 weeks",
    ]


def test_quotes_in_a_suggestion():
    """A suggestion that holds quotes is not put into quotes."""
    quoted = Diagnostic("DUN101", "quote it", PLACE, suggestion='title: "a: b"')
    assert render(quoted, SOURCE).endswith('= did you mean: title: "a: b"')


def test_tabs_and_wide_characters():
    """Carets stay under the word after tabs, wide characters and combining marks."""
    lines = render(at(6, 8), "\t日e\u0301:xy").splitlines()
    assert lines[2] == "1 |     日e\u0301:xy"
    assert lines[3] == "  | " + " " * (4 + 2 + 1 + 1) + "^^"


def test_a_caret_for_nothing():
    """A place without width, and one behind the end of its line, still gets a caret."""
    assert render(at(5, 5), "key:").splitlines()[3] == "  |     ^"
    assert render(at(9, 12), "key:").splitlines()[3] == "  |     ^"


def test_long_lines():
    """Of a very long line only the part around the word is shown."""
    shown, carets = render(at(501, 506), "x" * 500 + "wrong" + "y" * 500).splitlines()[2:4]
    assert shown == "1 | …" + "x" * 50 + "wrong" + "y" * 45 + "…"
    assert carets == "  | " + " " * 51 + "^" * 5


def test_no_such_line():
    """A place outside of the text, as for an empty file of cases, is rendered without source."""
    assert render(at(1, 1, line=9), "a") == "f:9:1 DUN301 wrong"


def test_hostile_text():
    """Control characters of a file do not reach the terminal; spaces of other languages do."""
    hostile = Diagnostic("DUN109", "\x1b[2J", Place("f", 1, 1, 2))
    assert render(hostile, "\x1b[31m\u00a0red").splitlines()[::2] == ["f:1:1 DUN109 �[2J", "1 | �[31m\u00a0red"]


def test_byte_order_mark():
    """An invisible mark at the start of the file takes no column."""
    assert render(at(1, 2), "\ufeffab").splitlines()[2:] == ["1 | ab", "  | ^"]


def test_many_accepted():
    """A long list is wrapped and cut."""
    many = Diagnostic("DUN201", "wrong", PLACE, accepted=tuple(f"accepted-phrase-{n}" for n in range(25)))
    lines = render(many, SOURCE).splitlines()[4:]
    assert len(lines) > 3
    assert all(len(line) <= 104 for line in lines)
    assert lines[1].startswith("  =   accepted-phrase-")
    assert lines[-1].endswith("accepted-phrase-19 and 5 more")


def test_reading_order():
    """Diagnostics come in reading order, and each once."""
    late, early, again = at(1, 2, line=2), at(3, 4), at(3, 4)
    assert in_order([late, early, again]) == (early, late)


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("busines", "business"),
        ("BUSINESS", "business"),
        ("first-party", "first_party"),
        ("First Party", "first_party"),
        ("zebra", None),
        ("b" * 101, None),
    ],
)
def test_meant(word, meant):
    """A near miss names the accepted word, whatever its case, hyphens and underscores."""
    assert suggest(word, ["business", "first_party"]) == meant
