"""The map of lawful hours: exact stretches, the rules behind them, and agreement with the gate at every instant."""

from __future__ import annotations

import itertools
import random
import xml.etree.ElementTree as ET
from dataclasses import replace
from datetime import date
from html.parser import HTMLParser

import pytest

from dunning_engine.cli.windows import Asked, portrait_of
from dunning_engine.compliance.gate import GateRules, gate
from dunning_engine.compliance.verdict import Cleared
from dunning_engine.domain.contacts import ContactLog
from dunning_engine.domain.parties import Channel, Collector, Party
from dunning_engine.kernel.calendar import moment, parse_instant
from dunning_engine.reports.lawful_hours import Because, clocks_move, clocks_moved, minutes_of, open_spans
from dunning_engine.reports.lawful_hours_legend import as_json, doubt, looked_at
from dunning_engine.reports.lawful_hours_page import as_html
from dunning_engine.reports.lawful_hours_svg import as_svg

NEW_YORK = Party.consumer("ann", name="Ann", country="US", zone="America/New_York", phone="+12125550123")


def asked(**changes) -> Asked:
    given = {
        "law": ["us/reg-f"],
        "first": date(2026, 3, 2),
        "days": 7,
        "step": 30,
        "channel": Channel.CALL,
        "collector": Collector.THIRD_PARTY,
        "options": NEW_YORK,
    }
    return Asked(**(given | changes))


def of_file(tmp_path, text: str, **changes):
    file = tmp_path / "ann.yaml"
    file.write_text(f"name: Ann\ncountry: US\nzone: America/New_York\n{text}", "utf-8")
    return portrait_of(asked(debtor=file, options=None, **changes))


def day(text: str) -> int:
    return date.fromisoformat(text).toordinal()


def closers(portrait) -> dict[str, Because]:
    return dict(portrait.report.closers)


def test_an_ordinary_day_opens_a_minute_past_eight_and_ends_before_nine():
    report = portrait_of(asked()).report

    assert all(open_spans(report, each) == ("08:01–20:59",) for each in report.days)
    assert closers(portrait_of(asked())) == {"us/reg-f/hours": Because.CLOCK}


def test_stretches_follow_each_other_without_a_gap_and_differ_from_their_neighbours():
    report = portrait_of(asked(days=14)).report
    stretches = report.stretches

    assert (stretches[0].start, stretches[-1].end) == (report.enquiry.start, report.enquiry.end)
    for one, other in itertools.pairwise(stretches):
        assert one.end == other.start
        assert one.closings != other.closings


def test_every_zone_of_the_debtor_counts():
    party = Party.consumer("x", country="US", postal_code="80202", phone="+12125550123")
    portrait = portrait_of(asked(options=party))

    assert set(portrait.report.enquiry.situation.zones) == {"America/Denver", "America/New_York"}
    assert open_spans(portrait.report, day("2026-03-03")) == ("10:01–20:59",)
    assert "America/Denver (2 h earlier there)" in portrait.clocks


def test_a_conversation_closes_the_rest_of_its_week(tmp_path):
    portrait = of_file(
        tmp_path, "contacts:\n  - {at: 2026-03-02T14:30, channel: call, outcome: conversation}\n", days=10
    )
    report = portrait.report

    assert open_spans(report, day("2026-03-02")) == ("08:01–14:29",)
    assert open_spans(report, day("2026-03-05")) == ()
    assert open_spans(report, day("2026-03-09")) == ("08:01–20:59",)
    noon = next(s for s in report.stretches if s.start <= parse_instant("2026-03-05T12:00:00-05:00") < s.end)
    assert noon.longest.reason.rule == "us/reg-f/rest-after-conversation"
    assert moment(noon.longest.until, "America/New_York").isoformat() == "2026-03-09T00:00:00-04:00"
    assert looked_at(noon.longest) == ("call on Mon 2026-03-02 14:30: conversation",)
    assert report.next_open(noon.start) == parse_instant("2026-03-09T08:01:00-04:00")


def test_contacts_count_only_from_the_instant_at_which_they_were_made(tmp_path):
    """A map may begin before the last contact of a file: what lies ahead does not close what came before."""
    report = of_file(tmp_path, "contacts: [{at: 2026-03-04T10:00, channel: call}]\n").report

    assert open_spans(report, day("2026-03-03")) == ("08:01–20:59",)
    assert open_spans(report, day("2026-03-04")) == ("08:01–09:59", "10:06–20:59")


def test_inconvenient_times_are_exact_however_short(tmp_path):
    portrait = of_file(tmp_path, 'inconvenient_times: [{days: [tuesday], from: "12:05", to: "12:12"}]\n')

    assert open_spans(portrait.report, day("2026-03-03")) == ("08:01–12:04", "12:12–20:59")
    assert open_spans(portrait.report, day("2026-03-04")) == ("08:01–20:59",)
    assert closers(portrait)["us/reg-f/inconvenient-times"] is Because.WISH


