"""Does every template that a policy names exist, and does it say what its step has to say?"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from dunning_engine.domain.parties import Channel, Party
from dunning_engine.engine.announcements import Announcement, announced, unsaid
from dunning_engine.engine.obligations import NO_WORDINGS, Obligation, Wordings, may_oblige, text_of
from dunning_engine.engine.template_files import Template, load, variants
from dunning_engine.engine.variable_names import COUNTS, ITEM_FIELDS, VARIABLES
from dunning_engine.engine.what_follows import CONSEQUENCES
from dunning_engine.kernel.diagnostics import Diagnostic, Place, Severity, in_order, suggest

if TYPE_CHECKING:
    from dunning_engine.compliance.rulebook import Rulebook
    from dunning_engine.domain.actions import ActionSpec
    from dunning_engine.policy.model import Policy, Step

__all__ = ["CODES", "VARIABLES", "PlaceOf", "check_templates"]

CODES: Mapping[str, str] = MappingProxyType({
    "DUN501": "No folder of templates",
    "DUN502": "A template that is not there",
    "DUN503": "A template that cannot be read",
    "DUN504": "A mistake in the template language",
    "DUN505": "A variable that does not exist",
    "DUN506": "A tag, filter or range that templates cannot use",
    "DUN507": "A deadline in a step that has none",
    "DUN508": "An ultimatum that does not say what has to be said",
    "DUN509": "An e-mail without a subject",
    "DUN510": "A long SMS",
    "DUN511": "A template that cannot be filled in",
    "DUN512": "No words for the consequence in this language",
    "DUN513": "A text that does not carry what the law wants said",
    "DUN514": "No words for what the law wants said in this language",
    "DUN515": "A fact of the creditor that is not given",
    "DUN516": "A notice of a restriction that does not say what has to be said",
    "DUN517": "A notice of a report that does not say what has to be said",
    "DUN518": "A proposal that does not say what has to be said",
    "DUN519": "A template that was not translated like all others",
})  # fmt: skip

PlaceOf: TypeAlias = Callable[[str, str], Place]
"""Where a policy file asks for an action: by the step's name and the action's words (`email reminder`)."""

DEADLINE = ("deadline.date", "deadline.amount", "deadline.consequence")
"""What the text of an ultimatum has to state."""


def check_templates(
    policy: Policy,
    place_of: PlaceOf,
    folder: Path | None,
    *,
    language: str = "en",
    rulebooks: Sequence[Rulebook] = (),
    wordings: Wordings = NO_WORDINGS,
    creditor: Party | None = None,
) -> tuple[Diagnostic, ...]:
    """Everything that is wrong with the templates of a policy.

    `folder` holds one folder per channel; `language` is that of files without a language in their name. `rulebooks` are
    those of the policy: they say what its texts may have to carry, and `wordings` are the host's own words for it.
    `creditor` is who writes, where that is known: a text that names what the creditor does not have says nothing there.
    """
    named = [
        (step, spec) for step in policy.steps for choice in step.actions for spec in choice if spec.channel is not None
    ]
    if not named:
        return ()
    if folder is None or not folder.is_dir():
        step, spec = named[0]
        message = "templates are not checked: there is no folder of them"
        return (Diagnostic("DUN501", message, place_of(step.name, spec.words), Severity.NOTE),)
    return in_order(
        (
            *_untranslated(named, place_of, folder),
            *(
                finding
                for step, spec in named
                for finding in _action(
                    _Use(
                        step,
                        spec,
                        may_oblige(step, spec, policy, rulebooks),
                        wordings,
                        creditor,
                        announced(policy, step, spec),
                    ),
                    place_of,
                    folder,
                    language,
                )
            ),
        )
    )


def _untranslated(named: Sequence[tuple[Step, ActionSpec]], place_of: PlaceOf, folder: Path) -> Iterator[Diagnostic]:
    """The one template without translations, where all others of a policy have one in the same language."""
    found = {
        (spec.channel, spec.name): (frozenset(filter(None, variants(folder, spec.channel, spec.name))), step, spec)
        for step, spec in reversed(named)
        if spec.channel is not None
    }
    spoken = [languages for languages, _step, _spec in found.values() if languages]
    common = frozenset.intersection(*spoken) if len(spoken) > 1 else frozenset()
    alone = [(step, spec) for languages, step, spec in found.values() if not languages]
    if common and len(alone) == 1:
        ((step, spec),) = alone
        tags = ", ".join(sorted(common))
        message = f"{spec.words} is there in one language only, and every other text of this policy also in {tags}"
        yield Diagnostic("DUN519", message, place_of(step.name, spec.words), Severity.NOTE)


class _Use(NamedTuple):
    """A template as a step uses it: what its text may have to carry, the host's words for it, and what it announces."""

    step: Step
    spec: ActionSpec
    owed: Sequence[Obligation] = ()
    wordings: Wordings = NO_WORDINGS
    creditor: Party | None = None
    announces: Sequence[Announcement] = ()


def _action(use: _Use, place_of: PlaceOf, folder: Path, language: str) -> Iterator[Diagnostic]:
    step, spec = use.step, use.spec
    assert spec.channel is not None
    files = variants(folder, spec.channel, spec.name)
    if None not in files:
        yield _missing(spec, spec.channel, place_of(step.name, spec.words), folder, list(filter(None, files)))
    for tag, path in files.items():
        found = load(path, folder, tag, draft=True)
        if isinstance(found, Template):
            yield from found.findings
            yield from _in_step(found, use, tag or language)
        else:
            yield from found


