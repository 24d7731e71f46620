"""Rules of `policy_machine` about people: what the debtor, the staff, an agency and the host say and do."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from dunning_engine.domain.agency_events import AgencyAcknowledged, AgencyCollected, AgencyReturned
from dunning_engine.domain.contacts import Outcome
from dunning_engine.domain.events import ContactMade, DebtorUpdated, FactRecorded, HostFact, OptedIn, OptedOut
from dunning_engine.domain.facts import BY_HAND, News, StepNews
from dunning_engine.domain.parties import Channel
from dunning_engine.domain.readiness import InvoiceReadied
from dunning_engine.policy.model import Test
from dunning_engine.testing.driving import NUMBERS, PARTS, Driven
from dunning_engine.testing.exploring import asked_about
from dunning_engine.testing.happenings import Elsewhere
from dunning_engine.testing.strategies_docket import recorded_facts

_CHANNELS: Final = st.sampled_from(Channel)
_LACKS: Final = st.sampled_from(["", "email", "phone", "address"])
_NEWS: Final = st.sampled_from([
    News.BOUNCED, News.DELIVERED, News.OPENED, News.ANSWERED, News.ACCEPTED, News.DECLINED,
])  # fmt: skip


class PeopleRules(Driven):
    """Everything that somebody says about the case, beside money and reasons to wait."""

    @rule(channel=_CHANNELS)
    def opts_out(self, channel: Channel) -> None:
        self.happens(OptedOut(channel))

    @precondition(lambda self: bool(self.stage.case.opted_out))
    @rule(channel=_CHANNELS)
    def opts_in(self, channel: Channel) -> None:
        self.happens(OptedIn(channel))

    @rule(channel=_CHANNELS, inbound=st.booleans())
    def talks(self, channel: Channel, inbound: bool) -> None:
        self.happens(ContactMade(channel, Outcome.CONVERSATION, inbound))

    @rule(channel=_CHANNELS)
    def is_reached_elsewhere(self, channel: Channel) -> None:
        self.happens(Elsewhere(channel))

    @precondition(lambda self: bool(self.stage.handed))
    @rule(news=_NEWS)
    def news_comes_of_the_last_message(self, news: News) -> None:
        self.happens(StepNews(self.stage.handed[-1].action.step, news))

    @rule(lacks=_LACKS)
    def particulars_change(self, lacks: str) -> None:
        """An address is lost, or all are known again."""
        setting, full = self.stage.setting, replace(self.stage.setting.debtor, email="ann@example.com")
        absent: object = () if lacks == "address" else None
        debtor = replace(full, **{lacks: absent}) if lacks else full  # type: ignore[arg-type]
        self.happens(DebtorUpdated(debtor, setting.hints, setting.place_hints))

    # Staff and host ----------------------------------------------------------------------------------------------------

    @rule(word=st.sampled_from(sorted(BY_HAND, key=str)), place=st.integers(0, 20))
    def somebody_steers(self, word: News, place: int) -> None:
        steps = self.policy.steps
        self.happens(StepNews(steps[place % len(steps)].name, word))

    @rule(number=NUMBERS, ready=st.booleans())
    def invoice_is_a_draft_or_not(self, number: int, ready: bool) -> None:
        self.happens(InvoiceReadied(self.number(number), ready))

    @rule(place=st.integers(0, 5), truth=st.booleans())
    def host_says_what_is_asked(self, place: int, truth: bool) -> None:
        asked = [c for c in asked_about(self.policy) if c.test is Test.HOST_FACT]
        name, value = (asked[place % len(asked)].name, asked[place % len(asked)].value) if asked else ("vip", "true")
        self.happens(HostFact(name, value if truth else "otherwise"))

    @precondition(lambda self: bool(self.rulebooks))
    @rule(fact=recorded_facts())
    def law_hears_a_fact(self, fact: FactRecorded) -> None:
        self.happens(fact)

    # Agencies ----------------------------------------------------------------------------------------------------------

    @rule()
    def agency_has_it(self) -> None:
        self.happens(AgencyAcknowledged("acme", "A-1"))

    @rule()
    def agency_gives_it_back(self) -> None:
        self.happens(AgencyReturned("acme"))

    @rule(part=PARTS)
    def agency_collects(self, part: int) -> None:
        self.happens(AgencyCollected(self.share(part), self.share(part // 5), "acme"))
