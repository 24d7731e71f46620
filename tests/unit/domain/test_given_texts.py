"""Which texts can be kept."""

from __future__ import annotations

import pytest

from dunning_engine.domain.given import check_kept
from dunning_engine.kernel.errors import UsageError


@pytest.mark.parametrize("text", ["", "Ann", "Zoë 🧾", "x" * 500])
def test_what_people_write_is_kept(text: str) -> None:
    """In any script, up to its length."""
    check_kept(text, "a note", 500)


@pytest.mark.parametrize(
    ("text", "why"),
    [("a\0b", "holds a NUL"), ("é\0", "holds a NUL"), ("a\udc80", "half a character"), ("x" * 501, "501 characters")],
)
def test_what_no_text_holds_is_refused(text: str, why: str) -> None:
    """A database may refuse it, or keep what nobody can read."""
    with pytest.raises(UsageError, match=f"a note: .*{why}"):
        check_kept(text, "a note", 500)
