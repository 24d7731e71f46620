"""Rules about what was asked for, known and written: holds, refusals, prerequisites, texts, disputes, notices."""

from __future__ import annotations

import re
from typing import Any, Final

from dunning_engine.compliance.audit.answers import answer, fact, judged, told
from dunning_engine.compliance.audit.scene import Facts, Found, Json, Scene, shown, wall


def blocked_channels(_limit: Json, scene: Scene) -> Found | None:
    """Whether the debtor had asked not to be reached this way."""
    for refused in scene.history.opted_out:
        if refused.channel.value == scene.channel and refused.when.stood(scene.at, scene.deed.debts):
            return Found(
                f"the debtor had asked not to be reached by {scene.channel}", _since(refused.when.start, scene)
            )
    return None


def blocked_person(reasons: Any, scene: Scene) -> Found | None:
    """Whether a hold was in force."""
    for hold in scene.history.holds:
        if hold.reason in reasons and hold.when.stood(scene.at, scene.deed.debts):
            return Found(f"in force: {hold.reason}", _since(hold.when.start, scene))
    return None


def _since(start: int | None, scene: Scene) -> tuple[str, ...]:
    return () if start is None else (f"since {shown(start, scene.here)}",)


LAST_DIGITS: Final = 7


def blocked_addresses(_limit: Json, scene: Scene) -> Found | None:
    """Whether the debtor had asked not to be reached at this address."""
    refused: Any = scene.known.get("refused_addresses", frozenset())
    address: Any = scene.known.get("address")
    if address is None or _bare(address) not in {_bare(one) for one in refused}:
        return None
    return Found(f"the debtor had asked not to be reached at {address}")


def _bare(address: str) -> str:
    """An address without what may be spelled in several ways: the last seven digits of a number, else plain words."""
    digits = re.sub(r"\D", "", address)
    number = len(digits) >= LAST_DIGITS and not re.search(r"[A-Za-z@]", address)
    return digits[-LAST_DIGITS:] if number else " ".join(address.lower().split())


def prerequisites(limit: Json, scene: Scene) -> Found | None:
    """Whether something that was needed was missing, or something stood in the way."""
    missing = [q for q in limit.get("needs", ()) if judged(q, scene) and answer(q, scene) is not True]
    if missing:
        return Found("; ".join(told(question, scene) for question in missing))
    lists = limit.get("any_of", ())
    if lists and not any(all(not judged(q, scene) or answer(q, scene) is True for q in each) for each in lists):
        known = dict.fromkeys(told(q, scene) for each in lists for q in each if judged(q, scene))
        return Found("none of the ways that the law accepts was followed", tuple(known))
    in_the_way = [q for q in limit.get("refuses", ()) if judged(q, scene) and answer(q, scene) is True]
    return Found("; ".join(told(question, scene) for question in in_the_way)) if in_the_way else None


def carries(items: Any, scene: Scene) -> Found | None:
    """Whether the text lacked something that it had to carry."""
    carried: Any = scene.known.get("carries")
    if carried is None:
        unproven = Found(f"nobody can show that the text carried {', '.join(items)}")
        return unproven if scene.facts is Facts.REQUIRED else None
    lacking = [item for item in items if item not in carried]
    return Found(f"the text lacked {', '.join(lacking)}") if lacking else None


def open_challenge(_limit: Json, scene: Scene) -> Found | None:
    """Whether a dispute about the debt was waiting for its answer."""
    challenges: Any = scene.known.get("challenges", ())
    received = [challenge for challenge in challenges if challenge.received <= scene.at]
    for challenge in received:
        if not _answered(challenge, received, scene):
            return Found(f"the dispute of {shown(challenge.received, scene.here)} was not answered")
    return None


def _answered(challenge: Any, received: list[Any], scene: Scene) -> bool:
    """By verification; or, where it repeats one that was answered, by a notice that says so."""
    if challenge.answered is not None and challenge.answered <= scene.at:
        return True
    notice = fact(scene, "duplicate_notice")
    earlier = any(
        other.received < challenge.received and other.answered is not None and other.answered <= scene.at
        for other in received
    )
    return challenge.repeats and earlier and isinstance(notice, int) and notice >= challenge.received


def bureau_notice(limit: Json, scene: Scene) -> Found | None:
    """Whether a report came before the debtor was spoken to, or a notice had stood long enough."""
    notices: Any = scene.known.get("notices")
    if notices is None and scene.facts is Facts.ASSUMED:
        return None
    if _may_report(scene.at, notices or (), limit["days"], scene):
        return None
    events = tuple(f"{notice.what} {shown(notice.at, scene.here)}" for notice in notices or ())
    return Found(f"no notice had stood for {limit['days']} days", events)


def _may_report(at: int, notices: Any, days: int, scene: Scene) -> bool:
    """Also after an earlier report that was lawful in itself: what comes back later changes nothing."""
    past = [notice for notice in notices if notice.at <= at]
    if any(notice.what == "spoke" for notice in past):
        return True
    reports = [notice.at for notice in past if notice.what == "reported" and notice.at < at]
    if any(_may_report(report, notices, days, scene) for report in reports):
        return True
    sent = max((notice.at for notice in past if notice.what == "sent"), default=None)
    if sent is None or any(notice.what == "returned" and notice.at >= sent for notice in past):
        return False
    own = scene.history.zone
    stood = (wall(at, own).date() - wall(sent, own).date()).days
    watched = scene.known.get("monitored") is True or (scene.facts is Facts.ASSUMED and "monitored" not in scene.known)
    return stood >= days + 1 and watched
