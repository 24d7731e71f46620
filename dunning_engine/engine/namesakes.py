"""Policy files of one folder that go by one name and version: nobody can say which of them is meant."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from dunning_engine.engine.paths import file_bytes

_STEPS: Final = re.compile(rb"^steps[ \t]*:", re.MULTILINE)
_NAME: Final = re.compile(rb"^policy[ \t]*:[ \t]*[\"']?([^\s\"'#]+)", re.MULTILINE)
_VERSION: Final = re.compile(rb"^version[ \t]*:[ \t]*[\"']?([0-9]+)", re.MULTILINE)


def namesakes(path: Path) -> tuple[Path, ...]:
    """The other policy files in the folder of one that say the same `policy` and `version`, in order."""
    said = _said(file_bytes(path))
    if said is None:
        return ()
    beside = sorted(file for file in path.parent.glob("*.yaml") if file.name != path.name and file.is_file())
    return tuple(file for file in beside if _said(file_bytes(file)) == said)


def name_in(data: bytes) -> str:
    """The name that a policy file goes by; empty where it is none."""
    said = _said(data)
    return "" if said is None else said[0]


def _said(data: bytes) -> tuple[str, str] | None:
    name, version = _NAME.search(data), _VERSION.search(data)
    if name is None or not _STEPS.search(data):
        return None
    return name[1].decode("utf-8", "replace"), version[1].decode() if version is not None else ""
