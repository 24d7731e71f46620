"""Floor 8: for those who test policies and adapters.

`run_file` runs tests beside policies as `dunning test` does. Names load when they are first used: the pytest plugin
lies in this package, and pytest starts in every project that has the library installed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dunning_engine.testing.runner import FileResult, TestResult, run_file

__all__ = ["FileResult", "TestResult", "run_file"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from dunning_engine.testing import runner

    return getattr(runner, name)
