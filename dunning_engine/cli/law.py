"""`dunning law list` and `dunning law show`: the rulebooks that ship, and a rule with its numbers, source and examples."""

from __future__ import annotations

import sys
import textwrap
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from dunning_engine.cli.screen import columns, console, has_colour, note, painted, print_json, room, width
from dunning_engine.compliance.rulebook import Confidence
from dunning_engine.kernel.diagnostics import suggest
from dunning_engine.kernel.errors import UsageError
from dunning_engine.reports.law_json import footer, rule_json
from dunning_engine.reports.law_terms import (
    DOUBTS,
    STRENGTH,
    SURENESS,
    binds_words,
    facts_of,
    place_words,
    question_words,
)
from dunning_engine.reports.law_words import limit_words, over_time

if TYPE_CHECKING:
    from rich.text import Text

    from dunning_engine.compliance.rulebook import Rule, Rulebook
    from dunning_engine.reports.law_bench import Example, Line

LINE_MAX: Final = 110
LABEL: Final = 12
WORST: Final = (Confidence.HOUSE, Confidence.LOW, Confidence.MEDIUM, Confidence.HIGH)
ELSEWHERE: Final = {
    "US": ("America/Los_Angeles", "America/New_York"),
    "CA": ("America/Vancouver", "America/Toronto"),
    "AU": ("Australia/Perth", "Australia/Sydney"),
    "BR": ("America/Manaus", "America/Sao_Paulo"),
}
"""A second zone of countries that have several; the first one that is not home."""

SHORT: Final = (0, 2, 4, 5, 6)
"""The columns of a rulebook that stay beside each other on a narrow screen; its title and whom it binds go below."""

COUNTRIES: Final = {"UK": "GB"}
"""Folders of rulebooks that are not named after their country's code."""


# Lists ----------------------------------------------------------------------------------------------------------------


def list_law(*, as_json: bool) -> None:
    """One line per rulebook."""
    from dunning_engine.engine.loading import load_rulebooks, rulebook_names

    books = load_rulebooks(rulebook_names())
    if as_json:
        print_json([_of_book(book) for book in books])
        return
    _print_list(books)


def _of_book(book: Rulebook) -> dict[str, Any]:
    return {
        "rulebook": book.name,
        "title": book.title,
        "place": book.place,
        "place_needed": book.place_needed,
        "includes": list(book.includes),
        "binds": _bound(book),
        "rules": len(book.rules),
        "state_of": date.fromordinal(book.state_of).isoformat(),
        "confidence": {word.value: count for word, count in _sureness(book).items()},
        "lowest_confidence": lowest(book),
    }


def _sureness(book: Rulebook) -> Counter[Confidence]:
    return Counter(rule.confidence for rule in book.rules)


def lowest(book: Rulebook) -> str:
    """How sure we are of the least sure rule that claims to be law."""
    found = _sureness(book)
    return next((word.value for word in WORST[1:] if found[word]), "")


def _bound(book: Rulebook) -> list[str]:
    """Whom its rules bind, without their channels, which differ from rule to rule."""
    from dataclasses import replace

    return list(dict.fromkeys(binds_words(replace(rule.binds, channels=frozenset())) for rule in book.rules))


def _print_list(books: Sequence[Rulebook]) -> None:
    heads = ("rulebook", "title", "place", "binds", "rules", "lowest", "state of")
    rows = [_row(book) for book in sorted(books, key=lambda book: book.name)]
    head, *lines = columns(heads, rows, room=sys.maxsize)
    if max(map(len, lines)) > room():
        short = [[row[at] for at in SHORT] for row in rows]
        head, *lines = columns([heads[at] for at in SHORT], short, room=sys.maxsize)
        lines = [
            f"{line}\n{_below(row[1])}\n{_below(f'binds: {row[3]}')}" for line, row in zip(lines, rows, strict=True)
        ]
    print(painted(head, "bold", on=has_colour(sys.stdout)))
    print(*lines, sep="\n")
    note(
        f"{footer(books)}. lowest: the confidence of the least sure rule; house: our numbers, not law.",
        "`dunning law show us/reg-f` shows a rulebook, `dunning law show us/reg-f/hours` a rule.",
    )