def test_holidays_are_rest_days_named_by_their_rule():
    ontario = Party.consumer("x", country="CA", region="ON", zone="America/Toronto")
    portrait = portrait_of(asked(law=["ca/on"], first=date(2026, 12, 24), days=4, options=ontario))

    assert open_spans(portrait.report, day("2026-12-25")) == ()
    assert closers(portrait)["ca/on/holidays"] is Because.REST_DAY


def test_a_fact_that_nobody_gave_does_not_paint_the_map_black():
    portrait = portrait_of(asked(channel=Channel.EMAIL))

    assert open_spans(portrait.report, day("2026-03-03")) == ("08:01–20:59",)
    assert dict(portrait.lacking)["us/reg-f/email-procedure"].endswith("(email_basis)")
    assert portrait.duties == "opt out"


def test_a_known_fact_that_stands_against_a_requirement_does(tmp_path):
    facts = "facts: {email_basis: consumer_used, email_about_debt: no, oral_stop: 2026-03-04T12:00}\n"
    portrait = of_file(tmp_path, facts, channel=Channel.EMAIL)

    assert open_spans(portrait.report, day("2026-03-05")) == ()
    assert closers(portrait)["us/reg-f/oral-stop"] is Because.STOP
    assert portrait.report.opens is None


def test_a_refused_channel_and_a_hold_close_every_hour(tmp_path):
    wish = of_file(tmp_path, "opted_out: [call]\n")
    stop = of_file(tmp_path, "holds: [cease]\n")

    assert not any(stretch.is_open for stretch in (*wish.report.stretches, *stop.report.stretches))
    assert closers(wish)["us/reg-f/blocked-media"] is Because.WISH
    assert closers(stop)["us/reg-f/cease"] is Because.STOP


def test_nobody_knows_where_they_are():
    portrait = portrait_of(asked(options=Party.consumer("x", name="Ann")))

    assert closers(portrait) == {"us/reg-f/hours": Because.UNKNOWN}
    assert portrait.clocks.endswith("nothing tells in which zone the person is")


def test_letters_are_opened_when_it_suits():
    portrait = portrait_of(asked(channel=Channel.LETTER))

    assert portrait.quiet
    assert "No rule closes any hour." in as_html(portrait)


def test_rulebooks_of_other_places_do_not_speak():
    portrait = portrait_of(asked(law=["us/ma", "us/reg-f"]))

    assert portrait.under.endswith("under us/reg-f (1 of those asked for does not bind here)")


@pytest.mark.parametrize(
    ("when", "moved", "note"), [("2026-03-08", 60, "clocks +1 h"), ("2026-11-01", -60, "clocks -1 h")]
)
def test_days_on_which_clocks_are_moved(when, moved, note):
    portrait = portrait_of(asked(first=date.fromisoformat(when), days=1))

    assert clocks_move(day(when), "America/New_York") == moved
    assert portrait.notes(day(when)) == (note,)
    assert open_spans(portrait.report, day(when)) == ("08:01–20:59",)
    parts = portrait.report.of_day(day(when))
    assert clocks_moved(day(when), "America/New_York") in {part.start for part in parts}
    assert all(first < end for first, end in (minutes_of(part, "America/New_York") for part in parts))


FACTS = """
contacts:
  - {at: 2026-03-03T10:15:30, channel: call, outcome: message}
  - {at: 2026-03-05T14:30, channel: call, outcome: conversation}
  - {at: 2026-03-12T09:00, channel: call}
  - {at: 2026-03-12T19:00, channel: sms}
inconvenient_times:
  - {days: [friday], from: "22:30", to: "24:00"}
  - {from: "12:00", to: "12:45", through: 2026-03-13}
  - {days: [sunday], withdrawn: 2026-03-08T16:20}
time_consents: [{from: "06:00", to: "07:10", given: 2026-03-03T05:00, revoked: 2026-03-14T06:30}]
call_consents: [{given: 2026-03-06T11:11, until: 2026-03-09}]
challenges: [{received: 2026-03-15T13:00, answered: 2026-03-16T13:00}]
facts: {initial_communication: 2026-03-09T10:00, validation_provided: 2026-03-16T16:00}
"""


