"""Floor 8: for those who test policies, adapters and stores.

`run_file` runs tests beside policies as `dunning test` does, `verify` drives a policy through seeded tales as
`dunning verify` does, `policy_machine` does it by Hypothesis; `AdapterContract`, `StoreContract` and `LimitContract` are suites
to subclass, and `testing.strategies` draws parties, portfolios, contact histories, policies and clocks. Names load when
they are first used: the pytest plugin lies in this package, and pytest starts in every project that has the library
installed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dunning_engine.testing.adapters import AdapterContract as AdapterContract
    from dunning_engine.testing.limits import LimitContract as LimitContract
    from dunning_engine.testing.machine import policy_machine as policy_machine
    from dunning_engine.testing.runner import FileResult as FileResult
    from dunning_engine.testing.runner import TestResult as TestResult
    from dunning_engine.testing.runner import run_file as run_file
    from dunning_engine.testing.stores import StoreContract as StoreContract
    from dunning_engine.testing.verification import verify as verify

_HOMES = {
    "AdapterContract": "adapters",
    "FileResult": "runner",
    "LimitContract": "limits",
    "StoreContract": "stores",
    "TestResult": "runner",
    "policy_machine": "machine",
    "run_file": "runner",
    "verify": "verification",
}

__all__ = list(_HOMES)


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    try:
        return getattr(import_module(f"{__name__}.{home}"), name)
    except ModuleNotFoundError as error:
        if error.name not in ("pytest", "hypothesis"):
            raise
        raise ImportError(f"{name} needs {error.name}: pip install 'dunning-engine[testing]'") from error
