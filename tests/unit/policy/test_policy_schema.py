"""The JSON Schema that editors use: valid, described, and of one mind with the compiler."""

from __future__ import annotations

from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from dunning_engine.kernel import yamltext
from dunning_engine.policy.schema import json_schema

POLICIES = Path(__file__).parents[2] / "policies"
GOOD = sorted((POLICIES / "good").glob("*.yaml"))
SCHEMA = json_schema()
MISSHAPEN = ["dun201", "dun202", "dun203", "dun204", "dun205", "dun206", "dun207"]


def tree(file):
    return yamltext.plain(yamltext.parse(file.read_text(encoding="utf-8"), file=file.name).node)


def keys(part):
    """Every key of a schema part with its own schema, followed to its definition."""
    for name, value in part.get("properties", {}).items():
        yield name, SCHEMA["$defs"][value["$ref"].split("/")[-1]] if "$ref" in value else value


def test_the_schema_is_a_draft_2020_12_schema():
    """Editors can load it."""
    Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert SCHEMA["required"] == ["policy", "version", "steps"]


@pytest.mark.parametrize("part", [SCHEMA, *SCHEMA["$defs"].values()], ids=["policy", *SCHEMA["$defs"]])
def test_every_key_is_described_and_no_other_is_let_in(part):
    """Hovering over a key says what it is for."""
    assert part["additionalProperties"] is False
    for name, value in keys(part):
        assert value.get("description", "").endswith("."), name


@pytest.mark.parametrize("file", GOOD, ids=[file.stem for file in GOOD])
def test_good_policies_fit_the_schema(file):
    """What compiles is not underlined in an editor."""
    Draft202012Validator(SCHEMA).validate(tree(file))


@pytest.mark.parametrize("code", MISSHAPEN)
def test_misshapen_policies_do_not_fit_the_schema(code):
    """Editors see the same mistakes of shape as the compiler."""
    (file,) = (POLICIES / "bad").glob(f"{code}_*.yaml")
    assert not Draft202012Validator(SCHEMA).is_valid(tree(file))


def test_bare_numbers_fit_where_a_number_is_meant():
    """Editors read `version: 3` and `EUR: 5.00` as numbers."""
    policy = {"policy": "p", "version": 3, "tolerance": {"EUR": 5.0}, "steps": [{"step": "a", "when": "grace ends"}]}
    Draft202012Validator(SCHEMA).validate(policy)
