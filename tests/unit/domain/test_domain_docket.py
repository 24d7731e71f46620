"""The docket: a closed list of facts, each of one sort, said in one sentence."""

from __future__ import annotations

import re

import pytest

from dunning_engine.domain.contacts import CONSUMER
from dunning_engine.domain.docket import EMPTY, NOTICES, PURPOSES, TERMS, InconvenientTime, Notice, Sort

BY_NAME = pytest.mark.parametrize(("name", "term"), TERMS.items(), ids=TERMS)


@BY_NAME
def test_a_term_has_a_plain_name_and_one_sentence(name, term):
    """Rulebooks ask for it by its name; answers tell what it is in the words of its sentence."""
    assert re.fullmatch("[a-z]+(_[a-z]+)*", name)
    assert term.says
    assert not term.says.endswith(".")


@BY_NAME
def test_words_are_a_closed_list(name, term):
    """A word can be nothing else; lists may hold texts of any kind; other sorts have no words."""
    if term.sort is Sort.WORD:
        assert len(term.words) > 1
    elif term.sort is not Sort.WORDS:
        assert term.words == ()
    assert len(set(term.words)) == len(term.words)
    assert all(re.fullmatch("[a-z]+(_[a-z]+)*", word) for word in term.words)
    assert not {"yes", "no", "known", "unknown", "over"} & set(term.words)


def test_the_words_that_code_relies_on():
    """Who is meant unless something else is said, what a contact is for, what can come of a notice."""
    assert CONSUMER in TERMS["addressee"].words
    assert TERMS["purpose"].words == PURPOSES == tuple(sorted(PURPOSES))
    assert Notice("sent", 1).what in NOTICES
    assert TERMS["inconvenient_places"].words == TERMS["place"].words


def test_the_list_of_terms_is_nobodys_to_change():
    """Neither is an empty docket."""
    for mapping in (TERMS, EMPTY):
        with pytest.raises(TypeError):
            mapping["new"] = 1


def test_an_inconvenient_time_is_every_minute_of_every_day_unless_it_says_otherwise():
    """Both ends are meant."""
    assert InconvenientTime() == (frozenset(), 0, 1439, None, None)
