"""Loading what ships: packs by name, tables all at once."""

from __future__ import annotations

import pytest

from dunning_engine.engine.money_shelf import load_pack, load_tables, pack_names
from dunning_engine.kernel.errors import UsageError


def test_packs_are_loaded_by_their_names():
    """Once: it is the same object the second time."""
    assert "uk/late-payment" in pack_names()
    for name in pack_names():
        assert load_pack(name).name == name
        assert load_pack(name) is load_pack(name)


def test_an_unknown_pack_is_told_with_those_there_are():
    with pytest.raises(UsageError, match=r"no pack of statutory money is called uk/late; there are at/ugb-456, .*uk"):
        load_pack("uk/late")


def test_tables_are_loaded_under_their_names():
    """The mapping cannot be changed: a host makes its own with newer tables in it."""
    tables = load_tables()
    assert all(table.name == name for name, table in tables.items())
    with pytest.raises(TypeError):
        tables["ecb-mro"] = None
    assert {**tables, "ecb-mro": None}["ecb-mro"] is None
