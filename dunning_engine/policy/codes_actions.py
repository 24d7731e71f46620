"""Diagnostics of actions that reach no debtor."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from dunning_engine.policy.code import Code, code

_NOTICE = """
        steps:
          - step: notice
            when: 10 days after due
            send: letter service-notice
          - step: service
            when: 20 days after due
            restrict: {}
        """
_HOST = """
        actions: {}
        steps:
          - step: last
            when: 30 days after due
            do: {}
        """


def _host(declared: str, asked: str) -> str:
    return _HOST.format(declared, asked)


_DEEMED = """
        steps:
          - step: ultimatum
            when: 30 days after due
            send: {} ultimatum
            deemed_delivered: 3 business days after sending
        """

_LONG = """
        steps:
          - step: first
            when: 7 days after due
            send: email reminder
          - step: second
            when: 21 days after due
            send: email reminder
          - step: third
            when: 35 days after due
            call: reminder-script
          - step: last
            when: 49 days after due
            {}
        """

_TO = """
        applies_to: debtor is consumer
        steps:
          - step: word
            when: 10 days after due
            send: letter word to {}
        """

ACTION_CODES: Mapping[str, Code] = MappingProxyType({
    "DUN355": code(
        "A delivery that is deemed where no letter is sent",
        """Only letters are deemed delivered: of what goes by wire a receipt tells, or nobody knows.""",
        _DEEMED.format("email"),
        _DEEMED.format("letter"),
    ),
    "DUN360": code(
        "A restriction or report without a notice",
        """Who loses a service, or is reported to a bureau, has to hear of it before. Name the step that says it
        (`service after notice`, `service after notice and 10 days`), or what has to be proven (`requires`).""",
        _NOTICE.format("service"),
        _NOTICE.format("service after notice"),
    ),
    "DUN361": code(
        "A notice that reaches nobody",
        "The step that is named as the notice sends nothing to the debtor.",
        _NOTICE.replace("send: letter service-notice", "notify: staff collections").format("service after notice"),
        _NOTICE.format("service after notice"),
    ),
    "DUN362": code(
        "An action of the host that is not declared",
        "`do` asks the host for something; `actions` at the top says what it offers, and with which parameters.",
        _host("{cancel-subscription: {}}", "cancel-contract"),
        _host("{cancel-subscription: {}}", "cancel-subscription"),
    ),
    "DUN363": code(
        "Parameters that do not fit",
        "An action of the host is asked for with all parameters that `actions` declares, each with a value of its kind.",
        _host("{cancel-subscription: {when: [at once, at period end]}}", "{cancel-subscription: {when: now}}"),
        _host("{cancel-subscription: {when: [at once, at period end]}}", "{cancel-subscription: {when: at once}}"),
    ),
    "DUN364": code(
        "A declaration that says nothing usable",
        """Each action has a name and its parameters as keys. A parameter is `text`, `number`, `amount`, `day` or
        `yes/no`, or a list of words to choose from.""",
        _host("{cancel-subscription: {when: moment}}", "{cancel-subscription: {when: 2026-03-01}}"),
        _host("{cancel-subscription: {when: day}}", "{cancel-subscription: {when: 2026-03-01}}"),
    ),
    "DUN365": code(
        "Something is taken back that was never done",
        "A warning: no step above restricts what is restored, or places with the agency that the case is recalled from.",
        """
        steps:
          - step: back
            when: 30 days after due
            restore: service
        """,
        _NOTICE.format("service after notice"),
    ),
    "DUN366": code(
        "A private person's debt is told to somebody else",
        """A warning: `applies_to` says that every debtor is a consumer, and nobody but they, their guarantor and their
        representative may hear of what they owe. The gate blocks such a message each time.""",
        _TO.format("manager"),
        _TO.format("guarantor"),
    ),
    "DUN371": code(
        "A long ladder that leads nowhere",
        """A note: four steps or more only write and call, set no deadline, and after the last one nothing happens and
        nobody is told: the debt is forgotten. Let the staff know, set a deadline, or hand off.""",
        _LONG.format("send: letter last-reminder"),
        _LONG.format("notify: staff collections"),
    ),
})  # fmt: skip
"""By code; `policy.codes` has all of them."""
