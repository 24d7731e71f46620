"""The table of diagnostics: complete, true and printed."""

from __future__ import annotations

from pathlib import Path

import pytest

from dunning_engine.kernel import yamltext
from dunning_engine.policy import codes

PAGE = Path(__file__).parents[3] / "docs/reference/diagnostics.md"
BY_CODE = pytest.mark.parametrize("code", codes.CODES)


@BY_CODE
def test_the_wrong_example_has_this_finding_alone(code, part):
    """What the page shows as wrong is wrong in this way and in no other."""
    assert [finding.code for finding in part(codes.CODES[code].wrong).diagnostics] == [code]


@BY_CODE
def test_the_right_example_has_no_finding(code, part):
    """What the page shows as right compiles without a note."""
    assert part(codes.CODES[code].right).diagnostics == ()


@BY_CODE
def test_texts_are_sentences(code):
    """Titles are headings without a stop, explanations are sentences with one."""
    entry = codes.CODES[code]
    assert not entry.title.endswith(".")
    assert entry.explanation.endswith(".")


def test_the_page_is_up_to_date():
    """`docs/reference/diagnostics.md` has what `codes.page()` gives; `python tests/docs/generated.py` writes it."""
    assert codes.page() in PAGE.read_text(encoding="utf-8")


def test_the_page_has_every_code_once():
    """Text, shape, meaning and law are all on the page, under the anchors that diagnostics link to."""
    headings = [line.removeprefix("### ") for line in codes.page().splitlines() if line.startswith("### ")]
    assert headings == [*yamltext.CODES, *codes.CODES]
