"""Exceptions: whose they are to mend, and what they carry."""

from __future__ import annotations

import pickle

import pytest

from dunning_engine.kernel.diagnostics import Diagnostic, Place
from dunning_engine.kernel.errors import Conflict, DunningError, ForeignError, NotFound, PolicyInvalid, UsageError

FINDINGS = (
    Diagnostic("DUN201", "no such key", Place("a.yaml", 1, 1, 4)),
    Diagnostic("DUN204", "no such phrase", Place("a.yaml", 2, 7, 9)),
)


@pytest.mark.parametrize("kind", [UsageError, NotFound, Conflict, ForeignError, PolicyInvalid])
def test_everything_raised_on_purpose_has_one_base(kind):
    """A host can catch them all together."""
    assert issubclass(kind, DunningError)


def test_whose_an_error_is_shows_in_its_type():
    """What the caller can mend is a usage error; what others broke is not."""
    assert issubclass(NotFound, UsageError)
    assert issubclass(PolicyInvalid, UsageError)
    assert not issubclass(Conflict, UsageError)
    assert not issubclass(ForeignError, UsageError)


def test_an_invalid_policy_lists_all_its_mistakes():
    """As text, one a line, and as values."""
    error = PolicyInvalid(FINDINGS)
    assert error.diagnostics == FINDINGS
    assert str(error) == "a.yaml:1:1 DUN201 no such key\na.yaml:2:7 DUN204 no such phrase"


def test_an_invalid_policy_survives_a_process_boundary():
    """Test runners and workers pickle what they raise."""
    again = pickle.loads(pickle.dumps(PolicyInvalid(FINDINGS)))
    assert again.diagnostics == FINDINGS
    assert str(again) == str(PolicyInvalid(FINDINGS))