@pytest.mark.parametrize("channel", [Channel.CALL, Channel.SMS])
def test_the_map_says_what_the_gate_says_at_any_minute(tmp_path, channel):
    """At edges and at random minutes, across a change of clocks, for a debtor with facts of every kind in two zones."""
    party = f'phone: "+16025550123"\n{FACTS}'
    report = of_file(tmp_path, party, law=["us/reg-f", "us/tcpa"], days=18, channel=channel).report
    enquiry = report.enquiry
    assert len(enquiry.situation.zones) == 2
    lacking = {lack.reason.rule for lack in report.lacks}
    rules = GateRules(rule for rule in enquiry.rules if rule.id not in lacking)
    dice = random.Random(7)
    instants = {dice.randrange(enquiry.start, enquiry.end, 60) for _ in range(1500)}
    instants |= {s.start // 60 * 60 + nudge for s in report.stretches for nudge in (-60, 0, 60)}

    for instant in sorted(at for at in instants if enquiry.start <= at < enquiry.end):
        log = ContactLog(c for c in enquiry.situation.contacts if c.at <= instant)
        verdict = gate(enquiry.action, enquiry.situation._replace(contacts=log), rules, instant)
        stretch = next(s for s in report.stretches if s.start <= instant < s.end)
        assert isinstance(verdict, Cleared) is stretch.is_open, moment(instant, "America/New_York")


# What is drawn --------------------------------------------------------------------------------------------------------


def test_json_has_stretches_with_rules_and_their_sources(tmp_path):
    found = as_json(of_file(tmp_path, FACTS))

    assert found["disclaimer"].startswith("Not legal advice; state of the rules: 20")
    assert found["law"][0]["rulebook"] == "us/reg-f"
    assert found["rules"][0] == {
        "letter": "A",
        "rule": "us/reg-f/hours",
        "because": "hours of the day",
        "says": found["rules"][0]["says"],
        "citation": "12 CFR 1006.6(b)(1)(i); 15 USC 1692c(a)(1)",
        "url": "https://www.ecfr.gov/current/title-12/section-1006.6",
        "confidence": "high",
        "code": "TIME_WINDOW",
    }
    night = found["stretches"][0]
    assert (night["from"], night["open"]) == ("2026-03-02T00:00:00-05:00", False)
    assert night["closed_by"][0]["rule"] == "us/reg-f/hours"
    assert {"date": "2026-03-02", "open": ["08:01–11:59", "12:45–20:59"], "notes": []} in found["days"]


def test_the_picture_is_one_well_formed_file_with_a_title_on_each_stretch(tmp_path):
    portrait = of_file(tmp_path, FACTS, days=14)
    text = as_svg(portrait)
    tree = ET.fromstring(text)

    assert "<script" not in text
    assert "prefers-color-scheme: dark" in text
    titles = [title.text for title in tree.iter("{http://www.w3.org/2000/svg}title")]
    closed = [title for title in titles if "closed" in title]
    assert closed
    assert all("us/reg-f/" in title and "CFR 1006" in title for title in closed)
    links = {link.get("href") for link in tree.iter("{http://www.w3.org/2000/svg}a")}
    assert "https://www.ecfr.gov/current/title-12/section-1006.14" in links


def test_the_picture_names_facts_and_duties_where_it_stands_alone():
    text = as_svg(portrait_of(asked(channel=Channel.SMS)))

    assert "us/reg-f/sms-procedure: on which basis the number is texted" in text
    assert "The message has to carry: opt out" in text


class _Tables(HTMLParser):
    """Tags that are opened and closed in order, and the cells of tables."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.cells: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag, attrs):
        if tag not in {"meta", "br", "line", "rect"}:
            self.open.append(tag)
        if tag == "td":
            self.cells.append("")
        if tag == "a":
            self.links.append(dict(attrs)["href"])

    def handle_endtag(self, tag):
        if tag not in {"line", "rect"}:
            assert self.open.pop() == tag

    def handle_data(self, data):
        if "td" in self.open:
            self.cells[-1] += data


def test_the_page_says_everything_in_tables_too(tmp_path):
    page = _Tables()
    text = as_html(of_file(tmp_path, FACTS, channel=Channel.SMS))
    page.feed(text)

    assert page.open == []
    assert "<script" not in text
    assert "Monday 2 March 2026" in page.cells
    assert "08:01–11:59, 12:45–20:59" in page.cells
    assert any("us/reg-f/inconvenient-times until Mon 02 Mar 12:45" in cell for cell in page.cells)
    assert "https://www.ecfr.gov/current/title-12/section-1006.6" in page.links
    assert "Needs facts that nobody gave" in text


def test_words_of_debtors_are_escaped(tmp_path):
    portrait = replace(portrait_of(asked(days=1)), who="<b>Ann & Bob</b>")

    assert "<b>" not in as_html(portrait)
    ET.fromstring(as_svg(portrait))


def test_house_rules_are_named_as_such(tmp_path):
    portrait = of_file(tmp_path, "contacts: [{at: 2026-03-04T10:00, channel: call}]\n")

    assert doubt("house") == "house rule: our number, not law"
    assert "house rule: our number, not law" in as_html(portrait)
    assert "house rule: our number, not law" in as_svg(portrait)


def test_twice_gives_the_same_bytes(tmp_path):
    assert as_html(of_file(tmp_path, FACTS)) == as_html(of_file(tmp_path, FACTS))
