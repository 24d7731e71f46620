"""What an extra brings is asked for by the name of the extra."""

from __future__ import annotations

import subprocess
import sys

import pytest


@pytest.mark.parametrize(
    ("missing", "wanted", "extra"),
    [
        ("pytest", "from dunning_engine.testing import AdapterContract", "testing"),
        ("temporalio", "import dunning_engine.integrations.temporal", "temporal"),
    ],
)
def test_what_is_not_installed_is_named_with_its_extra(missing: str, wanted: str, extra: str) -> None:
    """As the words of the error say what to install."""
    code = f"import sys; sys.modules[{missing!r}] = None\n{wanted}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    last = done.stderr.strip().splitlines()[-1]
    assert f"pip install 'dunning-engine[{extra}]'" in last
