"""Closed phrase grammars: each form is a row with its words, its slots, its constructor and its deconstructor.

A form reads and prints the same phrase, so `parse(show(value)) == value`; there are no expressions and no recursion.
Reading tries one compiled expression per form. Only a phrase that fits none is looked at word by word, to say which
word is wrong, what could stand there and what was probably meant.

Patterns are words separated by single spaces:

- `{n}` is the slot `n`;
- `day[s]` is a plural: both spellings are read, and the ending is printed unless the slot before it prints as 1
  (`1 day`, `3 days`);
- `[the]`, a whole word in brackets, may be left out and is never printed.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, Generic, TypeVar

from dunning_engine.kernel.currencies import DIGITS
from dunning_engine.kernel.diagnostics import suggest

T = TypeVar("T")

CORRECTIONS = 4
"""Wrong words in one phrase that a suggestion corrects together."""

EXPECTED_SHOWN = 6
"""More possible words than these are left to the list of accepted phrases."""

FEW = 5
"""Grammars with fewer forms than these are shown in full where another phrase holds one."""

NAMED: Final = r"[a-z][a-z0-9-]*"
"""What a name is made of."""

_GROUP = re.compile(r"\(\?P<\w+>")
_PIECE = re.compile(r"\{(?P<slot>\w+)\}|\[(?P<optional>[^\]]+)\]|(?P<literal>[^{\[]+)")


@dataclass(frozen=True, slots=True)
class Misfit:
    """Why a text is no phrase of a grammar; `start` and `end` are offsets of the first word that does not fit."""

    message: str
    start: int
    end: int
    suggestion: str | None = None
    accepted: tuple[str, ...] = ()
    also: tuple[Misfit, ...] = ()
    """What else cannot be in the same phrase."""


class Meant(ValueError):
    """A value that cannot be in a slot, and the text that was probably meant."""

    def __init__(self, message: str, text: str) -> None:
        self.text = text
        super().__init__(message)


class _Inner(ValueError):
    def __init__(self, misfit: Misfit) -> None:
        self.misfit = misfit
        super().__init__(misfit.message)


@dataclass(frozen=True, slots=True)
class Slot(Generic[T]):
    """A place in a pattern that a value fills. `parse` may raise `ValueError` with a message for the author."""

    name: str
    regex: str
    parse: Callable[[str], T]
    show: Callable[[T], str]
    example: str
    grammar: Grammar[T] | None = None

    @classmethod
    def of(cls, grammar: Grammar[T], example: str | None = None) -> Slot[T]:
        """A slot that holds a whole phrase of another grammar."""

        def parse(text: str) -> T:
            value = grammar.parse(text)
            if isinstance(value, Misfit):
                raise _Inner(value)
            return value

        return cls(grammar.title, grammar.regex, parse, grammar.show, example or grammar.examples()[0], grammar)


@dataclass(frozen=True, slots=True)
class _Word:
    """One word of a pattern: what it matches, how it may be spelled (a slot has no spelling), what it is called."""

    regex: str
    spellings: tuple[str, ...]
    title: str
    optional: bool = False
    grammar: Grammar[Any] | None = None

    @property
    def open(self) -> bool:
        """Whether any word fits, so that a fit says nothing about what was meant."""
        return not self.spellings and re.fullmatch(self.regex, "a") is not None

    @property
    def named(self) -> bool:
        """Whether the word is a name, which holds hyphens and no spaces."""
        return NAMED in self.regex


@dataclass(frozen=True, slots=True)
class Form(Generic[T]):
    """One way to write a value.

    `make` gets the slots as keywords and may raise `ValueError` with a message for the author. `take` gives the slots
    back, or None for a value that is written in another way.
    """

    pattern: str
    slots: Mapping[str, Slot[Any]] = field(default_factory=dict, kw_only=True)
    make: Callable[..., T] = field(kw_only=True)
    take: Callable[[Any], Mapping[str, Any] | None] = field(kw_only=True)
    examples: Mapping[str, str] = field(default_factory=dict, kw_only=True)
    """Texts of slots that show this form better than those of the slots themselves."""
    words: tuple[_Word, ...] = field(init=False, repr=False)
    compiled: re.Pattern[str] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "words", tuple(_word(word, self.slots) for word in self.pattern.split(" ")))
        object.__setattr__(self, "compiled", re.compile(_joined(self.words)))

    def show(self, values: Mapping[str, Any]) -> str:
        return self.filled({name: slot.show(values[name]) for name, slot in self.slots.items()})

    def example(self) -> str:
        return self.filled(self._shown())

    def spoken(self) -> tuple[str, ...]:
        """The example, and after it one for each other form of a short grammar that it holds."""
        inner = [(n, slot.grammar) for n, slot in self.slots.items() if slot.grammar and len(slot.grammar.forms) < FEW]
        others = (self.filled({**self._shown(), name: text}) for name, grammar in inner for text in grammar.examples())
        return tuple(dict.fromkeys((self.example(), *others)))

    def _shown(self) -> dict[str, str]:
        return {name: self.examples.get(name, slot.example) for name, slot in self.slots.items()}

    def filled(self, texts: Mapping[str, str]) -> str:
        """The pattern with the text of each slot, in its one printed spelling."""
        before = ""
        words = []
        for word in self.pattern.split(" "):
            shown = ""
            for piece in _PIECE.finditer(word):
                if name := piece["slot"]:
                    before = texts[name]
                    shown += before
                elif piece["literal"]:
                    shown += piece["literal"]
                elif piece[0] != word and before != "1":
                    shown += piece["optional"]
            words.append(shown)
        return " ".join(word for word in words if word)


class Grammar(Generic[T]):
    """All forms of one kind of phrase; `title` names the kind with its article, as in "a length of time"."""

    def __init__(self, title: str, forms: Iterable[Form[T]]) -> None:
        self.title = title
        self.forms = tuple(forms)
        self.regex = "|".join(_GROUP.sub("(?:", _joined(form.words)) for form in self.forms)

    def parse(self, text: str) -> T | Misfit:
        """The value of a phrase, or why it is none; runs of white space count as one space."""
        phrase = " ".join(text.split())
        value = self.read(phrase)
        if value is _NO_FORM:
            return _placed(_explained(self, phrase), text)
        return _placed(value, text) if isinstance(value, Misfit) else value

    def read(self, phrase: str) -> T | Misfit:
        """As `parse`, for single spaces and without looking for the reason when no form fits."""
        refusals = []
        for form in self.forms:
            if "," not in phrase and (match := form.compiled.fullmatch(phrase)):
                value = _made(form, match)
                if not isinstance(value, Misfit):
                    return value
                refusals.append(value)
        return refusals[0] if refusals else _NO_FORM

    def show(self, value: T) -> str:
        """The phrase that is parsed to this value."""
        for form in self.forms:
            if (values := form.take(value)) is not None:
                return form.show(values)
        raise TypeError(f"{value!r} is not {self.title}")

    def examples(self) -> tuple[str, ...]:
        """One phrase for each form."""
        return tuple(form.example() for form in self.forms)

    def lines(self) -> Iterator[tuple[Form[T], tuple[_Word, ...]]]:
        """Each form as plain rows of words: nested grammars written out, optional words both there and left out."""
        for form in self.forms:
            for parts in itertools.product(*(_spelled_out(word) for word in form.words)):
                yield form, tuple(itertools.chain.from_iterable(parts))


_NO_FORM = Misfit("no form fits", 0, 0)


def _word(word: str, slots: Mapping[str, Slot[Any]]) -> _Word:
    pieces = list(_PIECE.finditer(word))
    if len(pieces) == 1 and (name := pieces[0]["slot"]):
        slot = slots[name]
        return _Word(f"(?P<{name}>{slot.regex})", (), f"{slot.name} such as {slot.example}", grammar=slot.grammar)
    if len(pieces) == 1 and (text := pieces[0]["optional"]):
        return _Word(re.escape(text), (text,), f'"{text}"', optional=True)
    regex, spellings = "", [""]
    for piece in pieces:
        if name := piece["slot"]:
            regex += f"(?P<{name}>{slots[name].regex})"
            spellings = [s + slots[name].example for s in spellings]
        elif ending := piece["optional"]:
            regex += f"(?:{re.escape(ending)})?"
            spellings = [s + e for s in spellings for e in ("", ending)]
        else:
            regex += re.escape(piece["literal"])
            spellings = [s + piece["literal"] for s in spellings]
    return _Word(regex, () if "{" in word else tuple(spellings), f'"{spellings[-1]}"')


def _joined(words: Iterable[_Word]) -> str:
    regex = ""
    gap = ""
    for word in words:
        if word.optional:
            regex += f"(?:{gap}{word.regex}{'' if gap else ' '})?"
        else:
            regex += gap + word.regex
            gap = " "
    return regex


def _spelled_out(word: _Word) -> Iterable[tuple[_Word, ...]]:
    if word.grammar is not None:
        return [words for _, words in word.grammar.lines()]
    return [(), (word,)] if word.optional else [(word,)]


def _made(form: Form[T], match: re.Match[str]) -> T | Misfit:
    values = {}
    misfits: list[Misfit] = []
    for name, slot in form.slots.items():
        try:
            values[name] = slot.parse(match[name])
        except ValueError as error:
            misfits += _refused(error, match, name)
    if misfits:
        suggestion = None if misfits[1:] else misfits[0].suggestion
        return replace(misfits[0], suggestion=suggestion, also=tuple(misfits[1:]))
    try:
        return form.make(**values)
    except ValueError as error:
        return Misfit(str(error), 0, match.end(), error.text if isinstance(error, Meant) else None)


def _refused(error: ValueError, match: re.Match[str], name: str) -> Iterator[Misfit]:
    """Why a slot takes no text, as misfits of the whole phrase."""
    start, end = match.span(name)
    if not isinstance(error, _Inner):
        meant = match.string[:start] + error.text + match.string[end:] if isinstance(error, Meant) else None
        yield Misfit(str(error), start, end, meant)
        return
    for misfit in (error.misfit, *error.misfit.also):
        meant = misfit.suggestion and match.string[:start] + misfit.suggestion + match.string[end:]
        yield replace(misfit, start=start + misfit.start, end=start + misfit.end, suggestion=meant, also=())


def _placed(misfit: Misfit, text: str) -> Misfit:
    """The misfit of a folded phrase with offsets in the text as it was written."""
    origins: list[int] = []
    end = 0
    for word in re.finditer(r"\S+", text):
        origins += [end] * bool(origins) + list(range(*word.span()))
        end = word.end()
    origins.append(end)
    return _moved(misfit, origins)


def _moved(misfit: Misfit, origins: Sequence[int]) -> Misfit:
    stop = origins[misfit.end - 1] + 1 if misfit.end > misfit.start else origins[misfit.start]
    also = tuple(_moved(other, origins) for other in misfit.also)
    return replace(misfit, start=origins[misfit.start], end=stop, also=also)


@dataclass(frozen=True, slots=True)
class _Stuck:
    """How far the closest forms come: the word they stop at, the words that could stand there, one example each."""

    start: int
    end: int
    expected: tuple[_Word, ...]
    complete: bool
    examples: tuple[str, ...]
    named: bool
    """Whether the word before it is a name."""


def _stuck(grammar: Grammar[Any], phrase: str, *, telling: bool = False) -> _Stuck:
    """`telling` leaves aside forms of which nothing fits but words that fit anything, such as the name of a step."""
    rows = [(form, words, *_progress(words, phrase)) for form, words in grammar.lines()]
    if telling and not all(words[0].open for _, words, *_ in rows):
        rows = [row if any(not word.open for word in row[1][: row[2]]) else (*row[:2], 0, 0) for row in rows]
    reach = max(end for *_, end in rows)
    closest = [(form, words[count:]) for form, words, count, end in rows if end == reach]
    start = min(reach + 1, len(phrase)) if reach else 0
    space = phrase.find(" ", start)
    return _Stuck(
        start,
        space if space >= 0 else len(phrase),
        tuple(dict.fromkeys(rest[0] for _, rest in closest if rest)),
        any(not rest for _, rest in closest),
        _examples([form for form, _ in closest]),
        any(words[count - 1].named for _, words, count, end in rows if count and end == reach),
    )


def _examples(forms: Sequence[Form[Any]]) -> tuple[str, ...]:
    """An example of each form; where the first holds a span of time, or the like, it shows every kind of it."""
    return tuple(dict.fromkeys((*forms[0].spoken(), *(form.example() for form in forms))))


def _progress(words: tuple[_Word, ...], phrase: str) -> tuple[int, int]:
    """The number of leading words of a form that fit, and where they end in the phrase."""
    regex, end = "", 0
    for count, word in enumerate(words):
        regex += (" " if count else "") + _GROUP.sub("(?:", word.regex)
        match = re.match(f"(?:{regex})(?= |$)", phrase)
        if match is None:
            return count, end
        end = match.end()
    return len(words), end


def _explained(grammar: Grammar[Any], phrase: str) -> Misfit:
    if not phrase:
        return Misfit(f"{grammar.title} is missing", 0, 0, accepted=grammar.examples())
    if (comma := phrase.find(",")) >= 0:
        return Misfit(_about_comma(grammar, phrase, comma), comma, comma + 1)
    stuck = _stuck(grammar, phrase)
    meant = _corrected(grammar, phrase, stuck)
    if meant is None:
        stuck = _stuck(grammar, phrase, telling=True)
        meant = _corrected(grammar, phrase, stuck) or _turned(grammar, phrase) or _headed(grammar, phrase)
    word = phrase[stuck.start : stuck.end]
    if word.upper() in DIGITS and (rest := _printed(grammar, phrase[: stuck.start] + phrase[stuck.end :])):
        return Misfit("leave out the currency", stuck.start, stuck.end, rest, stuck.examples)
    return Misfit(_expectation(grammar, stuck, word), stuck.start, stuck.end, meant, stuck.examples)


def _turned(grammar: Grammar[Any], phrase: str) -> str | None:
    """The first form that a phrase begins when its first word is moved behind the others: `after 30 days`."""
    first, _, rest = phrase.partition(" ")
    turned = f"{rest} {first}"
    for _, words in grammar.lines():
        count, end = _progress(words, turned)
        missing = [word.spellings[-1] for word in words[count:] if word.spellings]
        fits = end == len(turned) and first in words[count - 1].spellings and len(missing) == len(words) - count
        if fits and (found := _printed(grammar, " ".join((turned, *missing)))):
            return found
    return None


def _headed(grammar: Grammar[Any], phrase: str) -> str | None:
    """The only phrase that words of its own begin and that then goes on as this one: `fee of 15.00` for `15.00`."""
    found: set[str | None] = set()
    for _, words in grammar.lines():
        fixed = [word.spellings[0] for word in itertools.takewhile(lambda word: word.spellings, words)]
        found |= {_printed(grammar, " ".join((*fixed[:count], phrase))) for count in range(1, len(fixed) + 1)}
    found.discard(None)
    return found.pop() if len(found) == 1 else None


def _about_comma(grammar: Grammar[Any], phrase: str, comma: int) -> str:
    if phrase[:comma][-1:].isdigit() and phrase[comma + 1 :][:1].isdigit():
        return "a number has no comma: write 1000.00"
    parts = [part.strip() for part in phrase.split(",")]
    listed = ", ".join(parts) if all(_printed(grammar, part) for part in parts) else "a, b"
    return f"a list item holds one phrase, without a comma; a list is written [{listed}]"


def _expectation(grammar: Grammar[Any], stuck: _Stuck, word: str) -> str:
    titles = list(dict.fromkeys(expected.title for expected in stuck.expected))
    if not titles:
        return f'"{word}" is too much: the phrase is complete before it'
    if len(titles) > EXPECTED_SHOWN:
        return f'"{word}" does not fit {"here" if stuck.start else f"the beginning of {grammar.title}"}'
    if stuck.complete:
        titles.append("the end of the phrase")
    wanted = " or ".join([", ".join(titles[:-1]), titles[-1]] if titles[1:] else titles)
    return f'expected {wanted}, not "{word}"' if word else f"the phrase stops too early: expected {wanted}"


_WORKDAYS: Final = re.compile(r"(?<=[0-9] )(?:work(?:ing)?[ -]?days?|business-days?|BD)(?![\w-])", re.IGNORECASE)
"""Other names of business days, which are no spelling mistakes of days."""


def _corrected(grammar: Grammar[Any], phrase: str, stuck: _Stuck, tries: int = CORRECTIONS) -> str | None:
    """A phrase of the grammar that was probably meant; a guess that would choose between meanings is not made."""
    before, word, after = phrase[: stuck.start], phrase[stuck.start : stuck.end], phrase[stuck.end :]
    spellings = tuple(spelling for expected in stuck.expected for spelling in expected.spellings)
    business = _WORKDAYS.sub("business days", phrase)
    if business != phrase:
        return _printed(grammar, business)
    near = suggest(word, spellings)
    apart = re.sub(r"(?<=[0-9])(?=[A-Za-z])", " ", word)
    missing = [f"{before}{spellings[0]} {word}{after}"] if spellings and len(stuck.expected) == 1 else []
    joined = [f"{before.rstrip()}-{word}{after}"] if stuck.named and word else []
    others = (before + other + after for other in (near or word, word.lower(), word.upper(), apart, f"0{word}"))
    for candidate in (*others, *joined, *missing):
        if found := _printed(grammar, candidate):
            return found
    if near is None or tries == 1:
        return None
    phrase = before + near + after
    return _corrected(grammar, phrase, _stuck(grammar, phrase), tries - 1)


def _printed(grammar: Grammar[Any], text: str) -> str | None:
    value = grammar.read(" ".join(text.split()))
    return value.suggestion if isinstance(value, Misfit) else grammar.show(value)
