"""Every case of the shared law file, and of our own example, gets its verdict and its reason."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from dunning_engine.cli.app import app
from dunning_engine.engine.loading import rulebook_names
from dunning_engine.testing import run_file
from dunning_engine.testing.law_fields import Form
from dunning_engine.testing.law_shape import law_cases

LAW = Path(__file__).parents[3] / "shared" / "law"
EXAMPLE = Path(__file__).parents[2] / "examples" / "law-cases.yaml"
SHARED = run_file(LAW / "cases.yaml") if (LAW / "cases.yaml").is_file() else None
RESULTS = SHARED.results if SHARED else ()

shared = pytest.mark.skipif(SHARED is None, reason="the shared law cases are not at hand")


@shared
def test_there_are_as_many_cases_as_the_file_has():
    """A file that was read half would pass too easily."""
    told = yaml.load((LAW / "cases.yaml").read_text("utf-8"), getattr(yaml, "CBaseLoader", yaml.BaseLoader))
    assert SHARED.diagnostics == ()
    assert len(RESULTS) == len(told["contact_cases"]) + len(told["computation_cases"]) >= 301


@pytest.mark.parametrize("result", RESULTS, ids=[result.id for result in RESULTS])
def test_a_case_of_the_shared_file(result):
    """The verdict, and the reason of a denial."""
    assert result.passed, result.message


@shared
def test_every_key_and_word_of_the_format_is_known():
    """What no case of the file uses may stand in another one."""
    schema = json.loads((LAW / "case.schema.json").read_text("utf-8"))
    assert list(missing(schema, law_cases(rulebook_names()), "")) == []


def missing(schema, field, path):
    """Keys and words of a schema that are not read."""
    if field is None:
        yield path
    elif "items" in schema:
        yield from missing(schema["items"], field.item, f"{path}[]")
    elif field.form is Form.GROUP:
        for key, value in schema["properties"].items():
            yield from missing(value, field.fields.get(key), f"{path}.{key}")
    elif field.words:
        yield from (f"{path}: {word}" for word in schema.get("enum", ()) if word not in field.words)


def test_the_example():
    """Our own cases pass, and look as they are told to."""
    ran = CliRunner().invoke(app, ["test", str(EXAMPLE), "--format", "json"])
    told = json.loads(ran.stdout)
    assert ran.exit_code == 0
    assert [case["id"] for case in told if not case["passed"]] == []
    assert len(told) == 14
    assert list(told[0]) == ["id", "passed", "verdict", "expected", "reasons", "rules", "citations", "message"]


def test_a_failure(tmp_path):
    """A case that fails has a line of its own, and the command fails; those that pass are only counted."""
    file = tmp_path / "law.yaml"
    file.write_text(EXAMPLE.read_text("utf-8").replace("reason: CRA_PREREQ", "reason: POSTCARD"), "utf-8")
    ran = CliRunner().invoke(app, ["test", str(file)])
    assert ran.exit_code == 1
    name, message = ran.stdout.strip().split("\n")
    assert name == "FAIL  report-too-early"
    assert message.startswith("      expected denied (POSTCARD), but it is denied: CRA_PREREQ: ")
    assert "14 tests in 1 file: 1 failed" in ran.stderr
