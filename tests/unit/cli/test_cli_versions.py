"""`diff` and `migrate`: policies that change, and cases that go along."""

from __future__ import annotations

import json

import pytest

SECOND = (("version: 1", "version: 2"), ("3 days after due", "8 days after due"))


@pytest.fixture
def second(house):
    """The next version of the policy, beside the first."""
    text = (house / "gentle.yaml").read_text()
    for old, new in SECOND:
        text = text.replace(old, new)
    (house / "second.yaml").write_text(text)
    return house


def test_the_same(second, dunning):
    """Nothing differs: exit code 0, like `diff`."""
    result = dunning("diff", "gentle.yaml", "gentle.yaml")

    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "nothing differs\n")


def test_in_words(second, dunning):
    """Something differs: exit code 1, one line for each change."""
    result = dunning("diff", "gentle.yaml", "second.yaml")

    assert result.exit_code == 1
    assert result.stdout == "reminder: when 3 days after due → 8 days after due\nversion: 1 → 2\n"


def test_the_version_was_not_raised(second, dunning):
    """Other content under the same number is told before the store refuses it."""
    text = (second / "second.yaml").read_text().replace("version: 2", "version: 1")
    (second / "second.yaml").write_text(text)

    assert "both say version 1: raise it" in dunning("diff", "gentle.yaml", "second.yaml").stderr


def test_for_a_review(second, dunning):
    """Markdown is a heading and a list, with the replay as a block."""
    result = dunning("diff", "gentle.yaml", "second.yaml", "--format", "markdown", "--config", "dunning.toml")

    assert "- **reminder** when 3 days after due → 8 days after due\n" in result.stdout
    assert "\n## Replay\n\n    1 of 2 cases change: 2 later; 10 days moved in all\n" in result.stdout


def test_a_replay(second, dunning):
    """Over the same invoices: sums, a table by step, what held contacts up, the largest moves."""
    result = dunning(
        "diff", "gentle.yaml", "second.yaml", "--invoices", "invoices.csv", "--mapping", "mapping.yaml",
        "--from", "2026-01-01", "--until", "2026-01-31",
    )  # fmt: skip

    assert result.exit_code == 1
    assert "1 of 2 cases change" in result.stdout
    assert "+5" in result.stdout
    assert "debtor/email" in result.stdout
    assert "replayed from 2026-01-01 to 2026-01-31" in result.stderr


def test_a_replay_of_the_same(second, dunning):
    """Two spellings of one policy do the same."""
    result = dunning("diff", "gentle.yaml", "gentle.yaml", "--config", "dunning.toml")

    assert result.exit_code == 0
    assert "nothing differs\n0 of 2 cases change" in result.stdout


def test_json(second, dunning):
    """Programs get the changes and the replay; without invoices there is none."""
    alone = json.loads(dunning("diff", "gentle.yaml", "second.yaml", "--format", "json").stdout)
    over = ("--config", "dunning.toml", "--format", "json")
    both = json.loads(dunning("diff", "gentle.yaml", "second.yaml", *over).stdout)

    assert [change["key"] for change in alone["changes"]] == ["when", "version"]
    assert alone["replay"] is None
    assert both["replay"]["cases_changed"] == 1
    assert both["replay"]["largest_moves"][0]["days"] == 5


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (("gentle@1", "second.yaml"), "gentle@1 is a version in a store: say which with --config dunning.toml"),
        (("gentle@1", "second.yaml", "--config", "dunning.toml"), "there is no store yet"),
        (("none.yaml", "second.yaml"), "there is no file none.yaml"),
        (
            ("gentle.yaml", "second.yaml", "-c", "dunning.toml", "--from", "2026-03-01", "--until", "2026-02-01"),
            "--until 2026-02-01 is before --from 2026-03-01",
        ),
    ],
)
def test_wrong_calls(second, dunning, asked, words):
    """Each ends in one line that says what to do instead."""
    result = dunning("diff", *asked)

    assert result.exit_code == 2
    assert words in result.stderr


def test_a_broken_policy(second, dunning):
    """A file with mistakes is told with all of them."""
    (second / "second.yaml").write_text("policy: gentle\n")
    result = dunning("diff", "gentle.yaml", "second.yaml")

    assert result.exit_code == 1
    assert "second.yaml:1:1 DUN202" in result.stderr


def _running(house, dunning):
    """An installation that has run under the first version and is configured for the second one."""
    assert dunning("run", "--now", "2026-01-16T12:00:00+01:00").exit_code in (0, 1)
    config = house / "dunning.toml"
    config.write_text(config.read_text().replace('["gentle.yaml"]', '["second.yaml"]'))


def test_a_version_of_the_store(second, dunning):
    """What the store has kept is compared by name and number."""
    _running(second, dunning)
    result = dunning("diff", "gentle@1", "second.yaml", "--config", "dunning.toml")

    assert result.stdout.startswith("reminder: when 3 days after due → 8 days after due\n")
    assert "no text of gentle version 9" in dunning("diff", "gentle@9", "second.yaml", "-c", "dunning.toml").stderr


def test_a_migration_is_previewed_first(second, dunning):
    """Without --yes it only says what would happen."""
    _running(second, dunning)
    now = ("--now", "2026-01-17")
    looked = dunning("migrate", "gentle", "--to", "2", *now)

    assert looked.exit_code == 0
    assert "reminder 2026-01-18 10:00" in looked.stdout
    assert "reminder 2026-01-23 10:00" in looked.stdout
    assert "to gentle@2: 2 cases: 2 moved\nnothing was changed: --yes" in looked.stderr
    assert dunning("migrate", "gentle", "--to", "2", *now).stdout == looked.stdout


