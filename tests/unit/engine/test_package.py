from __future__ import annotations

import subprocess
import sys

import pytest

import dunning_engine

HEAVY = (
    "alembic",
    "babel",
    "holidays",
    "hypothesis",
    "liquid",
    "pendulum",
    "pydantic",
    "rich",
    "sqlalchemy",
    "transitions",
    "yaml",
)


def _loaded_by(code: str) -> set[str]:
    run = f"{code}\nimport sys; print(*{{name.partition('.')[0] for name in sys.modules}})"
    return set(subprocess.run([sys.executable, "-c", run], capture_output=True, text=True, check=True).stdout.split())


def test_the_top_level_is_small_and_complete() -> None:
    """At most 30 names, each of which can be had."""
    assert len(dunning_engine.__all__) <= 30
    assert all(getattr(dunning_engine, name) for name in dunning_engine.__all__)
    assert set(dunning_engine.__all__) <= set(dir(dunning_engine))


def test_hosts_read_and_write_instants_with_what_stands_at_the_top() -> None:
    """What a decision says as seconds becomes a datetime, and back, without a look inside the package."""
    instant = dunning_engine.parse_instant("2026-03-12T09:30:00+01:00")

    assert dunning_engine.moment(instant, "Europe/Berlin").isoformat() == "2026-03-12T09:30:00+01:00"


def test_the_suites_for_hosts_stand_in_testing() -> None:
    """Contracts come from `dunning_engine.testing`; importing it loads neither them nor pytest."""
    from dunning_engine import testing

    assert {name: getattr(testing, name).__name__ for name in testing.__all__} == {n: n for n in testing.__all__}
    assert {"AdapterContract", "StoreContract", "run_file"} <= set(testing.__all__)
    assert _loaded_by("import dunning_engine.testing").isdisjoint({*HEAVY, "pytest"})
    with pytest.raises(AttributeError, match="no attribute 'Contract'"):
        _ = testing.Contract


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    """Lazy names fail like others do."""
    with pytest.raises(AttributeError, match="no attribute 'Dunning'"):
        _ = dunning_engine.Dunning


def test_importing_loads_no_heavy_library() -> None:
    """Neither the package nor the names of an embedding host cost a library before it is used."""
    assert _loaded_by("import dunning_engine").isdisjoint(HEAVY)
    names = "DunningEngine, Invoice, Money, Party, PaymentReceived, load_policy"
    assert _loaded_by(f"from dunning_engine import {names}").isdisjoint(HEAVY)
