"""Run test files of policies through the real core, as `dunning test` and pytest both do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from dunning_engine.domain.events import HoldLifted, HoldPlaced
from dunning_engine.domain.facts import StepNews, Sum
from dunning_engine.engine.casework import casework
from dunning_engine.engine.loading import load_policy, load_rulebooks
from dunning_engine.engine.namesakes import name_in, namesakes
from dunning_engine.engine.routed_intake import routed_debts
from dunning_engine.intake.model import DatedFact, IncomingInvoice, Intake
from dunning_engine.kernel.diagnostics import Diagnostic, Place, Severity, in_order, suggest
from dunning_engine.kernel.errors import PolicyInvalid
from dunning_engine.simulation.run import Simulation
from dunning_engine.testing.diff import Difference, differences
from dunning_engine.testing.expectations import wishes
from dunning_engine.testing.law_cases import is_law_cases
from dunning_engine.testing.law_runner import LawResult, LawTest, load_law_tests
from dunning_engine.testing.reading import parse_scenarios
from dunning_engine.testing.routed import RoutedTest, routing_of_tests, strange_policies
from dunning_engine.testing.states import Play, happenings_of

if TYPE_CHECKING:
    from dunning_engine.compliance.rulebook import Rulebook
    from dunning_engine.engine.casework import Casework
    from dunning_engine.policy.model import Policy
    from dunning_engine.ports.sources import CalendarSource, ZoneSource
    from dunning_engine.testing.scenarios import Scenario, ScenarioFile


@dataclass(frozen=True, slots=True)
class TestResult:
    """What came of one test; `message` is the dated diff, empty where it passed."""

    __test__: ClassVar[bool] = False  # pytest looks for classes of this name

    id: str
    passed: bool
    message: str
    place: Place
    differences: tuple[Difference, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The object that `dunning test --format json` prints; verdicts belong to another kind of test."""
        reasons = [reason for difference in self.differences for reason in difference.because]
        return {
            "id": self.id,
            "passed": self.passed,
            "verdict": None,
            "expected": None,
            "reasons": _once(reason.text for reason in reasons),
            "rules": _once(reason.rule for reason in reasons),
            "citations": _once(reason.citation for reason in reasons),
            "message": self.message,
        }