def test_a_migration(second, dunning):
    """With --yes, a person and a reason the cases are moved; the story of each tells it."""
    _running(second, dunning)
    who = ("--yes", "--by", "Ida Moor", "--reason", "a week is kinder", "--now", "2026-01-17")
    done = dunning("migrate", "gentle", "--to", "gentle@2", *who, "--format", "json")

    assert json.loads(done.stdout)["totals"] == {"moved": 2, "already there": 0, "refused": 0}
    assert "to gentle version 2 by Ida Moor: a week is kinder" in dunning("case", "show", "I-1").stdout
    assert "2 already there" in dunning("migrate", "gentle", "--to", "2", *who).stderr


def test_a_migration_that_is_refused(second, dunning):
    """Steps without a counterpart are all named; exit code 1."""
    text = (second / "second.yaml").read_text()
    (second / "second.yaml").write_text(
        text.replace("step: reminder", "step: nudge").replace("after reminder", "after nudge")
    )
    _running(second, dunning)
    refused = dunning("migrate", "gentle", "--to", "2")

    assert refused.exit_code == 1
    assert "gentle version 2 has no step reminder" in refused.stdout
    assert dunning("migrate", "gentle", "--to", "2", "--step", "reminder=nudge").exit_code == 0
    assert dunning("migrate", "gentle", "--to", "2", "--step", "reminder=").exit_code == 0


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (("--yes",), "--by and --reason"),
        (("--step", "reminder"), "no pair such as chase=reminder"),
        (("--step", "a=reminder", "--step", "a="), "a has a counterpart already: reminder"),
        (("--case", "nobody"), "no case of gentle is called nobody"),
    ],
)
def test_wrong_calls_of_migrate(second, dunning, asked, words):
    """Each ends in one line that says what to do instead."""
    _running(second, dunning)
    result = dunning("migrate", "gentle", "--to", "2", *asked)

    assert result.exit_code == 2
    assert words in result.stderr


def test_no_case_keeps_the_policy(second, dunning):
    """A migration of nothing says so."""
    _running(second, dunning)
    result = dunning("migrate", "strict", "--to", "gentle@2")

    assert (result.exit_code, result.stdout) == (0, "")
    assert "to gentle@2: no cases\n" in result.stderr


# init -----------------------------------------------------------------------------------------------------------------


def test_the_library_is_listed(house, dunning):
    """Without a policy: one line each, and how to go on."""
    result = dunning("init")

    assert result.exit_code == 0
    assert "us-consumer" in result.stdout
    assert "Households in the United States" in result.stdout
    assert result.stderr == "dunning init POLICY copies one of them\n"
    assert json.loads(dunning("init", "--format", "json").stdout)[0].keys() == {"policy", "for"}


def test_a_policy_is_copied_and_works_at_once(house, dunning, monkeypatch):
    """What `init` wrote passes `check` and `test` as it is."""
    result = dunning("init", "us-consumer", "ours")
    assert result.exit_code == 0
    assert "ours/policies/us-consumer.yaml\n" in result.stdout
    assert "next: cd ours; dunning check policies" in result.stderr
    monkeypatch.chdir(house / "ours")

    checked = dunning("check", "policies", "dunning.toml")
    assert (checked.exit_code, checked.stdout) == (0, "")
    assert dunning("test", "policies").exit_code == 0


def test_routing_is_copied_and_works_at_once(house, dunning, monkeypatch):
    """The whole library with its routing passes `check`; a second policy goes beside a first one."""
    assert dunning("init", "routing", "all").exit_code == 0
    assert dunning("init", "us-consumer", "two").exit_code == dunning("init", "de-business", "two").exit_code == 0
    monkeypatch.chdir(house / "all")
    assert (dunning("check", "dunning.toml").stdout, dunning("check", "dunning.toml").exit_code) == ("", 0)
    assert dunning("test", "policies/routing.test.yaml").exit_code == 0
    monkeypatch.chdir(house / "two")
    assert dunning("check", "policies", "dunning.toml").exit_code == 0


def test_what_is_there_stays(house, dunning):
    """Exit code 2, until --force is given."""
    refused = dunning("init", "de-business")

    assert refused.exit_code == 2
    assert "dunning.toml; --force replaces them" in refused.stderr
    forced = dunning("init", "de-business", ".", "--force", "--format", "json")
    assert forced.exit_code == 0
    assert "dunning.toml" in json.loads(forced.stdout)


@pytest.mark.parametrize(("answer", "written"), [("1", "au-consumer"), ("us-consumer", "us-consumer"), ("", None)])
def test_a_choice_on_a_terminal(house, dunning, monkeypatch, answer, written):
    """People answer with a number or a name; an empty answer copies nothing."""
    from dunning_engine.cli import starting

    class Terminal:
        def isatty(self):
            return True

    class System:
        stdin = stdout = Terminal()

    monkeypatch.setattr(starting, "sys", System)
    monkeypatch.setattr("typer.prompt", lambda *_words, **_more: answer)
    starting.init(None, house / "chosen", force=False, as_json=False)

    found = [path.name for path in (house / "chosen" / "policies").glob("*.yaml") if ".test." not in path.name]
    assert found == ([f"{written}.yaml"] if written else [])
