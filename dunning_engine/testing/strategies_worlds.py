"""Hypothesis strategies for what surrounds a case: debtors and portfolios, contact histories, clocks.

They draw what may really come, where the strategies of `strategies` draw whatever a type allows.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from functools import cache
from typing import Any, Final, TypeAlias

from hypothesis import strategies as st

from dunning_engine.domain.contacts import Contact, ContactLog, Outcome
from dunning_engine.domain.parties import Channel, Party, PartyKind
from dunning_engine.domain.receivables import Invoice
from dunning_engine.intake.model import IncomingInvoice, Intake
from dunning_engine.kernel.calendar import DAY_SECONDS, Instant, day_start
from dunning_engine.kernel.money import Money

Draw: TypeAlias = Callable[[st.SearchStrategy[Any]], Any]

WHERE: Final = (
    ("US", "America/New_York", "+1202555"),
    ("US", "America/Denver", "+1303555"),
    ("US", "Pacific/Honolulu", "+1808555"),
    ("DE", "Europe/Berlin", "+4930231"),
    ("PT", "Atlantic/Azores", "+3512960"),
    ("IN", "Asia/Kolkata", "+9111556"),
    ("AU", "Australia/Lord_Howe", "+6126563"),
)
"""Country, zone and beginning of a phone number: among them zones of half an hour and changes of half an hour."""

TURNS: Final = (
    date(2026, 3, 8), date(2026, 3, 29), date(2026, 4, 5), date(2026, 10, 4), date(2026, 10, 25), date(2026, 11, 1),
    date(2026, 12, 31), date(2028, 2, 29),
)  # fmt: skip
"""Days on which clocks change somewhere, a year ends, or a leap day lies."""


@st.composite
def debtors(draw: Draw, identity: str = "ann") -> Party:
    """A debtor in one of several places, mostly with every address, sometimes without one."""
    country, zone, number = draw(st.sampled_from(WHERE))
    lacks = draw(st.sampled_from(["", "", "", "email", "phone", "address"]))
    return Party(
        id=identity,
        kind=draw(st.sampled_from(PartyKind)),
        name=identity.capitalize(),
        email=None if lacks == "email" else f"{identity}@example.com",
        phone=None if lacks == "phone" else f"{number}{draw(st.integers(1000, 9999))}",
        address=() if lacks == "address" else ("1 Mill Road",),
        country=country,
        zone=zone,
        language=draw(st.sampled_from(["en", "de", "pt-BR", None])),
    )


@st.composite
def portfolios(draw: Draw, max_debtors: int = 4, currency: str = "USD") -> Intake:
    """What an intake may bring: some debtors, each with one to three invoices of one currency."""
    parties: dict[str, Party] = {}
    receivables: list[IncomingInvoice] = []
    for number in range(draw(st.integers(1, max_debtors))):
        debtor = draw(debtors(f"debtor{number + 1}"))
        parties[debtor.id] = debtor
        for _ in range(draw(st.integers(1, 3))):
            line = len(receivables) + 1
            invoice = draw(dated_invoices(f"K-{line}", currency))
            receivables.append(IncomingInvoice(debtor=debtor.id, invoice=invoice, file="drawn.csv", line=line))
    return Intake(receivables=tuple(receivables), parties=parties, facts=())


@st.composite
def dated_invoices(draw: Draw, number: str, currency: str = "USD") -> Invoice:
    """An invoice of these years, issued before it falls due."""
    due = draw(st.dates(date(2025, 6, 1), date(2027, 6, 30)) | st.sampled_from(TURNS))
    minor = draw(st.sampled_from([1, 99, 5_000, 24_000, 1_000_000]) | st.integers(1, 10**7))
    term = draw(st.sampled_from([0, 10, 14, 30, 60]))
    return Invoice(number, Money.of_minor(minor, currency), due=due, issued=due - timedelta(term))


@st.composite
def contact_histories(draw: Draw, cases: tuple[str, ...] = ("case", "other"), max_size: int = 12) -> ContactLog:
    """A debtor's log over some cases: attempts and conversations by every channel, begun by either side."""
    start = draw(clock_starts())
    size = draw(st.integers(0, max_size))
    contacts = []
    for _ in range(size):
        start += draw(st.sampled_from([0, 60, 3_600, 20 * 3_600, DAY_SECONDS, 7 * DAY_SECONDS]))
        debts = draw(st.sampled_from([(), *((case,) for case in cases), cases]))
        outcome = draw(st.sampled_from(Outcome))
        contacts.append(Contact(start, draw(st.sampled_from(Channel)), debts, outcome, inbound=draw(st.booleans())))
    return ContactLog(contacts)


@cache
def clock_starts() -> st.SearchStrategy[Instant]:
    """Instants at which a clock may begin: around changes of the clock, or anywhere in these years."""
    around = st.builds(
        lambda day, zone, hours: day_start(day.toordinal(), zone) + hours * 3_600,
        st.sampled_from(TURNS),
        st.sampled_from([zone for _, zone, _ in WHERE]),
        st.integers(-30, 30),
    )
    return around | st.integers(1_735_700_000, 1_830_000_000)


@st.composite
def clocks(draw: Draw, max_size: int = 20) -> tuple[Instant, ...]:
    """Instants at which somebody looks, never going back: seconds, hours or months apart, late, or twice the same."""
    now = draw(clock_starts())
    looks = [now]
    steps = [
        0,
        0,
        1,
        59,
        60,
        1_800,
        3_600,
        5 * 3_600,
        DAY_SECONDS - 3_600,
        DAY_SECONDS,
        7 * DAY_SECONDS,
        90 * DAY_SECONDS,
    ]
    for _ in range(draw(st.integers(0, max_size - 1))):
        now += draw(st.sampled_from(steps) | st.integers(0, 3 * DAY_SECONDS))
        looks.append(now)
    return tuple(looks)
