"""The policies that ship, as `dunning init` hands them out."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dunning_engine.engine import library
from dunning_engine.engine.config import load_config
from dunning_engine.engine.loading import load_policy
from dunning_engine.engine.routing_files import load_routing
from dunning_engine.kernel.errors import NotFound, UsageError

NAMES = [entry.name for entry in library.entries()]


@pytest.mark.parametrize("name", NAMES)
def test_a_policy_comes_with_all_that_it_needs(name: str, tmp_path: Path) -> None:
    """Policy, test, its templates and no others, configuration, schema, editor settings; the policy means the same."""
    written = {path.relative_to(tmp_path) for path in library.copy(name, tmp_path)}
    policy = load_policy(tmp_path / "policies" / f"{name}.yaml")

    assert policy.hash == load_policy(library.entry(name).file).hash
    assert {Path(f"policies/{name}.test.yaml"), Path("dunning.toml"), Path(".vscode/settings.json")} <= written
    templates = {path.name.partition(".")[0] for path in written if path.suffix == ".liquid"}
    assert templates == {
        spec.name for step in policy.steps for choice in step.actions for spec in choice if spec.channel
    }
    assert load_config(tmp_path / "dunning.toml").policies == [tmp_path / "policies" / f"{name}.yaml"]


def test_editors_find_the_schema(tmp_path: Path) -> None:
    """By the comment at the head of the policy, and by the settings of the folder."""
    library.copy("us-consumer", tmp_path)
    policy = tmp_path / "policies/us-consumer.yaml"

    schema = policy.read_text("utf-8").partition("\n")[0].removeprefix("# yaml-language-server: $schema=")
    assert json.loads((policy.parent / schema).read_text("utf-8"))["title"] == "Dunning policy"
    settings = json.loads((tmp_path / ".vscode/settings.json").read_text("utf-8"))
    assert settings == {"yaml.schemas": {f"./{library.SCHEMA}": ["policies/us-consumer.yaml"]}}


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    """What somebody has changed is named, and nothing is written; the same content is no change."""
    library.copy("us-consumer", tmp_path)
    library.copy("us-consumer", tmp_path)
    mine = tmp_path / "dunning.toml"
    mine.write_text("mine", "utf-8")
    with pytest.raises(UsageError, match=r"dunning\.toml, .*; --force replaces them"):
        library.copy("de-business", tmp_path)

    assert not (tmp_path / "policies/de-business.yaml").exists()
    assert mine.read_text("utf-8") == "mine"
    library.copy("de-business", tmp_path, force=True)
    assert "de-business" in mine.read_text("utf-8")


def test_a_second_policy_goes_beside_the_first(tmp_path: Path) -> None:
    """Configuration and editor settings name both; a policy that is there already is not named twice."""
    for name in ("us-consumer", "de-business", "us-consumer"):
        library.copy(name, tmp_path)

    policies = ["policies/us-consumer.yaml", "policies/de-business.yaml"]
    assert load_config(tmp_path / "dunning.toml").policies == [tmp_path / path for path in policies]
    settings = json.loads((tmp_path / ".vscode/settings.json").read_text("utf-8"))
    assert settings == {"yaml.schemas": {f"./{library.SCHEMA}": policies}}


def test_settings_of_somebodys_own_are_not_touched(tmp_path: Path) -> None:
    """They are named, and nothing is written."""
    library.copy("us-consumer", tmp_path)
    (tmp_path / ".vscode/settings.json").write_text("{}", "utf-8")
    with pytest.raises(UsageError, match=r"settings\.json; --force replaces them"):
        library.copy("de-business", tmp_path)
    assert not (tmp_path / "policies/de-business.yaml").exists()


def test_routing_comes_with_all_its_policies(tmp_path: Path) -> None:
    """The whole library works at once: the configuration names the policies and the routing that chooses among them."""
    library.copy("routing", tmp_path)
    config = load_config(tmp_path / "dunning.toml")

    assert config.routing == tmp_path / "policies" / "routing.yaml"
    assert {path.stem for path in config.policies} == set(load_routing(config.routing).policies)
    assert all(path.is_file() for path in config.policies)


def test_every_policy_says_what_it_is_for() -> None:
    """In a sentence, from the head of its file."""
    assert all(len(entry.summary) > 20 for entry in library.entries())
    assert library.entry("de-consumer").summary == "Private customers in Germany who bought on invoice."


def test_a_policy_that_is_not_there() -> None:
    """The name that was meant is told, and all that there are."""
    with pytest.raises(NotFound, match=r"no policy 'us-consumr'; did you mean 'us-consumer'.*it has au-consumer, "):
        library.entry("us-consumr")


def test_an_installation_without_a_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A package that lost its data says so."""
    monkeypatch.setattr("dunning_engine.__file__", str(tmp_path / "site" / "dunning_engine" / "__init__.py"))
    with pytest.raises(NotFound, match="no library of policies"):
        library.library_folder()


def test_the_library_beside_the_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A wheel has it in the package; a policy may come without comment and test."""
    folder = tmp_path / "dunning_engine" / "library"
    folder.mkdir(parents=True)
    (folder / "bare.yaml").write_text(
        "policy: bare\nversion: 1\nsteps: [{step: a, when: 1 day after due, send: email a}]\n", "utf-8"
    )
    (folder / "routing.yaml").write_text("routes: []\n", "utf-8")
    monkeypatch.setattr("dunning_engine.__file__", str(tmp_path / "dunning_engine" / "__init__.py"))

    assert [(entry.name, entry.summary) for entry in library.entries()] == [("bare", "")]
    assert Path("policies/bare.test.yaml") not in library.files_of("bare")
