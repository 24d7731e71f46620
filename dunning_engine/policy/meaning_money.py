"""What is wrong or doubtful in the money that a policy adds or offers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from dunning_engine.domain.parties import PartyKind
from dunning_engine.domain.statutes import Statute
from dunning_engine.kernel.diagnostics import Diagnostic, suggest
from dunning_engine.kernel.slots import NAME
from dunning_engine.policy.charges import ChargeForm, ChargeWord, RateWord
from dunning_engine.policy.document_money import FeeDocument
from dunning_engine.policy.model import Test
from dunning_engine.policy.phrases_money import CHARGE
from dunning_engine.policy.reading import Reading, on, warning
from dunning_engine.policy.source import Path

_LAWFUL: Final = frozenset({ChargeForm.INTEREST, ChargeForm.FIXED_SUM})


def _charged(reading: Reading) -> Iterator[tuple[Path, ChargeWord]]:
    """What steps charge, and where that is written."""
    for number, step in enumerate(reading.steps):
        for at, choice in enumerate(step.charge):
            word = CHARGE.parse(choice[0].name)
            assert isinstance(word, ChargeWord), "the name of a charge is a phrase that was read before"
            yield on(number, "charge", at), word


def _fee_names(reading: Reading) -> Iterator[Diagnostic]:
    fees = reading.draft.fees
    for name in fees:
        if not _is_name(name):
            message = f'"{name}" is no name for a fee: write small letters, digits and hyphens, as in late-fee'
            yield Diagnostic("DUN335", message, reading.source.key(("fees", name)))
    rumoured = frozenset(fees) | {path[1] for path in reading.reported if path[:1] == ("fees",) and len(path) > 1}
    for path, word in _charged(reading):
        if word.form is ChargeForm.NAMED and word.name not in rumoured and ("fees",) not in reading.reported:
            message = f'there is no fee "{word.name}": describe it at the top, as in "fees: {{{word.name}: {{fixed: 15.00}}}}"'
            place = reading.source.word(path, word.name)
            yield Diagnostic("DUN335", message, place, suggestion=suggest(word.name, fees), accepted=tuple(fees))


def _is_name(text: str) -> bool:
    return re.fullmatch(NAME.regex, text) is not None and text != "of"


def _fee_sums(reading: Reading) -> Iterator[Diagnostic]:
    for name, fee in reading.draft.fees.items():
        if any(path[:2] == ("fees", name) for path in reading.reported):
            continue
        for key, message in _wrong_with(fee):
            yield Diagnostic("DUN336", message, reading.source.place(("fees", name, *key)))


def _wrong_with(fee: FeeDocument) -> Iterator[tuple[Path, str]]:
    plain = fee.fixed is not None or fee.percent is not None
    if not plain and not fee.bands:
        yield (), "this fee has no sum: give it fixed, percent or bands"
    if plain and fee.bands:
        yield ("bands",), "a fee has bands, or a sum of its own: put fixed and percent into the bands"
    for at, (before, band) in enumerate(zip(fee.bands, fee.bands[1:], strict=False), 1):
        if band.start.units <= before.start.units:
            yield ("bands", at), "bands are written from the lowest amount to the highest"
    if fee.at_least is not None and fee.at_most is not None and fee.at_least.units > fee.at_most.units:
        yield ("at_most",), "at_most is below at_least: no fee is both"


def _interest(reading: Reading) -> Iterator[Diagnostic]:
    interest = reading.draft.interest
    sound = not any(path[:1] == ("interest",) for path in reading.reported)
    if interest is not None and sound:
        if interest.statute and interest.rate is not None:
            message = "a statute sets its own rate: keep the statute, or the rate"
            yield Diagnostic("DUN337", message, reading.source.place(("interest", "rate")))
        elif not interest.statute and interest.rate is None:
            message = "nothing says at what rate: give a statute or a rate"
            yield Diagnostic("DUN337", message, reading.source.place(("interest",)))
    unsaid = reading.lacks("interest")
    for path, word in _charged(reading):
        if word.form is ChargeForm.INTEREST and unsaid:
            message = 'nothing says at what rate: write "interest" once in the file, as in interest: uk/late-payment'
            yield Diagnostic("DUN337", message, reading.source.place(path))
        if word.form is ChargeForm.FIXED_SUM and (unsaid or (interest is not None and not interest.statute and sound)):
            message = "a statute sets the fixed sum: name one, as in interest: uk/late-payment"
            yield Diagnostic("DUN337", message, reading.source.place(path))


def _compound(reading: Reading) -> Iterator[Diagnostic]:
    """Interest on charges, which no policy can have."""
    interest = reading.draft.interest
    if interest is not None and interest.on_charges:
        message = "fees and interest bear no interest here: statutes give it on the debt alone; leave on_charges out"
        yield Diagnostic("DUN344", message, reading.source.place(("interest", "on_charges")))


def _twice_compensated(reading: Reading) -> Iterator[Diagnostic]:
    """A fee beside the fixed sum that is meant to cover what the fee is for."""
    charged = list(_charged(reading))
    if any(word.form is ChargeForm.FIXED_SUM for _path, word in charged):
        for path, word in charged:
            if word.form not in _LAWFUL:
                message = "the statutory fixed sum counts towards the costs of collecting: a fee for the same is owed only beyond it"
                yield warning("DUN333", message, reading.source.place(path))


def _no_cost(reading: Reading) -> Iterator[Diagnostic]:
    """A share of the debt as the cost of a reminder to a private person in Germany."""
    countries = {c.value for c in reading.draft.applies_to if c.test is Test.COUNTRY}
    if "DE" not in countries or PartyKind.CONSUMER not in _dunned(reading):
        return
    for path, word in _charged(reading):
        fee = reading.draft.fees.get(word.name)
        if word.form is ChargeForm.PERCENT or (fee is not None and (fee.percent is not None or fee.bands)):
            message = "a private person in Germany owes what a reminder truly cost, not a share of the debt: charge a fixed sum"
            yield warning("DUN332", message, reading.source.place(path))


def _known_money(reading: Reading) -> Iterator[Diagnostic]:
    interest, statutes = reading.draft.interest, reading.statutes
    if interest is None:
        return
    if interest.statute and statutes.statute(interest.statute) is None:
        names = statutes.names()
        message = f'there is no pack of statutory money "{interest.statute}"'
        place = reading.source.place(("interest", "statute"))
        yield Diagnostic("DUN338", message, place, suggestion=suggest(interest.statute, names), accepted=names)
    rate = interest.rate
    if isinstance(rate, RateWord) and rate.over and statutes.above(rate.over, rate.percent) is None:
        tables = statutes.tables()
        message = f'there is no reference rate "{rate.over}"'
        place = reading.source.word(("interest", "rate"), rate.over)
        yield Diagnostic("DUN338", message, place, suggestion=suggest(rate.over, tables), accepted=tables)


def _idle_statute(reading: Reading) -> Iterator[Diagnostic]:
    """A pack that binds nobody whom the policy duns."""
    interest = reading.draft.interest
    pack = reading.statutes.statute(interest.statute) if interest is not None and interest.statute else None
    if pack is None:
        return
    place = reading.source.place(("interest", "statute"))
    if why := _out_of_reach(reading, pack):
        yield warning("DUN339", why, place)
    elif not _dunned(reading) & pack.fixed_sum_debtors:
        for path, word in _charged(reading):
            if word.form is ChargeForm.FIXED_SUM:
                message = f"{pack.name} gives a fixed sum against no debtor of this policy"
                yield warning("DUN339", message, reading.source.place(path))


def _out_of_reach(reading: Reading, pack: Statute) -> str:
    if not _dunned(reading) & pack.debtors:
        kinds = " or ".join(sorted(kind.value for kind in pack.debtors))
        return f"{pack.name} gives interest against a {kinds} only: under this applies_to nothing is ever charged"
    countries = {c.value for c in reading.draft.applies_to if c.test is Test.COUNTRY}
    if countries and not countries & pack.countries:
        return f"{pack.name} is not the law in {' or '.join(sorted(countries))}: nothing is ever charged"
    return ""


def _dunned(reading: Reading) -> frozenset[PartyKind]:
    kinds = {PartyKind(c.value) for c in reading.draft.applies_to if c.test is Test.DEBTOR_KIND}
    return frozenset(kinds or PartyKind)


def _basis(reading: Reading) -> Iterator[Diagnostic]:
    """A fee for which no contract and no statute is named, in a policy under which a consumer may have to pay it."""
    if PartyKind.CONSUMER not in _dunned(reading) or any(path[:1] == ("applies_to",) for path in reading.reported):
        return
    for path, word in _charged(reading):
        fee = reading.draft.fees.get(word.name)
        named = word.form is ChargeForm.NAMED
        if word.form not in _LAWFUL and not (named and (fee is None or fee.basis)):
            message = "nothing says why a consumer owes this fee: describe it below fees, with its basis"
            yield warning("DUN340", message, reading.source.place(path))


def _unheard_offers(reading: Reading) -> Iterator[Diagnostic]:
    for number, step in enumerate(reading.steps):
        heard = step.send or step.call or any(path[:2] == on(number) for path in reading.reported)
        if step.offer and not heard:
            message = 'nobody hears of this offer: give the step "send"'
            yield Diagnostic("DUN341", message, reading.source.place(on(number, "offer", 0)))


def _never_charged(reading: Reading) -> Iterator[Diagnostic]:
    if any(path[:1] == ("steps",) for path in reading.reported):
        return
    words = [word for _path, word in _charged(reading)]
    used = {word.name for word in words}
    for name in reading.draft.fees:
        if name not in used and _is_name(name):
            yield warning(
                "DUN342", f"no step charges this fee: write charge: fee {name}", reading.source.key(("fees", name))
            )
    if reading.draft.interest is not None and not any(word.form in _LAWFUL for word in words):
        message = "no step charges it: write charge: interest to date"
        yield warning("DUN342", message, reading.source.key(("interest",)))


def _too_early(reading: Reading) -> Iterator[Diagnostic]:
    for number, step in enumerate(reading.steps):
        if step.when is not None and step.when.before_or_on_due:
            for at in range(len(step.charge)):
                message = (
                    "nothing is late on this day: interest and fixed sums come to nothing, and a fee has no ground"
                )
                yield warning("DUN343", message, reading.source.place(on(number, "charge", at)))


CHECKS: tuple[Callable[[Reading], Iterable[Diagnostic]], ...] = (
    _fee_names,
    _fee_sums,
    _interest,
    _compound,
    _twice_compensated,
    _no_cost,
    _known_money,
    _idle_statute,
    _basis,
    _unheard_offers,
    _never_charged,
    _too_early,
)
"""The checks of `meaning` that are about money."""
