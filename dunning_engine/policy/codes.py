"""Every diagnostic of a policy explained once: the reference page, `explain` of a code and the tests read this table."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from dunning_engine.kernel import yamltext
from dunning_engine.policy.code import Code
from dunning_engine.policy.code import code as _code
from dunning_engine.policy.codes_actions import ACTION_CODES
from dunning_engine.policy.codes_arrangements import ARRANGEMENT_CODES
from dunning_engine.policy.codes_ledger import LEDGER_CODES
from dunning_engine.policy.codes_money import MONEY_CODES
from dunning_engine.policy.codes_who import WHO_CODES
from dunning_engine.policy.lint_codes import LINT_CODES
from dunning_engine.policy.routing_codes import ROUTING_CODES

_REMINDER = """
steps:
  - step: reminder
    when: 7 days after due
    send: email reminder
"""

_SHAPE = {
    "DUN201": _code(
        "A key that does not exist",
        "Keys are the words before the colons. The message names the key that was probably meant and lists all that fit.",
        "grase: 3 business days",
        "grace: 3 business days",
    ),
    "DUN202": _code(
        "A key that is missing",
        "A policy needs `policy`, `version` and `steps`; a step needs `step` and `when`.",
        """
        steps:
          - step: reminder
            send: email reminder
        """,
        _REMINDER,
    ),
    "DUN203": _code(
        "The wrong kind of value",
        "Some keys take one phrase, some a list, some keys of their own.",
        "grace: [3 business days]",
        "grace: 3 business days",
    ),
    "DUN204": _code(
        "A phrase that cannot be read",
        "Values are phrases of a small closed language. The mark stands under the first word that does not fit.",
        "grace: 3 busines days",
        "grace: 3 business days",
    ),
    "DUN205": _code(
        "A phrase that a comma has split",
        "A comma begins a new item of a list, so phrases have none.",
        """
        steps:
          - step: reminder
            when: 7 days after due
            send: [email reminder, or else letter reminder]
        """,
        """
        steps:
          - step: reminder
            when: 7 days after due
            send: [email reminder or else letter reminder]
        """,
    ),
    "DUN206": _code(
        "A word of the language that is not there yet",
        "The word is reserved for a later version of the library, so that no policy changes its meaning by an update.",
        "channels: [email, letter]",
        _REMINDER,
    ),
    "DUN207": _code(
        "Nothing is written",
        "A key with nothing after its colon says neither yes nor no. Write a value, or remove the key.",
        "grace:",
        "grace: 3 business days",
    ),
}

_NAMES = {
    "DUN301": _code(
        "A step that does not exist",
        "A step is named by what stands after its `step:`. The name must be written in the same way everywhere.",
        """
        steps:
          - step: reminder
            when: 7 days after due
            send: email reminder
          - step: chase
            when: 7 days after remindr
            send: email chase
        """,
        """
        steps:
          - step: reminder
            when: 7 days after due
            send: email reminder
          - step: chase
            when: 7 days after reminder
            send: email chase
        """,
    ),
    "DUN302": _code(
        "A step that refers the wrong way",
        """Steps are taken from top to bottom: `when`, `requires` and conditions name steps above, `until` names one below,
        and the first step has no previous one.""",
        """
        steps:
          - step: reminder
            when: 7 days after chase
            send: email reminder
          - step: chase
            when: 14 days after due
            send: email chase
        """,
        """
        steps:
          - step: reminder
            when: 7 days after due
            send: email reminder
          - step: chase
            when: 7 days after reminder
            send: email chase
        """,
    ),
    "DUN303": _code(
        "A step name that is a word of the language",
        "`due`, `issue`, `grace`, `previous`, `resume` and the other words of `when` would make a phrase ambiguous.",
        """
        steps:
          - step: due
            when: 7 days after due
            send: email reminder
        """,
        _REMINDER,
    ),
    "DUN304": _code(
        "Two steps of the same name",
        "Other steps, tests and reports find a step by its name.",
        """
        steps:
          - step: reminder
            when: 7 days after due
            send: email reminder
          - step: reminder
            when: 14 days after due
            send: email reminder
        """,
        """
        steps:
          - step: reminder
            when: 7 days after due
            send: email reminder
          - step: second-reminder
            when: 14 days after due
            send: email reminder
        """,
    ),
    "DUN305": _code(
        "A step that never expires",
        "`… expires` counts from the end of a step's `deadline`.",
        """
        steps:
          - step: ultimatum
            when: 30 days after due
            send: letter final-demand
          - step: agency
            when: 7 days after ultimatum expires
            hand_off: agency acme-recovery
        """,
        """
        steps:
          - step: ultimatum
            when: 30 days after due
            send: letter final-demand
            deadline: 14 days
          - step: agency
            when: 7 days after ultimatum expires
            hand_off: agency acme-recovery
        """,
    ),
}

_TIMES = {
    "DUN307": _code(
        "A time zone that does not exist",
        "Zones are IANA names: a continent or ocean and a city. Abbreviations such as EST leave daylight saving time open.",
        "time: {zone: America/New_Yrok}",
        "time: {zone: America/New_York}",
    ),
    "DUN308": _code(
        "A business calendar that does not exist",
        "A country (`US`), a country with a subdivision (`DE-BY`), `ECB` for euro payments, or `none`.",
        "time: {zone: Europe/Berlin, business_days: Germany}",
        "time: {zone: Europe/Berlin, business_days: DE}",
    ),
    "DUN309": _code(
        "No time zone",
        "A note: without `time.zone` days begin and end at midnight UTC, which is the middle of the day in other places.",
        "time: {send_at: 10:00}",
        "time: {zone: Europe/Berlin, send_at: 10:00}",
    ),
    "DUN310": _code(
        "No time for any contact",
        "Quiet hours that begin when they end cover the day, and quiet days can cover the week.",
        "quiet_hours: 09:00 to 09:00",
        "quiet_hours: 20:00 to 09:00",
    ),
    "DUN311": _code(
        "Contacts are due within the quiet hours",
        "A warning: every contact would wait for the end of the quiet hours. Move `time.send_at` out of them.",
        """
        time: {zone: Europe/Berlin, send_at: 08:00}
        quiet_hours: 20:00 to 09:00
        """,
        """
        time: {zone: Europe/Berlin, send_at: 10:00}
        quiet_hours: 20:00 to 09:00
        """,
    ),
}

_STEPS = {
    "DUN312": _code(
        "No steps",
        "A policy without steps does nothing at all.",
        "steps: []",
        _REMINDER,
    ),
    "DUN313": _code(
        "A step that does nothing",
        "A step does at least one thing: "
        "send, call, propose, charge, retry, restrict, restore, notify, report, prepare, hand_off, recall, write_off or do.",
        """
        steps:
          - step: reminder
            when: 7 days after due
        """,
        _REMINDER,
    ),
    "DUN314": _code(
        "Two contacts of one kind on one day",
        "A warning: the debtor would get two messages by the same channel at once. Make them two steps, or fallbacks.",
        """
        steps:
          - step: reminder
            when: 7 days after due
            send: [email reminder, email statement]
        """,
        _REMINDER,
    ),
    "DUN315": _code(
        "A hand-off that is repeated",
        "A case is handed off once.",
        """
        steps:
          - step: agency
            when: 60 days after due
            cadence: every 7 days
            hand_off: agency acme-recovery
        """,
        """
        steps:
          - step: agency
            when: 60 days after due
            hand_off: agency acme-recovery
        """,
    ),
    "DUN316": _code(
        "A repetition that ends at the due date",
        "A warning: steps before the due date end the day after it, and so does their cadence.",
        """
        steps:
          - step: courtesy
            when: on the due date
            cadence: every 7 days up to 3 times
            send: email courtesy
        """,
        """
        steps:
          - step: reminder
            when: 1 day after due
            cadence: every 7 days up to 3 times
            send: email reminder
        """,
    ),
    "DUN317": _code(
        "A deadline that cannot be set",
        "A deadline is told to the debtor after the due date, by a message or a call.",
        """
        steps:
          - step: courtesy
            when: 5 days before due
            send: email courtesy
            deadline: 14 days
        """,
        """
        steps:
          - step: ultimatum
            when: 30 days after due
            send: letter final-demand
            deadline: 14 days
        """,
    ),
    "DUN318": _code(
        "A step that comes too late",
        "Steps are taken in the order of the file, and a step before the due date ends the day after it.",
        """
        steps:
          - step: reminder
            when: 7 days after due
            send: email reminder
          - step: courtesy
            when: 5 days before due
            send: email courtesy
        """,
        """
        steps:
          - step: courtesy
            when: 5 days before due
            send: email courtesy
          - step: reminder
            when: 7 days after due
            send: email reminder
        """,
    ),
    "DUN319": _code(
        "A step within the grace",
        "A warning: nobody is contacted between the due date and the end of grace, so the step waits.",
        """
        grace: 5 days
        steps:
          - step: reminder
            when: 2 days after due
            send: email reminder
        """,
        """
        grace: 5 days
        steps:
          - step: reminder
            when: grace ends
            send: email reminder
        """,
    ),
}

_LISTS = {
    "DUN320": _code(
        "A condition that nobody can answer yet",
        "`applies_to` is tested once, when a case is opened: before any step was taken or any promise was broken.",
        "applies_to: [promise broken]",
        """
        steps:
          - step: reminder
            when: 7 days after due
            only_if: [promise broken]
            send: email reminder
        """,
    ),
    "DUN321": _code(
        "Conditions that are never true together",
        "All items of `applies_to` and `only_if` have to be true.",
        "applies_to: [country is US, country is CA]",
        "applies_to: [country is US]",
    ),
    "DUN322": _code(
        "The same item twice",
        "A warning: the second one changes nothing. One of the two was probably meant to be something else.",
        "pause_while: [disputed, disputed]",
        "pause_while: [disputed, promise open]",
    ),
    "DUN323": _code(
        "Two tolerances in one currency",
        "It would be unclear which one counts.",
        "tolerance: [5.00 EUR, 10.00 EUR]",
        "tolerance: [5.00 EUR, 5.00 CHF]",
    ),
}

_LAW = {
    "DUN401": _code(
        "A rulebook that does not exist",
        "The message lists the rulebooks of this installation.",
        "law: [us/reg-f-limit]",
        "law: [us/reg-f-limits]",
    ),
    "DUN402": _code(
        "A rulebook that cannot bind this collector",
        """A warning: no rule of it can speak, because of who collects, who supervises them, whom the policy duns or where they live.
        Regulation F binds those who collect debts for others: who collects in their own name can take on its limits.""",
        """
        collector: first_party
        law: [us/reg-f]
        """,
        """
        collector: first_party
        law: [us/reg-f-limits]
        """,
    ),
    "DUN403": _code(
        "A limit that never binds",
        """A warning: both the policy and its rulebooks are asked, so a limit that is looser than that of a rulebook has no
        effect. Make it stricter, or remove it.""",
        """
        law: [us/reg-f-limits]
        quiet_hours: 23:00 to 05:00
        """,
        """
        law: [us/reg-f-limits]
        quiet_hours: 20:00 to 09:00
        """,
    ),
    "DUN404": _code(
        "No quiet hours",
        """A note: neither the policy nor a rulebook keeps emails, texts and calls out of the night. After a hold is lifted
        or a contact had to wait, the next one may go out at midnight.""",
        """
        policy: example
        version: 1
        time: {zone: Europe/Berlin}
        steps: [{step: reminder, when: 7 days after due, send: email reminder}]
        """,
        """
        policy: example
        version: 1
        time: {zone: Europe/Berlin}
        steps: [{step: reminder, when: 7 days after due, send: email reminder}]
        quiet_hours: 20:00 to 09:00
        """,
    ),
}

CODES: Mapping[str, Code] = MappingProxyType({
    **_SHAPE, **_NAMES, **_TIMES, **_STEPS, **_LISTS, **ARRANGEMENT_CODES, **MONEY_CODES, **WHO_CODES, **ACTION_CODES,
    **LEDGER_CODES, **ROUTING_CODES, **_LAW, **LINT_CODES
})  # fmt: skip

GROUPS: Mapping[str, str] = MappingProxyType({
    "DUN1": "Text: the file cannot be read",
    "DUN2": "Shape: keys and phrases",
    "DUN3": "Meaning: the policy as a whole",
    "DUN4": "Law and lint: rulebooks, and what reads right but does not work",
})  # fmt: skip


def page() -> str:
    """The reference of the codes of policies, in Markdown."""
    parts = []
    for group, title in GROUPS.items():
        parts.append(f"## {title}")
        parts += [f"### {code}\n\n{text}." for code, text in yamltext.CODES.items() if code.startswith(group)]
        parts += [_entry(code, entry) for code, entry in CODES.items() if code.startswith(group)]
    return "\n\n".join(parts) + "\n"


def _entry(code: str, entry: Code) -> str:
    return (
        f"### {code}\n\n{entry.title}.\n\n{entry.explanation}\n\n"
        f"Instead of\n\n```yaml\n{entry.wrong}\n```\n\nwrite\n\n```yaml\n{entry.right}\n```"
    )
