"""Run law cases: ask the gate, or compute; and compare with what a case expects."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from dunning_engine.compliance.gate import GateRules, assemble, gate
from dunning_engine.compliance.rulebook import named
from dunning_engine.compliance.verdict import Cleared, Reason, Verdict
from dunning_engine.engine.loading import load_rulebooks, rulebook_names
from dunning_engine.kernel.diagnostics import Diagnostic, Place
from dunning_engine.testing.law_cases import parse_law_cases
from dunning_engine.testing.law_situation import asked
from dunning_engine.testing.law_told import ComputationCase, ContactCase


@dataclass(frozen=True, slots=True)
class LawResult:
    """What came of one case; `message` says what is otherwise than expected, and is empty where it passed."""

    id: str
    passed: bool
    message: str
    place: Place
    verdict: str | dict[str, object] | None
    expected: str | dict[str, object]
    reasons: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    citations: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The object that `dunning test --format json` prints."""
        return {
            "id": self.id,
            "passed": self.passed,
            "verdict": self.verdict,
            "expected": self.expected,
            "reasons": list(self.reasons),
            "rules": list(self.rules),
            "citations": list(self.citations),
            "message": self.message,
        }


@dataclass(frozen=True, slots=True)
class LawTest:
    """A case that is ready to run."""

    case: ContactCase | ComputationCase

    @property
    def name(self) -> str:
        return self.case.id

    @property
    def about(self) -> str:
        """The case as a failure names it, with its title."""
        title = self.case.title
        return f"{self.case.id}: {title}" if title else self.case.id

    @property
    def place(self) -> Place:
        return self.case.place

    def run(self) -> LawResult:
        """Ask; a case that cannot be asked has failed and takes no other along."""
        try:
            return _contact(self.case) if isinstance(self.case, ContactCase) else _computation(self.case)
        except Exception as error:  # noqa: BLE001 - one odd case among hundreds must not hide what became of the rest
            expected = self.case.expected if isinstance(self.case, ContactCase) else dict(self.case.group("expected"))
            message = f"the case could not be asked: {type(error).__name__}: {error}"
            return LawResult(self.case.id, False, message, self.case.place, None, expected)


@dataclass(frozen=True, slots=True)
class LawTests:
    """The cases of a file, or its mistakes."""

    tests: tuple[LawTest, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()


def load_law_tests(data: bytes, *, file: str) -> LawTests:
    """The cases of a file, ready to run one by one."""
    parsed = parse_law_cases(data, file=file, laws=rulebook_names())
    cases: tuple[ContactCase | ComputationCase, ...] = (*parsed.contacts, *parsed.computations)
    return LawTests(tuple(map(LawTest, cases)), parsed.diagnostics)


# Contacts -----------------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=128)
def _rules(laws: tuple[str, ...]) -> GateRules:
    """The rules of some rulebooks, and of those that they include."""
    return assemble((), named(load_rulebooks(laws), laws))


def _contact(case: ContactCase) -> LawResult:
    question = asked(case)
    verdict = gate(question.action, question.situation, _rules(question.laws), question.now)
    reasons = () if isinstance(verdict, Cleared) else verdict.reasons
    codes = tuple(sorted({reason.code for reason in reasons if reason.code}))
    found = "allowed" if isinstance(verdict, Cleared) else "denied"
    passed = found == case.expected and (not case.code or case.code in codes)
    return LawResult(
        id=case.id,
        passed=passed,
        message="" if passed else _message(case, verdict, reasons),
        place=case.place,
        verdict=found,
        expected=case.expected,
        reasons=codes,
        rules=_once(reason.rule for reason in reasons),
        citations=_once(reason.citation for reason in reasons),
    )


def _message(case: ContactCase, verdict: Verdict, reasons: tuple[Reason, ...]) -> str:
    wanted = f"{case.expected} ({case.code})" if case.code else case.expected
    if isinstance(verdict, Cleared):
        return f"expected {wanted}, but no rule has anything against it"
    told = "; ".join(f"{reason.code or 'no code'}: {reason}" for reason in reasons)
    return f"expected {wanted}, but it is denied: {told}"


def _once(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(text for text in dict.fromkeys(texts) if text)


# Computations -------------------------------------------------------------------------------------------------------------


def _computation(case: ComputationCase) -> LawResult:
    from dunning_engine.testing.law_computations import agrees, compute

    computed = compute(case.text("law"), case.text("kind"), case.group("given"))
    expected = case.group("expected")
    differences = agrees(expected, computed, case.group("not"))
    citation = case.text("citation")
    return LawResult(
        id=case.id,
        passed=not differences,
        message="; ".join(differences),
        place=case.place,
        verdict=computed,
        expected=dict(expected),
        citations=(citation,) if citation else (),
    )
