"""Questions to the docket, as values."""

from __future__ import annotations

import pytest

from dunning_engine.domain.questions import Op, Question, Unit


def test_a_question_is_a_plain_value():
    """Equal by content, and of use as a key."""
    asked = Question(Op.IS, "reply", ("yes",))
    assert asked == Question(Op.IS, "reply", ("yes",), 0, Unit.DAYS, "")
    assert {asked: 1}[Question(Op.IS, "reply", ("yes",))] == 1
    with pytest.raises(AttributeError):
        asked.fact = "purpose"
