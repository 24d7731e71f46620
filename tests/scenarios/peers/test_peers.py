"""Scenarios of other systems, as far as test files have no words: sums, hours, refusals, looks that come twice."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from io import StringIO
from pathlib import Path

import pytest

from dunning_engine import DunningEngine, Invoice, Money, Party, PaymentReceived, PolicyInvalid, load_policy
from dunning_engine.adapters.console import Console
from dunning_engine.adapters.host_actions import HostActions
from dunning_engine.domain.deliveries import DeliveryState
from dunning_engine.domain.parties import Channel
from dunning_engine.domain.verbs import Do
from dunning_engine.engine.clocks import FixedClock
from dunning_engine.engine.loading import policy_of
from dunning_engine.kernel.calendar import iso
from dunning_engine.policy.model import Policy
from dunning_engine.ports.adapter import Capability, Message, Outcome, Sent
from dunning_engine.ports.checkpoints import Point
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


@dataclass
class Recorder:
    """Whoever stops services, or takes letters: keeps what it received."""

    handles: frozenset[Channel | str]
    received: list[Message] = field(default_factory=list)

    name = "recorder"
    capability = Capability.DEDUPE

    def deliver(self, message: Message, *, seconds: float) -> Outcome:
        self.received.append(message)
        return Sent(message.action_id, delivered=True)


def with_texts(folder: Path, name: str, *templates: str) -> Policy:
    """A policy of ours with short templates beside it."""
    for template in templates:
        file = folder / "templates" / f"{template}.liquid"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("Subject: Your account\n\nPlease pay.\n")  # a letter simply begins so
    copy = folder / f"{name}.yaml"
    copy.write_text((HERE / copy.name).read_text("utf-8"), "utf-8")
    return load_policy(copy)


def family(engine: DunningEngine) -> None:
    """A parent that pays for one child, and another child that pays for itself and owes nothing."""
    place = {"country": "US", "zone": "America/Los_Angeles", "email": "paula@example.com"}
    engine.open_case(
        debtor=Party.business("paula", accounts=("theo",), **place),
        owed=[Invoice("P-1", Money("249.95", "USD"), due=date(2026, 6, 1), issued=date(2026, 6, 1))],
        policy="kb-family",
        at="2026-06-01T09:00:00-07:00",
    )


def test_what_stops_the_parent_stops_the_children_it_pays_for_and_no_other(tmp_path: Path) -> None:
    """KB-18: whoever stops a service, gives it back or blocks purchases hears which accounts it concerns."""
    service, blocked = Recorder(frozenset({"service", Channel.EMAIL})), []
    actions = HostActions({"block-purchases": blocked.append}, capability=Capability.DEDUPE)
    clock = FixedClock("2026-06-01T09:00:00-07:00")
    policy = with_texts(tmp_path, "kb-family", "email/first-level")
    with DunningEngine.open("memory:", policies=[policy], adapters=[service, actions], clock=clock) as engine:
        family(engine)
        (case,) = engine.cases(account="theo")
        assert engine.cases(account="tess") == ()
        for day in ("2026-06-11", "2026-06-19", "2026-06-27", "2026-07-02"):
            clock.move_to(f"{day}T12:00:00-07:00")
            if day == "2026-07-02":
                engine.record(case.id, PaymentReceived(Money("249.95", "USD"), source="bank", event_id="tx-1"))
            engine.advance()
            engine.dispatch()

    told = [(m.action.spec.do, json.loads(m.text)["debtor"]["accounts"]) for m in service.received if not m.subject]
    assert told == [(Do.RESTRICT, ["theo"]), (Do.RESTORE, ["theo"])]
    (call,) = blocked
    assert call.debtor.accounts == ("theo",)
    assert json.loads(call.text)["debtor"]["accounts"] == ["theo"]


def test_a_run_that_breaks_off_goes_on_where_it_stopped(tmp_path: Path) -> None:
    """BC-08: of three debtors one had its letter; the next run sends the other two, and the one after that nothing."""
    policy = with_texts(tmp_path, "bc-rerun", "letter/reminder")
    url = f"sqlite:///{tmp_path}/dunning.db"
    clock = FixedClock("2026-03-03T10:00:00+01:00")

    def run(*, breaks_off: bool = False) -> list[str]:
        letters = Recorder(frozenset({Channel.LETTER}))

        def checkpoint(point: Point) -> None:
            if breaks_off and letters.received and point is Point.RENDERED:
                raise KeyboardInterrupt

        with DunningEngine.open(
            url, policies=[policy], adapters=[letters], clock=clock, checkpoint=checkpoint
        ) as engine:
            for name in ("ida", "nils", "olga"):
                engine.open_case(
                    debtor=Party.business(
                        name, country="DE", zone="Europe/Berlin", address=("Hafenstr. 1", "20457 Hamburg")
                    ),
                    owed=[Invoice(f"X-{name}", Money("75.00", "EUR"), due=date(2026, 3, 2), issued=date(2026, 2, 16))],
                    policy=policy.name,
                    at="2026-02-16T09:00:00+01:00",
                )
            engine.advance()
            with suppress(KeyboardInterrupt):
                engine.dispatch()
        return [message.debtor.id for message in letters.received]

    first = run(breaks_off=True)
    clock.move_to("2026-03-03T12:00:00+01:00")
    second = run()
    assert (len(first), sorted(first + second), run()) == (1, ["ida", "nils", "olga"], [])


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