@dataclass(frozen=True, slots=True)
class FileResult:
    """What came of a file. Nothing of it runs where some diagnostic is an error."""

    results: tuple[TestResult | LawResult, ...]
    diagnostics: tuple[Diagnostic, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether the file has no mistake and every test in it passed."""
        return not self.diagnostics and all(result.passed for result in self.results)


@dataclass(frozen=True, slots=True)
class Sources:
    """Where calendars, whereabouts and policies come from."""

    calendars: CalendarSource
    zones: ZoneSource
    policies_dir: Path


@dataclass(frozen=True, slots=True)
class Test:
    """A test that is ready to run."""

    __test__: ClassVar[bool] = False  # pytest looks for classes of this name

    file: str
    scenario: Scenario
    policy: Policy
    rulebooks: Mapping[str, Rulebook]
    cases: Casework
    zones: ZoneSource

    @property
    def name(self) -> str:
        return self.scenario.name

    @property
    def about(self) -> str:
        return f"{self.policy.name}: {self.scenario.name}"

    @property
    def place(self) -> Place:
        return self.scenario.place

    def run(self, play: Play = Simulation.played_out) -> TestResult:
        """Play from the first invoice, or the day it was taken in, to the last day of the test, and compare."""
        scenario = self.scenario
        happened = happenings_of(play(self.simulation), self.policy.zone)
        found = tuple(sorted(differences(scenario, self.policy, happened), key=lambda one: one.day))
        message = "\n".join(str(difference) for difference in found)
        return TestResult(f"{self.file}::{scenario.name}", not found, message, scenario.place, found)

    @property
    def simulation(self) -> Simulation:
        """What has to be played for it."""
        scenario = self.scenario
        opened = min(invoice.issued or invoice.due for invoice, _ in scenario.invoices)
        return Simulation(
            plans=self.cases.plans,
            rulebooks=self.rulebooks,
            zones=self.zones,
            start=max(opened, scenario.taken_in or opened),
            until=scenario.until,
            approvals=scenario.granting,
            asked=scenario.asked,
        )


@dataclass(frozen=True, slots=True)
class Loaded:
    """A file that was read: tests, or mistakes."""

    tests: tuple[Test | RoutedTest | LawTest, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = field(default=())


def run_file(
    path: str | Path,
    *,
    calendars: CalendarSource | None = None,
    zones: ZoneSource | None = None,
    policies_dir: str | Path | None = None,
) -> FileResult:
    """Run every test of a file, or every case where it asks what the law says.

    The policy of tests lies in the same folder, else in `policies_dir`, which is `policies/` of the current directory.
    """
    loaded = load_file(path, calendars=calendars, zones=zones, policies_dir=policies_dir)
    return FileResult(tuple(test.run() for test in loaded.tests), loaded.diagnostics)


def load_file(
    path: str | Path,
    *,
    calendars: CalendarSource | None = None,
    zones: ZoneSource | None = None,
    policies_dir: str | Path | None = None,
) -> Loaded:
    """The tests of a file, ready to run one by one."""
    file = str(path)
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        reason = error.strerror or str(error)
        return Loaded(diagnostics=(Diagnostic("DUN279", f"this file cannot be read: {reason}", Place(file, 1, 1, 1)),))
    if is_law_cases(data):
        law = load_law_tests(data, file=file)
        return Loaded(law.tests, law.diagnostics)
    parsed = parse_scenarios(data, file=file)
    if parsed.routing is not None:
        return _routed(parsed, Path(path), Path(policies_dir or "policies"), zones or _default_zones())
    policy, findings = _policy(parsed, Path(path), Path(policies_dir or "policies"), calendars)
    if policy is None:
        return Loaded(diagnostics=in_order((*parsed.diagnostics, *findings)))
    found = [*parsed.diagnostics, *(f for scenario in parsed.scenarios for f in _strangers(scenario, policy))]
    cases = [(scenario, _cases(scenario, policy)) for scenario in parsed.scenarios]
    found += [f for scenario, work in cases for f in _homeless(scenario, work)]
    if found:
        return Loaded(diagnostics=in_order(found))
    rulebooks = {book.name: book for book in load_rulebooks(policy.books)}
    sought = zones or _default_zones()
    return Loaded(tuple(Test(file, scenario, policy, rulebooks, work, sought) for scenario, work in cases))


def _routed(parsed: ScenarioFile, path: Path, policies: Path, zones: ZoneSource) -> Loaded:
    """The tests of routing; each is played under the policy that is chosen for it."""
    routing, known, findings = routing_of_tests(parsed, path, policies)
    if routing is None:
        return Loaded(diagnostics=in_order((*parsed.diagnostics, *findings)))
    found = list(parsed.diagnostics)
    tests: list[RoutedTest] = []
    for scenario in parsed.scenarios:
        intake = _intake(scenario)
        found += strange_policies(scenario, known)
        routed = next(iter(routed_debts(intake, routing).values())).routed
        policy = known.get(routed.policy)
        inner = None
        if policy is not None and scenario.wanted:
            work = casework(intake, known, routing=routing)
            asked = scenario.chosen is not None and scenario.chosen[0] == policy.name
            found += (*_strangers(scenario, policy), *_homeless(scenario, work)) if asked else ()
            books = {book.name: book for plan in work.plans for book in load_rulebooks(plan.policy.books)}
            inner = Test(str(path), scenario, policy, books, work, zones)
        tests.append(RoutedTest(str(path), scenario, routing, routed, inner))
    return Loaded(diagnostics=in_order(found)) if found else Loaded(tuple(tests))


def _once(texts: Iterator[str]) -> list[str]:
    return [text for text in dict.fromkeys(texts) if text]


def _default_zones() -> ZoneSource:
    from dunning_engine.whereabouts.zones import Whereabouts

    return Whereabouts()


def _policy(
    parsed: ScenarioFile, tests: Path, policies: Path, calendars: CalendarSource | None
) -> tuple[Policy | None, tuple[Diagnostic, ...]]:
    """The policy that a file names: the one beside it under its own name, or of that name there or among the policies."""
    if parsed.policy is None:
        return None, ()
    name, place = parsed.policy
    own = tests.with_name(tests.name.replace(".test.", "."))
    if own == tests or not own.is_file() or name_in(own.read_bytes()) != name:
        own = tests.with_name(f"{name}.yaml")
    path = own if own.is_file() else policies / f"{name}.yaml"
    if not path.is_file():
        return None, (_no_policy(name, place, tests.parent, policies),)
    if others := namesakes(path):
        files = " and ".join(str(file) for file in sorted((path, *others)))
        message = f"{files} hold the same version of {name}: give all but one another policy name, or another version"
        return None, (Diagnostic("DUN282", message, place),)
    try:
        return load_policy(path, calendars=calendars), ()
    except PolicyInvalid as invalid:
        return None, invalid.diagnostics


def _no_policy(name: str, place: Place, beside: Path, policies: Path) -> Diagnostic:
    there = {p.stem for folder in (beside, policies) for p in folder.glob("*.yaml") if not p.stem.endswith(".test")}
    message = f"there is no {name}.yaml in {beside} or {policies}"
    return Diagnostic("DUN279", message, place, suggestion=suggest(name, sorted(there)), accepted=tuple(sorted(there)))


def _strangers(scenario: Scenario, policy: Policy) -> Iterator[Diagnostic]:
    """Expectations that no step can meet, facts about steps and invoices that do not exist."""
    known = wishes(policy)
    actions = tuple(dict.fromkeys(wish.words for wish in known))
    for one in scenario.wanted:
        wish = one.what.wish
        if wish is not None and wish not in known:
            told = wish.words + (" with invoice" if wish.with_invoice else "")
            message = f'no step of {policy.name} asks for "{told}"'
            meant = suggest(wish.words, actions)
            yield Diagnostic("DUN280", message, one.place, suggestion=meant, accepted=actions)
    steps, numbers = tuple(policy.index), tuple(invoice.number for invoice, _ in scenario.invoices)
    for fact in scenario.facts:
        number = _named(fact.fact)
        if number is not None and number not in numbers:
            message, meant = f"the test has no invoice {number}", suggest(number, numbers)
            yield Diagnostic("DUN281", message, fact.place, suggestion=meant, accepted=numbers)
        if isinstance(fact.fact, StepNews) and fact.fact.step not in policy.index:
            message = f'{policy.name} has no step "{fact.fact.step}"'
            yield Diagnostic("DUN280", message, fact.place, suggestion=suggest(fact.fact.step, steps), accepted=steps)


def _cases(scenario: Scenario, policy: Policy) -> Casework:
    return casework(_intake(scenario), {policy.name: policy}, policy.name)


def _intake(scenario: Scenario) -> Intake:
    """What a test brings in. Lines number its invoices and facts, so that findings lead back to their places."""
    debtor = scenario.debtor.id
    count = len(scenario.invoices)
    return Intake(
        receivables=tuple(
            IncomingInvoice(debtor=debtor, invoice=invoice, file="", line=number)
            for number, (invoice, _place) in enumerate(scenario.invoices)
        ),
        parties={debtor: scenario.debtor},
        facts=tuple(
            DatedFact(
                date=told.day,
                fact=told.fact,
                event_id=f"{number}",
                debtor=debtor,
                invoice=_named(told.fact),
                file="",
                line=number,
            )
            for number, told in enumerate(scenario.facts, count)
        ),
    )


def _named(fact: object) -> str | None:
    return fact.invoice if isinstance(fact, Sum | HoldPlaced | HoldLifted) else None


def _homeless(scenario: Scenario, work: Casework) -> Iterator[Diagnostic]:
    """Invoices that the policy is not for, and facts that belong to no case."""
    places = (*(place for _, place in scenario.invoices), *(told.place for told in scenario.facts))
    numbers, count = {invoice.number for invoice, _ in scenario.invoices}, len(scenario.invoices)
    told = {line for line, fact in enumerate(scenario.facts, count) if _named(fact.fact) not in (None, *numbers)}
    for finding in work.by_line:
        if finding.line in told:
            continue  # with the invoice that was meant
        yield Diagnostic("DUN281", finding.message, places[finding.line], Severity.ERROR)
