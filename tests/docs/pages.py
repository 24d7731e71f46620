"""What the blocks of our pages mean: Python runs, consoles run, YAML is checked, and a comment names files to write.

A fenced block after `<!-- file: NAME -->` is written to the page's folder under that name. A YAML block that begins
with `policy:` has to be a policy without a finding; other YAML blocks have to be a part of one, where they follow
`<!-- part of a policy -->`; TOML after `<!-- configuration -->` has to be one. A text block is what the Python block before it left in `answer`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from console import ROOT, Page, alike
from sybil import Document, Example, Region, Sybil
from sybil.parsers.markdown import CodeBlockParser, PythonCodeBlockParser

from dunning_engine.engine.config import parse_config
from dunning_engine.engine.loading import default_calendars, rulebook_names
from dunning_engine.engine.money_shelf import ShippedStatutes
from dunning_engine.kernel.diagnostics import Severity
from dunning_engine.policy.compiler import compile_policy

FILE = re.compile(r"^<!-- file: (?P<name>\S+) -->\n```\w*\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
PART = re.compile(r"^<!-- part of a policy -->\n```yaml\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)

CONFIGURATION = re.compile(r"^<!-- configuration -->\n```toml\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)

BASE = {
    "policy": "policy: example\n",
    "version": "version: 1\n",
    "title": "title: Example\n",
    "time": "time: {zone: Europe/Berlin, business_days: DE}\n",
    "steps": "steps:\n  - step: reminder\n    when: 7 days after due\n    send: email reminder\n",
}


def documents() -> list[Path]:
    """Every page that people read, but for generated ones and decisions."""
    found = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")]
    found += sorted((ROOT / "docs").rglob("*.md")) + sorted((ROOT / "examples").rglob("README.md"))
    return [page for page in found if page.exists()]


def examples(path: Path, page: Page) -> Iterator[Example]:
    """The blocks of a page in their order."""
    sybil = Sybil(
        parsers=[
            PythonCodeBlockParser(),
            CodeBlockParser("console", lambda example: page.play(example.parsed)),
            CodeBlockParser("sh", lambda example: page.serve(example.parsed)),
            CodeBlockParser("text", _answered),
            lambda document: _regions(document, FILE, lambda match: _write(page, match)),
            lambda document: _regions(document, PART, _part),
            lambda document: _regions(document, CONFIGURATION, lambda match: _configured(page, match)),
            _policies,
        ],
        path=str(ROOT),
    )
    return sybil.parse(path).examples()


def _answered(example: Example) -> None:
    """A text block shows what the Python block before it called `answer`."""
    answer = example.namespace.pop("answer")
    assert alike(answer, example.parsed), answer


def _regions(document: Document, pattern: re.Pattern[str], act: object) -> Iterable[Region]:
    for match in pattern.finditer(document.text):
        head_end = match.start("text") - 1  # the block itself may be an example as well
        yield Region(match.start(), min(match.start() + 4, head_end), match, lambda example: act(example.parsed))


def _write(page: Page, match: re.Match[str]) -> None:
    target = page.folder / match["name"]
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(match["text"], encoding="utf-8")


def _part(match: re.Match[str]) -> None:
    text = match["text"]
    base = [lines for key, lines in BASE.items() if not re.search(rf"^{key}:", text, re.MULTILINE)]
    if re.match(r"  - step:", text):
        base = [lines for key, lines in BASE.items() if key != "steps"] + ["steps:\n"]
    _sound("".join(base) + text)


def _configured(page: Page, match: re.Match[str]) -> None:
    parse_config(match["text"], file=page.folder / "dunning.toml", environment={})


def _policies(document: Document) -> Iterable[Region]:
    for block in re.finditer(
        r"(?<!-->\n)^```yaml\n(?P<text>(?:#[^\n]*\n)*policy: .*?)^```$", document.text, re.MULTILINE | re.DOTALL
    ):
        if "\ntests:" not in block["text"]:
            yield Region(block.start(), block.start() + 1, block["text"], lambda example: _sound(example.parsed))


def _sound(text: str) -> None:
    compiled = compile_policy(
        text, file="page", calendars=default_calendars(), rulebooks=rulebook_names(), statutes=ShippedStatutes()
    )
    wrong = [str(finding) for finding in compiled.diagnostics if finding.severity is not Severity.NOTE]
    assert not wrong, "\n".join([*wrong, text])
