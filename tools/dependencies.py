"""Ask whether any installed package has a known vulnerability; one that is not answered in writing ends this with 1.

The question goes out by pip-audit. Where no database of vulnerabilities can be reached nothing is known either way:
that is said as `not checked`, and ends with 0.

    python tools/dependencies.py
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

SERVICES: Final = ("pypi", "osv")
"""Databases that pip-audit can ask, in the order in which they are tried."""

SECONDS: Final = 15
"""How long a database may take to answer about a package."""

ANSWERED: Final[Mapping[str, str]] = {}
"""Vulnerabilities that do not concern us: identity, and why."""


@dataclass(frozen=True)
class Answer:
    """What a database said: which packages it looked at, what it has against them, what it did not look at."""

    checked: tuple[str, ...]
    found: tuple[tuple[str, str], ...]
    """Package and vulnerability."""
    skipped: tuple[str, ...]
    why: str = ""
    """Why it said nothing at all."""


def answer(report: str, complaint: str) -> Answer:
    """Read what pip-audit wrote; it calls a package that its database does not know neither good nor bad."""
    try:
        packages: list[dict[str, Any]] = json.loads(report)["dependencies"]
    except (ValueError, KeyError, TypeError):
        lines = complaint.strip().splitlines()
        return Answer((), (), (), lines[-1][:160] if lines else "pip-audit said nothing")
    checked = tuple(package["name"] for package in packages if "vulns" in package)
    skipped = tuple(package["name"] for package in packages if "vulns" not in package)
    found = tuple((package["name"], one["id"]) for package in packages for one in package.get("vulns", ()))
    why = "" if checked else f"it knows none of the {len(skipped)} packages"
    return Answer(checked, found, skipped, why)


def asked(service: str) -> Answer:
    """Let pip-audit ask one database about the packages of this environment."""
    command = [sys.executable, "-m", "pip_audit", "-s", service, "--timeout", str(SECONDS)]
    command += ["-f", "json", "--skip-editable", "--progress-spinner", "off"]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own words
    return answer(ended.stdout, ended.stderr)


def told(ask: Callable[[str], Answer], services: Sequence[str] = SERVICES) -> tuple[list[str], bool]:
    """What there is to say, and whether all is well or unknown."""
    lines = []
    for service in services:
        got = ask(service)
        if got.why:
            lines.append(f"not checked: {service} gave no answer ({got.why})")
            continue
        wrong = [(package, one) for package, one in got.found if one not in ANSWERED]
        lines += [f"{package}: {one}" for package, one in wrong]
        lines += [f"{package}: {one}, answered: {ANSWERED[one]}" for package, one in got.found if one in ANSWERED]
        if got.skipped:
            lines.append(f"not checked: {service} knows nothing of {', '.join(got.skipped)}")
        lines.append(f"{len(got.checked)} packages checked by {service}, {len(wrong)} with something against them")
        return lines, not wrong
    return [*lines, "not checked: no database of vulnerabilities can be reached from here"], True


def main() -> int:
    """Ask, tell, and say whether it may stay so."""
    lines, well = told(asked)
    print("\n".join(lines))
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())
