"""A disk that answers a write or a sync with an error, at whichever it is: no corrupt state, nothing lost, nothing twice."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from fault_stage import THOROUGH

HERE = Path(__file__).parent
COMPILER = shutil.which("cc") or shutil.which("gcc")


@pytest.fixture(scope="module")
def failing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The library that stands between SQLite and the disk."""
    if COMPILER is None or sys.platform != "linux":
        pytest.skip("nothing here stands between SQLite and the disk: that takes Linux and a C compiler")
    library = tmp_path_factory.mktemp("disk") / "failing_disk.so"
    source = str(HERE / "failing_disk.c")
    subprocess.run([COMPILER, "-shared", "-fPIC", "-O1", "-o", str(library), source, "-ldl"], check=True, timeout=60)
    return library


@pytest.mark.parametrize("mode", ["wal", "delete"])
def test_every_write_may_fail(failing: Path, tmp_path: Path, mode: str) -> None:
    """Once, and from then on; afterwards the file is whole, what was acknowledged is there, and each message went once."""
    paths = os.pathsep.join(path for path in [str(HERE), *sys.path] if path)
    command = [sys.executable, str(HERE / "failing_disk_run.py"), str(tmp_path), mode, "1" if THOROUGH else "67"]
    environment = {**os.environ, "LD_PRELOAD": str(failing), "PYTHONPATH": paths}
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=500, check=False)

    assert ended.returncode == 0, ended.stderr[-3000:]
    result = json.loads(ended.stdout)
    assert result["wrong"] == []
    assert result["tried"] >= 4
    assert any("disk I/O error" in words for words in result["refused"])