def _below(words: str) -> str:
    """Words under the line that they belong to: nothing is cut where a screen is narrow."""
    return "\n".join(f"    {line}" for line in _folded(words, 4))


def _row(book: Rulebook) -> tuple[str, ...]:
    ours = _sureness(book)[Confidence.HOUSE]
    return (
        book.name,
        book.title,
        book.place or "·",
        "; or ".join(_bound(book)) or "·",
        str(len(book.rules)) if book.rules else f"of {len(book.includes)}",
        f"{lowest(book)}{f', {ours} house' if ours else ''}",
        date.fromordinal(book.state_of).isoformat(),
    )


# One rule, or one rulebook --------------------------------------------------------------------------------------------


def show_law(name: str, *, as_json: bool) -> None:
    """A rule by its name, or a whole rulebook."""
    found = named(name)
    if isinstance(found, tuple):
        rule, book = found
        shown = _examples(rule, book)
        if as_json:
            print_json(rule_json(rule, book, shown))
        else:
            _print_rule(rule, book, shown)
    elif as_json:
        print_json(_of_book(found) | {"each": [rule_json(rule, found) for rule in found.rules]})
    else:
        _print_book(found)


def named(name: str) -> tuple[Rule, Rulebook] | Rulebook:
    """What a name means; one that means nothing says what was meant."""
    from dunning_engine.engine.loading import load_rulebooks, rulebook_names

    books = {book.name: book for book in load_rulebooks(rulebook_names())}
    if name in books:
        return books[name]
    rules = {rule.id: (rule, book) for book in books.values() for rule in book.rules}
    if name in rules:
        return rules[name]
    short = [rule for rule in rules if rule.rpartition("/")[2] == name]
    if len(short) == 1:
        return rules[short[0]]
    if short:
        raise UsageError(f"several rules are called {name}: {', '.join(short)}")
    near = suggest(name, (*rules, *books))
    meant = f"did you mean {near}?" if near else "`dunning law list` tells the rulebooks"
    raise UsageError(f"no rule or rulebook is called {name}; {meant}")


def _examples(rule: Rule, book: Rulebook) -> tuple[Example, ...]:
    from dunning_engine.reports.law_bench import Bench
    from dunning_engine.reports.law_examples import examples

    zone, elsewhere = clocks_of(book)
    return examples(Bench(rule=rule, book=book, zone=zone, elsewhere=elsewhere))


def clocks_of(book: Rulebook) -> tuple[str, str]:
    """A zone of the place where a rulebook binds, and another one of the same country."""
    from dunning_engine.cli.windows import usual_zone
    from dunning_engine.domain.parties import Party
    from dunning_engine.whereabouts.zones import Whereabouts

    folder = book.name.partition("/")[0].upper()
    country, _, region = (book.place or COUNTRIES.get(folder, folder)).partition("-")
    hints = Whereabouts().hints(Party.consumer("example", country=country, region=region.partition("-")[0] or None))
    home = usual_zone(tuple(zone for hint in hints for zone in hint.zones))
    return home, next((zone for zone in ELSEWHERE.get(country, ()) if zone != home), "")


# On a screen ----------------------------------------------------------------------------------------------------------


def _print_rule(rule: Rule, book: Rulebook, shown: Sequence[Example]) -> None:
    from rich.text import Text

    screen = console()
    screen.print(Text(rule.id, "bold cyan"))
    screen.print(Text("\n".join(_folded(rule.says)), "bold"))
    screen.print()
    for line in _told(rule, book):
        screen.print(line, soft_wrap=True)
    _print_facts(rule)
    if shown:
        zone = shown[0].zone
        screen.print(
            Text("\nworked examples", "bold").append(f"  this rule asked alone; times in {zone}", "dim not bold")
        )
    for each in shown:
        screen.print(Text(f"  {each.title}"), soft_wrap=True)
        for one in each.lines:
            screen.print(_line(one, each.zone), soft_wrap=True)
    screen.print(f"\n{footer([book])}", style="dim")


