"""How a text becomes a tree with positions, and how its mistakes are told."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dunning_engine.kernel.diagnostics import Place, render
from dunning_engine.kernel.yamltext import (
    CASES,
    CODES,
    POLICY,
    Limits,
    Mapping,
    Scalar,
    Sequence,
    parse,
    parse_bytes,
    plain,
)


def tree(text):
    parsed = parse(text, file="f")
    assert parsed.diagnostics == ()
    return parsed.node


def only(text, **limits):
    (found,) = parse(text, file="f", **limits).diagnostics
    return found


def codes(text):
    return [found.code for found in parse(text, file="f").diagnostics]


def marked(text):
    """The code of the only mistake, and the text that it points at."""
    found = only(text)
    line = text.splitlines()[found.place.line - 1]
    return found.code, line[found.place.column - 1 : found.place.end_column - 1]


def test_nothing_is_guessed():
    """A value stays the text that was written, and an entry without a value is empty."""
    text = "country: NO\nat: 21:00\namount: 2.50\nempty:\nlist: [a, 'b', {c: d}]\nnull: ~\n"
    assert plain(tree(text)) == {
        "country": "NO",
        "at": "21:00",
        "amount": "2.50",
        "empty": "",
        "list": ["a", "b", {"c": "d"}],
        "null": "~",
    }


def test_places():
    """Every node knows where its text stands."""
    node = tree('a:\n  - "x y" # note\n  - [p, q]\nb:\n')
    assert isinstance(node, Mapping)
    assert node.keys() == ("a", "b")
    items = node.get("a")
    assert isinstance(items, Sequence)
    assert items.items[0] == Scalar("x y", Place("f", 2, 5, 10), quoted=True)
    assert items.items[1].place == Place("f", 3, 5, 11)
    assert items.place == Place("f", 2, 3, 17)
    assert node.get("b") == Scalar("", Place("f", 4, 3, 3))
    assert node.get("c") is None


def test_long_texts():
    """A text over several lines is placed at its first line; any style but the plain one counts as quoted."""
    node = tree("a: |\n  one\n  two\nb: three\n  four\n")
    assert node.get("a") == Scalar("one\ntwo\n", Place("f", 1, 4, 5), quoted=True)
    assert node.get("b") == Scalar("three four", Place("f", 4, 4, 9))


def test_explicit_start():
    """A single `---` at the start is harmless, and so is a key with a question mark."""
    assert plain(tree("---\n? a\n: b\n")) == {"a": "b"}


@pytest.mark.parametrize(
    ("text", "suggestion"),
    [
        ("title: a: b", 'title: "a: b"'),
        ("- - title: a: b # why", 'title: "a: b"'),
        ('title: a: "b"', "title: 'a: \"b\"'"),
        ("x: {title: a: b, c: d}", 'title: "a: b"'),
        ("x: [title: a: b]", 'title: "a: b"'),
    ],
)
def test_second_colon(text, suggestion):
    """A second colon in a value needs quotes, and the quoted entry is suggested."""
    found = only(text)
    assert (found.code, found.suggestion) == ("DUN101", suggestion)
    assert found.message == "a value that contains ': ' must be quoted"
    assert text[found.place.column - 1 :].startswith("a: ")


def test_no_endless_suggestion():
    """A very long entry is not repeated with its quotes."""
    assert only(f"title: a: {'b' * 300}").suggestion is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a:\n\tb: c", ("DUN102", "\t")),
        ('a: "abc\nb: c', ("DUN103", '"')),
        ('a: "abc\nb: c\nd: "e"', ("DUN103", '"abc')),
        ('a: b\n"c\nd": e', ("DUN103", '"')),
        ("a: 'x\n---\n'", ("DUN103", "'")),
        ("a: [b, c", ("DUN104", "[")),
        ("a: [b, c\nd: e", ("DUN104", "[")),
        ("a: {b: c\nd: e\n", ("DUN104", "{")),
        ("[", ("DUN104", "[")),
        ('a: {b: c, d: "e"\nf: 20:00 to 09:00\n', ("DUN104", "{")),
        ('a: {b: c, d: "e"\nf: [g]\n', ("DUN104", "{")),
        ("a: {b: c,\nf:\n  - g: h\n", ("DUN104", "{")),
        ("a:\n  -b: c\n  d: e", ("DUN128", "-b: c")),
        ("a:\n  -b: c\n    d: e", ("DUN128", "-b: c")),
        ("a:\n  - b: c\n    d: e\n  -b: f\n    d: g", ("DUN128", "-b: f")),
        ("a:\n  -b\n  -c", ("DUN128", "-b")),
        ("a: b\n\x00\nc: d", ("DUN109", "\x00")),
        ("a: b\n" + "k" * 3000 + ": c", ("DUN126", "k" * 3000 + ": c")),
        ("key:value", ("DUN105", "key:value")),
        ("a: b\nkey:value\n", ("DUN105", "key:value")),
        ("a: {zone:UTC}", ("DUN105", "zone:UTC")),
        ("a: b\nfoo # why\nc: d", ("DUN106", "foo")),
        ("- step: a\n   when: b", ("DUN107", "when")),
        ("a:\n  b: 1\n c: 2", ("DUN107", "c")),
        ("a: 1\n- b", ("DUN107", "-")),
        ("- - a\n - b", ("DUN107", "-")),
        ("- a\nb: c", ("DUN107", "b")),
        ("a: %5 # why", ("DUN108", "%5")),
        ("a: [@b, c]", ("DUN108", "@b")),
        ("a: > 5 days", ("DUN108", "> 5 days")),
        ("a: ? b", ("DUN108", "? b")),
        ("a: & b", ("DUN108", "& b")),
        ("a: b\x07c", ("DUN109", "\x07")),
        ('a: "\\a"', ("DUN109", '"\\a"')),
        ('a: "\\d"', ("DUN111", "\\d")),
        ('a: "\\xz"', ("DUN111", "\\xz")),
        ('a: "\\U99999999"', ("DUN111", "\\U9")),
        ("a: [b] c", ("DUN112", "c")),
        ('"a" b', ("DUN112", "b")),
        ("a: - b", ("DUN113", "-")),
        ("a: [- b]", ("DUN113", "-")),
        ("a: [b,, c]", ("DUN114", ",")),
        ("a: ]", ("DUN114", "]")),
        ("a: []]", ("DUN114", "]")),
        ("a: {}}", ("DUN114", "}")),
        ("a: [] ,", ("DUN114", ",")),
        ("a: [b,\n 'c'\n 'd']", ("DUN114", "'d']")),
        ("a: &x b", ("DUN115", "&x")),
        ("a: *x", ("DUN116", "*x")),
        ("<<: a", ("DUN117", "<<")),
        ("a: !t b", ("DUN118", "!t")),
        ("a: !t!u b", ("DUN118", "!t!u")),
        ("a: !%zz b", ("DUN118", "!%zz")),
        ("a: b\n--- \nc: d", ("DUN119", "---")),
        ("a: b\n...\nc: d", ("DUN119", "c:")),
        ("a: b\nc: d\na: e", ("DUN120", "a")),
        ("[a]: b", ("DUN121", "[a]")),
        (": b", ("DUN121", ":")),
        ("%YAML 1.1\n---\na: b", ("DUN127", "%YAML")),
        ("%YAML 2.0\n---\na: b", ("DUN127", "%YAML 2.0")),
        ("%discount: 5", ("DUN127", "%discount: 5")),
        ("%a\nb: c", ("DUN127", "%a")),
        ("%TAG ! x\n%TAG ! y\n---\n", ("DUN127", "%TAG ! y")),
        ("%YAML " + "9" * 5000 + ".1\n", ("DUN127", "%YAML " + "9" * 5000 + ".1")),
    ],
)
def test_mistakes(text, expected):
    """Each mistake has its code and points at the text to change."""
    assert marked(text) == expected


@pytest.mark.parametrize(
    ("text", "suggestion"),
    [
        ("a: b\nkey:value", "key: value"),
        ("a: @b", 'a: "@b"'),
        ("* item", "- item"),
        ("a: *", 'a: "*"'),
        ("a: 'it's fine'", 'a: "it\'s fine"'),
        ('a: "b" "c"', 'a: \'"b" "c"\''),
        ("a: %\\", "a: '%\\'"),
        ("[a, b] c", None),
    ],
)
def test_suggestions(text, suggestion):
    """Where quotes or a space are missing, the entry is shown with them."""
    assert only(text).suggestion == suggestion


@pytest.mark.parametrize("text", ["at: {on:}", "a: http://x.example\n", "a: 20:00", "a: {http://x}", 'a: {"b:c"}'])
def test_colons_that_are_fine(text):
    """Times, addresses and quoted keys hold colons without a space."""
    assert codes(text) == []


@pytest.mark.parametrize("text", ["", "# nothing\n", "---\n", "\n\n"])
def test_empty(text):
    """A file without values is a mistake, and there is no tree."""
    parsed = parse(text, file="f")
    assert parsed.node is None
    assert [str(found) for found in parsed.diagnostics] == ["f:1:1 DUN122 the file is empty"]


def test_everything_at_once():
    """What is not allowed hides nothing else, and the tree is built; of two values the first counts."""
    parsed = parse("a: &x !t b\na: c\n<<: *x\n[d]: e\ng: {h:i}\n", file="f")
    assert [found.code for found in parsed.diagnostics] == [
        "DUN115",
        "DUN118",
        "DUN120",
        "DUN117",
        "DUN116",
        "DUN121",
        "DUN105",
    ]
    assert plain(parsed.node) == {"a": "b", "g": {"h:i": ""}}


def test_duplicate_names_the_first():
    """The message about a repeated key says where it stands for the first time, and a long key is cut."""
    assert only("a: b\n\na: c").message == '"a" is already written in line 1: keep one of the two'
    key = "k" * 60
    assert only(f"{key}: b\n{key}: c").message == f'"{"k" * 39}…" is already written in line 1: keep one of the two'


def test_quoted_merge_key():
    """In quotes `<<` is a key like any other."""
    assert plain(tree('"<<": a')) == {"<<": "a"}


def test_hidden_characters():
    """Invisible characters are reported line by line, up to a limit, and the text is read all the same."""
    parsed = parse("a: b\u202ec\nd: \u200be\n", file="f")
    assert [(d.place.line, d.place.column, d.message) for d in parsed.diagnostics] == [
        (1, 5, "this character cannot be seen (U+202E): delete it"),
        (2, 4, "this character cannot be seen (U+200B): delete it"),
    ]
    assert len(parse("- \0\n" * 50, file="f").diagnostics) == 20


def test_byte_order_mark():
    """The invisible mark of some editors is reported and takes no column."""
    parsed = parse_bytes(b"\xef\xbb\xbfa: b\n", file="f")
    assert [str(found) for found in parsed.diagnostics] == [
        "f:1:1 DUN109 the file begins with an invisible mark: save it as UTF-8 without BOM"
    ]
    assert parsed.node.get("a").place == Place("f", 1, 4, 5)


def test_not_utf8():
    """A file in another encoding is refused at the first byte that is not UTF-8."""
    (found,) = parse_bytes("a: b\nc: é".encode("latin-1"), file="f").diagnostics
    assert str(found) == "f:2:4 DUN110 this byte is not UTF-8: save the file with the encoding UTF-8"


LIMITS = Limits(bytes=100, depth=2, nodes=8, scalar=5)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("é" * 51, "f:1:1 DUN123 the file has more than 100 bytes"),
        ("a:\n  b: [[c]]", "f:2:6 DUN124 this is nested more than 2 levels deep"),
        ("[a, b, c, d,\n e, f, g, h]", "f:2:11 DUN125 the file has more than 8 values"),
        ("a: long text", "f:1:4 DUN126 this value has more than 5 characters"),
    ],
)
def test_limits(text, line):
    """Every limit says what it is."""
    assert str(only(text, limits=LIMITS)) == line


def test_limits_are_reached():
    """What just reaches the limits is read."""
    assert parse("a: [b, c, d, e, short]", file="f", limits=LIMITS).diagnostics == ()


def test_limits_of_bytes():
    """Bytes are held to the same limits as text."""
    (found,) = parse_bytes(b"a" * 101, file="f", limits=LIMITS).diagnostics
    assert found.code == "DUN123"


@pytest.mark.parametrize("text", ["[" * 200_000, "{" * 200_000, "- " * 100_000, "? " * 100_000, "a: [\n" * 40_000])
def test_deep_nesting(text):
    """A pile of brackets is refused at once."""
    assert codes(text)[-1:] == ["DUN124"] or codes(text) == ["DUN104"]


def test_two_sizes():
    """A policy is small; a file of cases may be large."""
    assert (POLICY.bytes, POLICY.nodes) < (CASES.bytes, CASES.nodes)


def test_codes():
    """The titles of the codes are numbered without a gap."""
    assert list(CODES) == [f"DUN{100 + number}" for number in range(1, 29)]


SNIPPETS = st.sampled_from(
    [
        *"ab:-?#,[]{}&*!|>'\"%@`\\ \n\t\r0~",
        ": ",
        "- ",
        "\n  ",
        "---\n",
        "...\n",
        "%YAML 1.",
        "%TAG ! ",
        "!<",
        "\\x",
        "<<: ",
    ]
)


@given(st.lists(SNIPPETS | st.characters(), max_size=20).map("".join))
def test_only_diagnostics(text):
    """Whatever the text: a tree or diagnostics with known codes, inside of the text, and never an exception."""
    parsed = parse(text, file="f")
    assert parsed.node is not None or parsed.diagnostics
    for found in parsed.diagnostics:
        assert found.code in CODES
        assert 1 <= found.place.column <= found.place.end_column
        assert render(found, text)


@given(st.binary(max_size=60))
def test_random_bytes(data):
    """Bytes of any other file give diagnostics, never an exception."""
    parsed = parse_bytes(data, file="f")
    assert parsed.node is not None or parsed.diagnostics


VISIBLE = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=8)
VALUES = st.recursive(
    VISIBLE, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(VISIBLE, inner, max_size=3), max_leaves=8
)


@given(VALUES)
def test_round_trip(value):
    """JSON is plain YAML: quoted texts, lists and mappings come back as they were."""
    parsed = parse(json.dumps(value), file="f")
    assert parsed.diagnostics == ()
    assert plain(parsed.node) == value
