"""The generated parts of the reference are up to date and complete."""

from __future__ import annotations

from pathlib import Path

import pytest
from generated import DOCS, MARKED, TABLES, pages, refreshed


@pytest.mark.parametrize("page", list(pages()), ids=lambda page: page.name)
def test_a_page_is_up_to_date(page: Path) -> None:
    """If not: `python tests/docs/generated.py`."""
    text = page.read_text("utf-8")
    assert text == refreshed(text)


def test_every_table_has_its_page() -> None:
    used = {mark["name"] for page in pages() for mark in MARKED.finditer(page.read_text("utf-8"))}
    assert used == set(TABLES)


def test_the_reference_names_every_key_of_the_configuration() -> None:
    from dunning_engine.engine import config

    text = (DOCS / "reference" / "config.md").read_text("utf-8")
    for model in config._TABLES.values():
        for name, field in model.model_fields.items():
            key = field.alias or name
            assert f"`{key}`" in text or f"## [adapters.{key}]" in text, f"{model.__name__}.{name}"
