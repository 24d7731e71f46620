"""Floor 9: `dunning`, the command line. Exit codes: 0 fine, 1 findings, 2 wrong use, 70 a mistake of ours."""

from __future__ import annotations


def main() -> None:
    """Run `dunning` with the arguments of this process."""
    from dunning_engine.cli.app import main as run

    run()
