"""What the command line says where the mistake is in dunning_engine itself."""

from __future__ import annotations

import pytest

from dunning_engine.cli import app as cli


@pytest.fixture
def broken(monkeypatch):
    """A command line in which something goes wrong that nobody thought of."""

    def fail():
        raise KeyError("step")

    monkeypatch.setattr(cli, "app", fail)


def test_a_mistake_of_ours_is_one_line(broken, monkeypatch, capsys):
    """Exit code 70 and the name of the error: nothing that the user wrote is to blame."""
    monkeypatch.delenv("DUNNING_DEBUG", raising=False)
    with pytest.raises(SystemExit) as stop:
        cli.main()

    assert stop.value.code == 70
    assert capsys.readouterr() == (
        "",
        "dunning: this is a mistake of ours, not yours: KeyError; DUNNING_DEBUG=1 shows where\n",
    )


def test_where_it_is_can_be_seen(broken, monkeypatch):
    """With DUNNING_DEBUG=1 the error comes through with its traceback."""
    monkeypatch.setenv("DUNNING_DEBUG", "1")
    with pytest.raises(KeyError):
        cli.main()
