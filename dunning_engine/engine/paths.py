"""Files as people name them: read, or one line that says why not."""

from __future__ import annotations

from pathlib import Path

from dunning_engine.kernel.errors import UsageError


def file_bytes(path: Path) -> bytes:
    """The content of a file, or one line that says why there is none."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise UsageError(f"there is no file {path}") from None
    except IsADirectoryError:
        raise UsageError(f"{path} is a folder, not a file") from None
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from None


def shown(path: Path) -> str:
    """A path as people know it: from the current folder, where it lies below."""
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)
