"""Every block of every page does what the page says; every link leads somewhere; every page and decision is listed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from console import ROOT, Page, alike, commands
from pages import documents, examples

PAGES = documents()


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_blocks_do_what_the_page_says(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    page = Page(tmp_path)
    try:
        for example in examples(path, page):
            example.evaluate()
    finally:
        page.close()


LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(path: Path) -> None:
    """Of relative links the file and the heading exist."""
    text = re.sub(r"^```.*?^```", "", path.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    broken = [
        link
        for link in LINK.findall(text)
        if not link.startswith(("http:", "https:", "mailto:")) and not _leads(path, link)
    ]
    assert broken == []


def _leads(path: Path, link: str) -> bool:
    name, _, anchor = link.partition("#")
    target = (path.parent / name).resolve() if name else path
    if not target.exists():
        return False
    return not anchor or target.suffix != ".md" or anchor in _anchors(target)


def _anchors(path: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", path.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_the_index_lists_every_page_and_decision() -> None:
    index = ROOT / "docs" / "index.md"
    linked = {(index.parent / link.partition("#")[0]).resolve() for link in LINK.findall(index.read_text("utf-8"))}
    missing = [
        str(page.relative_to(ROOT)) for page in (ROOT / "docs").rglob("*.md") if page != index and page not in linked
    ]
    assert missing == []


def test_the_readme_shows_the_example_that_is_run() -> None:
    """The same lines, but for where the policy lies."""
    shown = re.search(
        r"```python\n(from dunning_engine import .*?)```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL
    )
    example = (ROOT / "examples" / "embed.py").read_text("utf-8").replace('POLICIES / "us', '"policies/us')
    assert shown is not None
    missing = [line for line in shown[1].splitlines() if line not in example.splitlines()]
    assert missing == []


def test_no_page_is_long() -> None:
    """A page that nobody reads to its end says nothing; generated references may be long."""
    generated = {"diagnostics.md", "cli.md", "policy-language.md", "facts.md", "law.md", "docket.md", "CHANGELOG.md"}
    long = {path.name: len(path.read_text("utf-8").splitlines()) for path in PAGES if path.name not in generated}
    assert {name: lines for name, lines in long.items() if lines > 250} == {}
    assert long["README.md"] <= 150


# The evaluator itself -------------------------------------------------------------------------------------------------


def test_a_block_splits_into_commands_and_outputs() -> None:
    block = "$ one \\\n    two\nsaid\n\nmore\n$ three"
    assert list(commands(block)) == [("one two", "said\n\nmore"), ("three", "")]


@pytest.mark.parametrize(
    ("shown", "expected", "same"),
    [
        ("a\nb\n", "a\nb", True),
        ("a\nb\nc\n", "a\n…\nc", True),
        ("a took 3 s\n", "a took …", True),
        ('{"a": [1,2]}', '{\n "a": [1, 2]\n}', True),
        ("a\n", "b", False),
        ("a\nb\n", "a", False),
    ],
)
def test_outputs_are_compared_with_dots(shown: str, expected: str, *, same: bool) -> None:
    assert alike(shown, expected) is same
