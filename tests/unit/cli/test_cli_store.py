from __future__ import annotations

import pytest


def test_a_store_is_secured_for_a_role(
    dunning, postgres_server, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The tables are named, and that a superuser sees everything all the same."""
    monkeypatch.setenv("OWNER", postgres_url)

    done = dunning("store", "secure", "--db", "env:OWNER", "--role", "app")

    assert done.exit_code == 0
    assert "tables show each tenant its own rows only: dunning_cases, dunning_contacts" in done.stdout
    assert "app may use them" in done.stdout
    assert "connected as a superuser" in done.stderr


def test_a_role_that_owns_the_tables_is_told_nothing_more(dunning, postgres_server) -> None:
    """Without a role to give rights to, the owner alone is bound."""
    with postgres_server.database() as name:
        postgres_server.run("GRANT ALL ON SCHEMA public TO owner", database=name)

        done = dunning("store", "secure", "--db", postgres_server.url(name, user="owner"))

    assert (done.exit_code, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("url", "why"),
    [("env:NOWHERE", "the environment has no variable NOWHERE"), ("sqlite://", "row-level security is PostgreSQL's")],
)
def test_what_cannot_be_secured_says_why(dunning, url: str, why: str) -> None:
    """In a line."""
    refused = dunning("store", "secure", "--db", url)

    assert refused.exit_code == 2
    assert why in refused.stderr
