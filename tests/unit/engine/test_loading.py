from __future__ import annotations

from pathlib import Path

import pytest
from engine_house import POLICY, Sink, ann, invoice

from dunning_engine.domain.limits import ContactLimit, Hours
from dunning_engine.engine.engine import DunningEngine
from dunning_engine.engine.loading import (
    FOLDER,
    POLICY_MAX,
    SOURCE,
    default_calendars,
    load_policy,
    load_rulebooks,
    policy_of,
    rulebook_limits,
    rulebook_names,
)
from dunning_engine.engine.money_shelf import pack_names
from dunning_engine.kernel.errors import PolicyInvalid, UsageError
from dunning_engine.policy.compiler import compile_policy


def test_a_policy_comes_from_its_file(tmp_path: Path) -> None:
    """It remembers its text and its folder, for the store and for templates."""
    file = tmp_path / "shop.yaml"
    file.write_text(POLICY)

    policy = load_policy(file)

    assert (policy.name, policy.version) == ("shop", 1)
    assert (policy.memo[SOURCE], policy.memo[FOLDER]) == (POLICY, tmp_path.resolve())


def test_every_mistake_of_a_policy_is_in_the_exception(tmp_path: Path) -> None:
    """The host gets the diagnostics, with their places."""
    file = tmp_path / "shop.yaml"
    file.write_text(POLICY.replace("3 days after due", "3 dayz after due").replace("grace", "x"))

    with pytest.raises(PolicyInvalid) as error:
        load_policy(str(file))
    assert "shop.yaml:" in str(error.value)
    assert all(d.severity.value == "error" for d in error.value.diagnostics)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (None, "No such file"),
        (b"\xff\xfe\x00", "not UTF-8"),
        (b"#" * (POLICY_MAX + 1), "larger than 1,000,000 bytes"),
    ],
)
def test_what_is_no_text_is_a_finding_too(tmp_path: Path, content: bytes | None, why: str) -> None:
    """A missing, foreign or huge file is told like any other mistake."""
    file = tmp_path / "shop.yaml"
    if content is not None:
        file.write_bytes(content)

    with pytest.raises(PolicyInvalid, match=why):
        load_policy(file)


def test_rulebooks_ship_with_the_package() -> None:
    """All of them, or those that are named; an unknown name lists the known ones."""
    assert sorted(book.name for book in load_rulebooks()) == sorted(rulebook_names())
    with pytest.raises(UsageError, match="no rulebook is called us/none"):
        load_rulebooks(["us/none"])


def test_templates_are_found_beside_the_policy(tmp_path: Path) -> None:
    """An engine on a policy file needs no word about its templates."""
    (tmp_path / "shop.yaml").write_text(POLICY)
    (tmp_path / "templates" / "email").mkdir(parents=True)
    (tmp_path / "templates" / "email" / "reminder.liquid").write_text(
        "Subject: Reminder\n\nPlease pay {{ case.balance }}.\n"
    )

    sink = Sink()
    engine = DunningEngine.open("memory:", policies=[load_policy(tmp_path / "shop.yaml")], adapters=[sink])
    engine.open_case(ann(), [invoice()], "shop", at="2026-03-01")
    engine.advance("2026-03-05T10:00:00+01:00")
    engine.dispatch("2026-03-05T10:00:00+01:00")

    assert sink.got[0].subject == "Reminder"
    assert "240" in sink.got[0].text


def test_text_can_be_compiled_without_a_file() -> None:
    """For hosts that keep policies in a database."""
    assert policy_of(POLICY, "row 7").hash == policy_of(POLICY, "row 8").hash


def test_the_limits_of_rulebooks_are_those_that_bind_every_contact_they_are_about():
    """The compiler can tell which limits of a policy never bind."""
    limits = rulebook_limits()
    assert set(limits) == {*rulebook_names(), *pack_names()}
    assert len(limits) == len({*limits})
    assert {Hours, ContactLimit} <= {type(limit) for _, limit in limits["us/reg-f-limits"].limits}


def test_what_is_a_pack_of_money_is_told_apart():
    """A policy may name one by mistake; what is neither is nothing."""
    limits = rulebook_limits()
    assert limits["uk/late-payment"].money
    assert not limits["uk/conc"].money
    assert "uk/none" not in limits


@pytest.mark.parametrize(("country", "codes"), [("DE", ["DUN402", "DUN402"]), ("US", [])])
def test_the_law_of_a_place_is_no_law_of_another_country(country, codes):
    """What ships knows where it binds, also through the rulebooks that it includes."""
    text = f"""
policy: p
version: 1
collector: third_party
applies_to: [country is {country}, debtor is consumer]
law: [us/nyc, us/states]
time: {{zone: Europe/Berlin}}
steps:
  - {{step: a, when: 1 day after due, send: letter b}}
"""
    found = compile_policy(
        text,
        file="p.yaml",
        calendars=default_calendars(),
        rulebooks=rulebook_names(),
        limits=rulebook_limits(),
    )
    assert [finding.code for finding in found.diagnostics] == codes
