"""Diagnostics of segments and of routing files."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from dunning_engine.policy.code import Code, code

ROUTING_CODES: Mapping[str, Code] = MappingProxyType({
    "DUN380": code(
        "A segment that is not there",
        "`segment is …` asks about a segment of the same file. The message names the one that was probably meant.",
        """
        segments: {risky: [risk is high], newcomer: [customer for less than 6 months]}
        steps:
          - {step: nudge, when: 3 days after due, only_if: [segment is newcomer], send: email reminder}
          - {step: reminder, when: 7 days after due, only_if: [segment is risky], send: email reminder}
          - {step: call, when: 14 days after due, only_if: [segment is riski], call: reminder-script}
        """,
        """
        segments: {risky: [risk is high], newcomer: [customer for less than 6 months]}
        steps:
          - {step: nudge, when: 3 days after due, only_if: [segment is newcomer], send: email reminder}
          - {step: reminder, when: 7 days after due, only_if: [segment is risky], send: email reminder}
          - {step: call, when: 14 days after due, only_if: [segment is risky], call: reminder-script}
        """,
    ),
    "DUN381": code(
        "A segment that nothing asks about",
        "A warning: no condition of the file says `segment is …` with this name. Ask about it, or take it away.",
        "segments: {risky: [risk is high]}",
        """
        segments: {risky: [risk is high]}
        steps:
          - {step: reminder, when: 7 days after due, unless: [segment is risky], send: email reminder}
        """,
    ),
    "DUN382": code(
        "A route whose policy is never for what it brings",
        """The conditions of the route and `applies_to` of its policy are never true together, so that nothing would be
        opened. Change the conditions, or choose another policy.""",
        """
        routing: default
        version: 1
        routes:
          - {use: consumers, when: [debtor is business]}
          - use: example
        """,
        """
        routing: default
        version: 1
        routes:
          - {use: consumers, when: [debtor is consumer]}
          - use: example
        """,
    ),
    "DUN383": code(
        "A route that does not say what it chooses",
        "A route has `use` with a policy, or `experiment` with `split`, which lists the variants; routing has a route at least.",
        """
        routing: default
        version: 1
        routes:
          - experiment: sooner
          - use: example
        """,
        """
        routing: default
        version: 1
        routes:
          - experiment: sooner
            split: [50 % example as control, 50 % consumers as sooner]
            when: country is US
          - use: example
        """,
    ),
    "DUN384": code(
        "A policy that is not there",
        "Routing chooses among the policies of its folder, or of the configuration that names it.",
        """
        routing: default
        version: 1
        routes:
          - use: exampel
        """,
        """
        routing: default
        version: 1
        routes:
          - use: example
        """,
    ),
    "DUN385": code(
        "Shares that do not make 100 %",
        "Every debtor of a route belongs to one variant of its experiment, so that the shares make 100 % in all.",
        """
        routing: default
        version: 1
        routes:
          - experiment: sooner
            split: [50 % example as control, 40 % consumers as sooner]
        """,
        """
        routing: default
        version: 1
        routes:
          - experiment: sooner
            split: [50 % example as control, 50 % consumers as sooner]
        """,
    ),
    "DUN386": code(
        "An experiment or variant whose name is taken",
        "Reports tell experiments and their variants apart by name, and debtors are split by these names.",
        """
        routing: default
        version: 1
        routes:
          - experiment: sooner
            split: [50 % example as control, 50 % consumers as control]
        """,
        """
        routing: default
        version: 1
        routes:
          - experiment: sooner
            split: [50 % example as control, 50 % consumers as sooner]
        """,
    ),
    "DUN387": code(
        "A route that is never asked",
        """A warning: a route above it matches everything that this one would, and the first that matches chooses. Move it up,
        or take it away.""",
        """
        routing: default
        version: 1
        routes:
          - use: example
          - {use: consumers, when: [debtor is consumer]}
        """,
        """
        routing: default
        version: 1
        routes:
          - {use: consumers, when: [debtor is consumer]}
          - use: example
        """,
    ),
    "DUN388": code(
        "Routing without a default",
        """A warning: a debt that no route matches gets no policy and is not opened. A last route without conditions takes what
        is left.""",
        """
        routing: default
        version: 1
        routes:
          - {use: consumers, when: [debtor is consumer]}
        """,
        """
        routing: default
        version: 1
        routes:
          - {use: consumers, when: [debtor is consumer]}
          - use: example
        """,
    ),
    "DUN389": code(
        "An experiment without a control",
        """A warning: what a new policy brings shows in comparison with debtors who are dunned as before, in a variant called
        `control`.""",
        """
        routing: default
        version: 1
        routes:
          - experiment: sooner
            split: [50 % example as later, 50 % consumers as sooner]
        """,
        """
        routing: default
        version: 1
        routes:
          - experiment: sooner
            split: [50 % example as control, 50 % consumers as sooner]
        """,
    ),
})  # fmt: skip
