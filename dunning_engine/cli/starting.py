"""`dunning init`: a policy of the library in a folder of its own, with all that belongs to it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from dunning_engine.cli.screen import columns, counted, note, print_json, room

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dunning_engine.engine.library import Entry


def init(policy: str | None, folder: Path, *, force: bool, as_json: bool) -> None:
    """Copy a policy; without one say what there is, and on a terminal let people choose."""
    from dunning_engine.engine.library import copy, entries

    name = policy
    if name is None:
        known = entries()
        if as_json:
            print_json([{"policy": one.name, "for": one.summary} for one in known])
            return
        name = _chosen(known)
        if name is None:
            return
    written = copy(name, folder, force=force)
    if as_json:
        print_json([str(path) for path in written])
    else:
        print(*written, sep="\n")
    place = "" if folder == Path() else f"cd {folder}; "
    note(f"{counted(len(written), 'file')}; next: {place}dunning check policies; dunning test policies")


def _chosen(known: Sequence[Entry]) -> str | None:
    """The list; and on a terminal the name or number that somebody answers."""
    rows = [[str(number), one.name, one.summary] for number, one in enumerate(known, 1)]
    print(*columns(["", "policy", "for"], rows, room=room(), whole=(0, 1)), sep="\n")
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        note("dunning init POLICY copies one of them")
        return None
    import typer

    answer: str = typer.prompt("which (number or name; empty for none)", default="", show_default=False, err=True)
    if answer.isdecimal() and 1 <= int(answer) <= len(known):
        return known[int(answer) - 1].name
    return answer.strip() or None