def _missing(spec: ActionSpec, channel: Channel, place: Place, folder: Path, languages: list[str]) -> Diagnostic:
    others = sorted({path.name.partition(".")[0] for path in (folder / channel.value).glob("*.liquid")} - {spec.name})
    file = folder / channel.value / f"{spec.name}.liquid"
    message = f"the template {file} does not exist"
    if languages:
        message += f": there is one for {', '.join(languages)}, but none for everybody else"
    return Diagnostic("DUN502", message, place, suggestion=suggest(spec.name, others), accepted=tuple(others))


def _in_step(template: Template, use: _Use, language: str) -> Iterator[Diagnostic]:
    """What a template lacks or has too much of, seen from the step that uses it."""
    step, spec = use.step, use.spec
    top = Place(template.file, 1, 1, 2)
    for word, place in template.deadline if step.deadline is None else ():
        yield Diagnostic("DUN507", f'"{word}" has no value here: step {step.name} has no deadline', place)
    yield from _hollow(template, use.creditor)
    if not template.fillable:
        return
    try:
        text = template.fill(sample())
    except Exception as error:  # noqa: BLE001 - whatever a template makes Liquid raise is the author's to read
        yield template.trouble(error)
        return
    for name, fields in ITEM_FIELDS.items():
        if f"{{'{fields[0]}': '‹{name}." in text:
            message = f"a whole item of {name} is written out: name one of its fields, as in item.{fields[0]}"
            yield Diagnostic("DUN511", message, top)
    if spec.channel is Channel.EMAIL and not text.startswith("Subject: "):
        yield Diagnostic("DUN509", 'an e-mail begins with its subject: "Subject: …", then an empty line', top)
    if use.owed:
        yield from _obliged(template, use, text, language)
    if step.deadline is not None:
        yield from _ultimatum(template, step, spec, text)
        yield from _wordless(template, language.partition("-")[0].lower())
    if use.announces and _is_formal(step, spec):
        meant = {finding.suggestion for finding in template.findings}
        for announcement in use.announces:
            yield from unsaid(template, step, announcement, text, meant)


def _hollow(template: Template, creditor: Party | None) -> Iterator[Diagnostic]:
    """Where a text would stop short: what it says of the creditor is not known."""
    for word, place in template.creditor if creditor is not None else ():
        field = word.partition(".")[2]
        if field != "name" and not getattr(creditor, field, "given"):
            message = (
                f'"{word}" is empty: give {field} under [creditor], or write {{% if {word} != "" %}} around the words'
            )
            yield Diagnostic("DUN515", message, place, Severity.WARNING)


def _ultimatum(template: Template, step: Step, spec: ActionSpec, text: str) -> Iterator[Diagnostic]:
    """What has to be said and is not, but for what was only misspelt."""
    said = text.casefold()
    meant = {finding.suggestion for finding in template.findings}
    missing = tuple(name for name in DEADLINE if _marker(name).casefold() not in said and name not in meant)
    if missing and _is_formal(step, spec):
        message = f"step {step.name} sets a deadline, and this text does not state {', '.join(missing)}"
        yield Diagnostic("DUN508", message, Place(template.file, 1, 1, 2), accepted=missing)


def _is_formal(step: Step, spec: ActionSpec) -> bool:
    """Whether an action is the one that has to say everything: what goes beside a formal one need not repeat it."""
    return spec.channel in _FORMAL or not any(other.channel in _FORMAL for other in _all(step))


def _obliged(template: Template, use: _Use, text: str, language: str) -> Iterator[Diagnostic]:
    """What the law may want said and the text has no place for, or nobody has words for."""
    said, top = text.casefold(), Place(template.file, 1, 1, 2)
    meant = {finding.suggestion for finding in template.findings}
    names = {one: f"obligation.{one.item}" for one in use.owed}
    all_of_them = {_marker("obligations").casefold() in said, "obligations" in meant}
    missing = [one for one, name in names.items() if _marker(name).casefold() not in said and name not in meant]
    if missing and not any(all_of_them):
        items = ", ".join(map(str, missing))
        message = f"step {use.step.name} may have to carry {items}, and this text does not: write {{{{ obligations }}}}"
        yield Diagnostic("DUN513", message, top, accepted=("obligations", *(names[one] for one in missing)))
    assert use.spec.channel is not None
    for one in use.owed:
        if not text_of(one.item, language, use.spec.channel, _NOBODY, use.wordings):
            message = f"nobody has words for {one} in {language}: give them in [obligations.{language}] of dunning.toml"
            yield Diagnostic("DUN514", message, top, Severity.WARNING)


_NOBODY = Party.business("creditor")


def _wordless(template: Template, language: str) -> Iterator[Diagnostic]:
    for word, place in template.deadline if language not in CONSEQUENCES else ():
        if word == "deadline.consequence":
            message = f'there are no words for "{word}" in the language "{language}"'
            yield Diagnostic("DUN512", message, place, accepted=tuple(CONSEQUENCES))


_FORMAL = (Channel.EMAIL, Channel.LETTER)
"""Ways by which a formal notice goes; a text message or call beside one need not repeat it."""


def _all(step: Step) -> Iterator[ActionSpec]:
    return (spec for choice in step.actions for spec in choice)


def sample() -> dict[str, Any]:
    """Values that name themselves: what a text says is seen in it."""
    values: dict[str, Any] = {}
    for name in VARIABLES:
        group, _, field = name.partition(".")
        values.setdefault(group, {})[field] = 1 if name in COUNTS else _marker(name)
    lists: dict[str, Any] = {
        name: [{field: 1 if f"invoice.{field}" in COUNTS else _marker(f"{name}.{field}") for field in fields}]
        for name, fields in ITEM_FIELDS.items()
    }
    lists["invoices"] *= 2
    lists["enclosures"] = [_marker("enclosures")]
    return {**values, **lists, "obligations": _marker("obligations")}


def _marker(name: str) -> str:
    return f"‹{name}›"
