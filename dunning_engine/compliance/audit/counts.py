"""Rules that count contacts, by counting them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from dunning_engine.compliance.audit.scene import Found, Json, Scene, concerns, meant, person, shown, wall
from dunning_engine.domain.contacts import Outcome

if TYPE_CHECKING:
    from dunning_engine.domain.contacts import Contact
    from dunning_engine.kernel.calendar import Instant

DAY = 86_400
SOMEWHERE = 3_600
"""Where nobody knows the zone, a day may be about to begin somewhere and last an hour longer."""


def contacts(limit: Json, scene: Scene) -> Found | None:
    """Whether as many contacts as are allowed had been made already."""
    if not _asked(limit, scene):
        return None
    spent = _spent(limit, scene)
    if spent is None:
        return None
    return Found(
        f"{len(spent)} that count came before it, and {limit['count']} are allowed", _told(spent, scene), spent
    )


def retries(limit: Json, scene: Scene) -> Found | None:
    """Whether the payment had been tried again as often as is allowed; acts whose purpose is `retry_payment` are tries."""
    start = scene.at - limit["hours"] * 3_600
    made = tuple(
        number
        for number, deed in enumerate(scene.history.deeds[: scene.index])
        if deed.contact is None
        and deed.facts.get("purpose") == "retry_payment"
        and deed.at > start
        and concerns(deed.debts, scene.deed.debts)
    )
    if len(made) < limit["count"]:
        return None
    told = tuple(f"tried again {shown(scene.history.deeds[number].at, scene.here)}" for number in made)
    return Found(f"{len(made)} further attempts came before it, and {limit['count']} are allowed", told, made)


def together(parts: Any, scene: Scene) -> Found | None:
    """Whether every part was used up."""
    spent = [_spent(part, scene) for part in parts]
    used = [part for part in spent if part is not None]
    if len(used) < len(spent):
        return None
    all_of_them = tuple(sorted({number for part in used for number in part}))
    counts = " and ".join(str(len(part)) for part in used)
    return Found(f"{counts} that count came before it", _told(all_of_them, scene), all_of_them)


def _asked(limit: Json, scene: Scene) -> bool:
    """Whether the attempt is of the kind that the limit is about."""
    contact = scene.deed.contact
    assert contact is not None
    line = str(scene.known.get("line", ""))
    about = not limit.get("channels") or meant(scene.channel, limit["channels"])
    on_line = not limit.get("lines") or line in limit["lines"]
    excused = not limit.get("consented", True) and agreed(contact.channel.value, scene.at, scene.deed.debts, scene)
    return about and on_line and not excused


def _spent(limit: Json, scene: Scene) -> tuple[int, ...] | None:
    """The contacts that use the limit up, by any of its readings; `None` where there is room."""
    for debts in scene.debts(limit["per"]):
        counted = [(number, contact.at) for number, contact in scene.before() if _counts(limit, scene, debts, contact)]
        for reading in _readings(limit, scene):
            inside = tuple(number for number, at in counted if reading(at))
            if len(inside) >= limit["count"]:
                return inside
    return None


def _readings(limit: Json, scene: Scene) -> Iterator[Any]:
    """Each way to read the days of a limit, as a question to the instant of a contact."""
    days, counting = limit["days"], limit["counting"]
    if counting in ("rolling", "both"):
        yield lambda at: scene.at - at < days * DAY
    if counting in ("calendar", "both"):
        for zone in scene.zones:
            yield lambda at, zone=zone: (wall(scene.at, zone).date() - wall(at, zone).date()).days < days
        if not scene.zones:
            yield lambda at: scene.at - at < days * DAY + SOMEWHERE
    if counting == "month":
        for zone in scene.zones or (scene.history.zone,):
            yield lambda at, zone=zone: f"{wall(at, zone):%Y-%m}" == f"{wall(scene.at, zone):%Y-%m}"


def _counts(limit: Json, scene: Scene, debts: tuple[str, ...], contact: Contact) -> bool:
    return bool(
        not contact.inbound
        and (not limit.get("channels") or meant(contact.channel.value, limit["channels"]))
        and concerns(contact.debts, debts)
        and person(contact.addressee) == scene.addressee
        and (not limit.get("lines") or contact.line in limit["lines"])
        and (not limit.get("counted") or contact.outcome.value in limit["counted"])
        and contact.outcome.value not in limit.get("uncounted", ())
        and (limit.get("replies", True) or not contact.reply)
        and (not limit.get("unanswered") or not (contact.answered or contact.reply))
        and (limit.get("consented", True) or not agreed(contact.channel.value, contact.at, contact.debts, scene))
        and (not limit.get("since_conversation") or _has_talked(contact.at, scene))
    )


def _has_talked(at: Instant, scene: Scene) -> bool:
    """Whether a contact was a conversation with the person, or came after one, whatever it was about."""
    return any(talk.at <= at for _, talk in _talks((), scene))


def _talks(debts: tuple[str, ...], scene: Scene) -> Iterator[tuple[int, Contact]]:
    """Conversations with the same person about some debts, whoever began them."""
    for number, contact in scene.before():
        spoke = contact.outcome is Outcome.CONVERSATION and person(contact.addressee) == scene.addressee
        if spoke and concerns(contact.discussed or contact.debts, debts):
            yield number, contact


def agreed(channel: str, at: Instant, debts: tuple[str, ...], scene: Scene) -> bool:
    """Whether the person had agreed to a call: for seven days, and until the next conversation."""
    consents: Any = scene.known.get("call_consents", ())
    return channel == "call" and any(_covers(consent, at, debts, scene) for consent in consents)


def _covers(consent: Any, at: Instant, debts: tuple[str, ...], scene: Scene) -> bool:
    own = scene.history.zone
    given, day = wall(consent.given, own).date(), wall(at, own).date()
    conversations = (contact for _, contact in scene.before() if contact.outcome is Outcome.CONVERSATION)
    checks = (
        consent.given <= at,
        (day - given).days <= 6,
        consent.until is None or day.toordinal() <= consent.until,
        consent.revoked is None or at < consent.revoked,
        consent.debt is None or consent.debt in debts,
        not any(consent.given < talk.at < at for talk in conversations),
    )
    return all(checks)


def spacing(limit: Json, scene: Scene) -> Found | None:
    """Whether the last contact was only minutes ago."""
    if limit.get("channels") and not meant(scene.channel, limit["channels"]):
        return None
    near = tuple(
        number
        for number, contact in scene.before()
        if not contact.inbound
        and (not limit.get("channels") or meant(contact.channel.value, limit["channels"]))
        and scene.at - contact.at <= 60 * limit["minutes"]
    )
    return Found(f"another one came within {limit['minutes']} minutes", _told(near, scene), near) if near else None


def cooling_off(limit: Json, scene: Scene) -> Found | None:
    """Whether days of rest after a conversation were still running."""
    contact = scene.deed.contact
    assert contact is not None
    if limit.get("channels") and not meant(scene.channel, limit["channels"]):
        return None
    if agreed(scene.channel, scene.at, scene.deed.debts, scene):
        return None
    for debts in scene.debts(limit["per"]):
        for number, talk in _talks(debts, scene):
            if _resting(limit, talk.at, scene):
                return Found(
                    f"the debtor was spoken to {shown(talk.at, scene.here)}", _told((number,), scene), (number,)
                )
    return None


def _resting(limit: Json, talk: Instant, scene: Scene) -> bool:
    """The day of the conversation is one of rest in any case, whether it is counted or not."""
    days = limit["days"] + (1 if limit.get("day_itself") else 0)
    ago = [(wall(scene.at, zone).date() - wall(talk, zone).date()).days for zone in scene.zones]
    return any(passed < days for passed in ago) if ago else scene.at - talk < days * DAY + SOMEWHERE


def _told(numbers: tuple[int, ...], scene: Scene) -> tuple[str, ...]:
    deeds = [scene.history.deeds[number] for number in numbers]
    return tuple(
        f"{deed.contact.channel.value} {shown(deed.at, scene.here)}, {deed.contact.outcome.value}"
        for deed in deeds
        if deed.contact is not None
    )
