"""Scenarios of other systems, as far as test files have no words: sums, hours, refusals, looks that come twice."""

from __future__ import annotations

import re
from datetime import date
from io import StringIO
from pathlib import Path

import pytest

from dunning_engine import DunningEngine, Invoice, Money, Party, PolicyInvalid, load_policy
from dunning_engine.adapters.console import Console
from dunning_engine.domain.deliveries import DeliveryState
from dunning_engine.engine.clocks import FixedClock
from dunning_engine.engine.loading import policy_of
from dunning_engine.kernel.calendar import iso
from dunning_engine.simulation.run import Simulation
from dunning_engine.testing.runner import Test, load_file

HERE = Path(__file__).parent
PAGE = HERE.parents[2] / "docs" / "reference" / "coverage-peers.md"


def walked(name: str) -> list[tuple[str, str, int, tuple[str, ...]]]:
    """When each action of a test went out by the debtor's clock, its template, and what it demands for what."""
    file, _, title = name.partition("::")
    (test,) = [
        test
        for test in load_file(HERE / f"{file}.test.yaml").tests
        if isinstance(test, Test) and test.name.startswith(title)
    ]
    scenario = test.scenario
    simulation = Simulation(
        plans=test.cases.plans,
        rulebooks=test.rulebooks,
        zones=test.zones,
        start=max(filter(None, (scenario.taken_in, min(one.issued or one.due for one, _ in scenario.invoices)))),
        until=scenario.until,
        approvals=scenario.granting,
    )
    actions = [(line, line.trace.action) for line in simulation.run() if line.trace.verdict == "cleared"]
    return [
        (iso(line.at, line.zone)[:16], action.spec.name, action.amount, tuple(sorted(action.invoices)))
        for line, action in actions
    ]


@pytest.mark.parametrize(
    ("name", "on", "amount", "invoices"),
    [
        ("kb-ages::KB-01", "2026-06-13", 120_00, ("A-1",)),  # A-2 is not overdue yet
        ("kb-ages::KB-01", "2026-06-23", 240_00, ("A-1", "A-2")),
        ("kb-ages::KB-08", "2026-07-03", 120_00, ("A-2",)),
        ("lago-two-attempts::LAGO-01 one invoice", "2026-01-18", 150_00, ("L-1", "L-2")),
        ("lago-two-attempts::LAGO-01 one invoice", "2026-01-21", 150_00, ("L-1", "L-2")),
        ("lago-currencies::LAGO-08 credit notes", "2026-01-15", 170_00, ("L-1",)),
        ("lago-sellers::LAGO-08 what is not ready is", "2026-01-15", 150_00, ("L-1",)),
        ("try-letter::TRY-04 money that names no invoice", "2026-03-07", 40_00, ("T-1",)),
        ("mf-sequence::MF-09 a draft that has become wrong", "2026-03-20", 75_00, ("M-1",)),
        ("mf-ten-days::MF-04 a debt of five days", "2026-03-12", 107_00, ("M-1", "M-2")),
        ("bc-one-letter::BC-03 the third", "2026-03-31", 75_00, ("X-1",)),
        ("bc-one-letter::BC-03 the third", "2026-05-16", 100_00, ("X-1", "X-2")),
        ("bc-grace::BC-04", "2026-03-16", 75_00, ("X-1",)),
    ],
)
def test_an_action_demands_what_is_overdue(name: str, on: str, amount: int, invoices: tuple[str, ...]) -> None:
    assert [(sum_, numbers) for at, _, sum_, numbers in walked(name) if at.startswith(on)] == [(amount, invoices)]


def test_reminders_go_out_at_nine_by_the_clock_of_copenhagen() -> None:
    """IN-01: the offset changes on 29 March, the hour does not."""
    times = [at for at, *_ in walked("in-copenhagen::IN-01 three reminders")]
    assert [at[11:] for at in times] == ["09:00"] * 6
    assert times[3:5] == ["2026-03-31T09:00", "2026-04-14T09:00"]


def test_two_requests_in_two_currencies_demand_each_its_own() -> None:
    """LAGO-08: two currencies are two cases, and nothing is ever added up across them."""
    found = {(name, amount) for _, name, amount, _ in walked("lago-currencies::LAGO-08 two currencies")}
    assert found == {("request-in-euros", 160_00), ("request-in-dollars", 110_00)}


