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
})  # fmt: skip
"""By code; `policy.codes` has all of them."""