def _told(rule: Rule, book: Rulebook) -> Iterator[Text]:
    """What there is to know of a rule, under labels."""
    yield from _labelled("kind", STRENGTH[rule.kind] + (" · about acts that reach no debtor" if rule.offstage else ""))
    if rule.code:
        yield from _labelled("code", rule.code)
    yield from _labelled("binds", binds_words(rule.binds))
    yield from _labelled("where", place_words(book))
    for label, questions in (("when", rule.when), ("unless", rule.unless)):
        for at, question in enumerate(questions):
            joint = ("and " if label == "when" else "or ") if at else ""
            yield from _labelled("" if at else label, f"{joint}{question_words(question)}")
    for at, since in enumerate(over_time(rule)):
        yield from _labelled("" if at else "since", f"{since.began}: {since.words}")
    yield from _labelled("source", rule.citation.text)
    if rule.citation.url:
        yield from _labelled("", rule.citation.url, fold=False)
    style = "bold yellow" if rule.confidence.value in DOUBTS else ""
    yield from _labelled("confidence", SURENESS[rule.confidence], style=style)
    if rule.conflict:
        yield from _labelled("readings", rule.conflict)


def _labelled(label: str, words: str, *, style: str = "", fold: bool = True) -> Iterator[Text]:
    from rich.text import Text

    for at, line in enumerate(_folded(words, LABEL) if fold else [words]):
        yield Text().append(("" if at else label).ljust(LABEL), "dim").append(line, style)


def _folded(words: str, indent: int = 0) -> list[str]:
    room = min(width(), LINE_MAX) - indent
    return textwrap.wrap(words, room, break_on_hyphens=False, break_long_words=False)


def _print_facts(rule: Rule) -> None:
    """The facts by whose names it asks, in words."""
    from rich.text import Text

    facts = facts_of(rule)
    if not facts:
        return
    screen = console()
    screen.print()
    wide = max(map(len, facts)) + 2
    for at, (name, says) in enumerate(facts.items()):
        label = "facts" if not at else ""
        first, *rest = _folded(says, LABEL + wide)
        screen.print(Text().append(label.ljust(LABEL), "dim").append(name.ljust(wide), "cyan").append(first))
        for line in rest:
            screen.print(Text(" " * (LABEL + wide) + line))


ANSWERS: Final = {"allowed": "green", "refused": "red", "": "dim"}


def _line(line: Line, zone: str) -> Text:
    from rich.text import Text

    told = Text(f"    {_time(line.at, zone)}  {line.what}", "" if line.answer else "dim")
    if line.answer:
        told.append("  ").append(line.answer, ANSWERS[line.answer])
    if line.until is not None:
        told.append(f" until {_time(line.until, zone)}")
    return told.append(f": {line.why}" if line.why else "")


def _time(instant: int, zone: str) -> str:
    from dunning_engine.kernel.calendar import moment

    there = moment(instant, zone)
    return f"{there:%a %d %b %Y %H:%M:%S}" if there.second else f"{there:%a %d %b %Y %H:%M}"


def _print_book(book: Rulebook) -> None:
    """A rulebook: whom it binds, and each rule with its newest numbers."""
    from rich.text import Text

    screen = console()
    screen.print(Text(book.name, "bold cyan"))
    screen.print(Text(book.title, "bold"))
    screen.print()
    for line in _labelled("where", place_words(book)):
        screen.print(line)
    if book.includes:
        for line in _labelled("includes", ", ".join(book.includes)):
            screen.print(line)
    for rule in book.rules:
        screen.print()
        doubtful = f"  {DOUBTS[rule.confidence.value]}" if rule.confidence.value in DOUBTS else ""
        screen.print(Text(rule.id, "cyan").append(doubtful, "bold yellow"), soft_wrap=True)
        for words in (rule.says, "; ".join(limit_words(rule.values[-1].limit)), rule.citation.text):
            folded = "\n".join(f"  {line}" for line in _folded(words, 2))
            screen.print(Text(folded, "" if words == rule.says else "dim"), soft_wrap=True)
    screen.print(f"\n{footer([book])}. `dunning law show RULE` shows one with worked examples.", style="dim")