@pytest.mark.parametrize(
    ("steps", "code"),
    [
        ("steps: [{step: one, when: 10 days after previous, send: email one}]", "DUN302"),  # OCA-08
        ("steps: []", "DUN312"),  # BC-11
    ],
)
def test_a_ladder_that_leads_nowhere_is_refused(tmp_path: Path, steps: str, code: str) -> None:
    file = tmp_path / "shop.yaml"
    file.write_text(f"policy: shop\nversion: 1\n{steps}\n")
    with pytest.raises(PolicyInvalid) as refused:
        load_policy(file)
    assert [finding.code for finding in refused.value.diagnostics] == [code]


def test_a_look_that_comes_twice_or_from_the_past_decides_nothing() -> None:
    """BC-08 and OCA-04: neither is refused, and neither sends or takes back anything."""
    policy = load_policy(HERE / "bc-rerun.yaml")
    with DunningEngine.open("memory:", policies=[policy], adapters=[Console(StringIO())]) as engine:
        engine.open_case(
            debtor=Party.business("nils", country="DE", zone="Europe/Berlin", address=("Hafenstr. 1", "20457 Hamburg")),
            owed=[Invoice("X-1", Money("75.00", "EUR"), due=date(2026, 3, 2), issued=date(2026, 2, 16))],
            policy=policy.name,
            at="2026-02-16T09:00:00+01:00",
        )
        engine.advance("2026-03-02T10:00:00+01:00")
        (decision,) = engine.advance("2026-03-03T10:00:00+01:00")
        assert [cleared.action.action.spec.words for cleared in decision.cleared] == ["letter reminder"]
        assert engine.advance("2026-03-03T10:00:00+01:00") == []
        assert engine.advance("2026-02-20T10:00:00+01:00") == []


TWO_TIMES = """
policy: oca-two-times
version: 1
time: {zone: Europe/Berlin}
quiet_hours: 20:00 to 08:00
steps:
  - {step: first, when: 30 days after due, send: email first}
  - {step: second, when: 60 days after due, send: letter second}
"""


def test_a_person_moves_an_invoice_to_another_policy_and_level_at_once() -> None:
    """OCA-07: what waited under the old policy is taken back, and the named level is what comes next."""
    clock = FixedClock("2024-06-30T09:00:00+02:00")
    policies = [load_policy(HERE / "oca-three-times.yaml"), policy_of(TWO_TIMES, "two-times.yaml")]
    with DunningEngine.open("memory:", policies=policies, adapters=[Console(StringIO())], clock=clock) as engine:
        case = engine.open_case(
            debtor=Party.business(
                "nils", email="n@example.com", country="DE", zone="Europe/Berlin", address=("Hafenstr. 1",)
            ),
            owed=[Invoice("A", Money("100.00", "EUR"), due=date(2024, 2, 1), issued=date(2024, 1, 2))],
            policy="oca-three-times",
            at="2024-01-02",
        )
        clock.move_to("2024-06-30T10:00:00+02:00")
        (asked,) = engine.advance()[0].waiting
        assert asked.action.step == "one"

        engine.migrate(
            "oca-three-times",
            "oca-two-times",
            steps=dict.fromkeys(("one", "two", "three")),
            start_at="second",
            where=[case.id],
            by="Eva",
            reason="agreed",
        )
        engine.advance()

        assert [done.action.spec.words for done in engine.dispatch()] == ["letter second"]
        assert engine.case(case.id).deliveries[asked.action.id].state is DeliveryState.CANCELLED


def test_the_page_tells_what_is_here_and_what_is_not() -> None:
    files = [*HERE.glob("*.test.yaml"), Path(__file__)]
    cited = {found for file in files for found in re.findall(r"\b[A-Z]+-\d\d\b", file.read_text("utf-8"))}
    rows = re.findall(r"^\| ([A-Z]+-\d\d) \|.*\| (\w+) \|", PAGE.read_text("utf-8"), re.MULTILINE)
    assert len(rows) == len(dict(rows)) == 78
    assert {scenario for scenario, standing in rows if standing != "missing"} == cited
