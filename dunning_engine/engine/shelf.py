"""The policy versions and rulebooks at hand; versions that no file holds any more come back from the store."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import TYPE_CHECKING

from dunning_engine.compliance.rulebook import Rulebook, named
from dunning_engine.engine.loading import SOURCE, load_rulebooks, policy_of
from dunning_engine.kernel.errors import NotFound, UsageError
from dunning_engine.ports.law_codec import law_of, law_text, stricter
from dunning_engine.ports.store import StoredPolicy

if TYPE_CHECKING:
    from dunning_engine.domain.events import PolicyRef
    from dunning_engine.policy.model import Policy
    from dunning_engine.ports.sources import CalendarSource
    from dunning_engine.ports.store import Transaction


class Shelf:
    """Policies by content and by name; each with the rulebooks that it is asked under, always the same objects."""

    def __init__(
        self,
        policies: Iterable[Policy],
        *,
        rulebooks: Iterable[Rulebook] | None,
        house: Rulebook,
        calendars: CalendarSource | None,
    ) -> None:
        self._by_hash: dict[str, Policy] = {}
        self._newest: dict[str, Policy] = {}
        self._books: dict[str, tuple[Rulebook, ...]] = {}
        self._laws: dict[str, str] = {}
        self._rulebooks = None if rulebooks is None else tuple(rulebooks)
        self._house = house
        self._calendars = calendars
        for policy in policies:
            self._add(policy)

    def _add(self, policy: Policy) -> None:
        self._by_hash[policy.hash] = policy
        newest = self._newest.get(policy.name)
        if newest is None or newest.version < policy.version:
            self._newest[policy.name] = policy
        law = self._law(policy)
        self._ask(policy, (*law, self._house) if self._house.rules else law)

    def _ask(self, policy: Policy, books: tuple[Rulebook, ...]) -> None:
        self._books[policy.hash] = books
        self._laws.pop(policy.hash, None)

    def _law(self, policy: Policy) -> tuple[Rulebook, ...]:
        """Its rulebooks; a host that brings its own need not bring the schemes' for a policy that does not name them."""
        if self._rulebooks is None:
            return load_rulebooks(policy.books)
        brought = {book.name for book in self._rulebooks}
        shipped = [name for name in policy.books if name not in (*policy.law, *brought)]
        own = [name for name in policy.books if name not in shipped]
        return (*named(self._rulebooks, own), *load_rulebooks(shipped))

    @property
    def policies(self) -> tuple[Policy, ...]:
        return tuple(self._by_hash.values())

    def register(self, tx: Transaction) -> None:
        """Keep every version in the store; refuses one whose content has changed."""
        for policy in self._by_hash.values():
            tx.register(StoredPolicy(policy.ref, str(policy.memo.get(SOURCE, ""))))
            self._pin(policy, tx)

    def recall(self, tx: Transaction) -> None:
        """Let the law that was kept for each version bind it; those that the store does not know yet stay as they are."""
        for policy in self._by_hash.values():
            if tx.policy(policy.hash) is not None:
                self._pin(policy, tx)

    def _pin(self, policy: Policy, tx: Transaction) -> None:
        """Let the law under which a version was registered go on binding it, where the law of today asks less."""
        current = self._law(policy)
        kept = tx.pin(policy.hash, law := law_text(current))
        if kept != law:
            when = f"as pinned by {policy.name} version {policy.version}"
            self._ask(policy, (*stricter(law_of(kept), current, when), *self._books[policy.hash]))

    def newest(self, name: str) -> Policy:
        """The policy that new cases of this name are opened under."""
        found = self._newest.get(name)
        if found is None:
            raise NotFound(
                f"no policy is called {name!r}; the engine was opened with {', '.join(sorted(self._newest))}"
            )
        return found

    def of(self, ref: PolicyRef, tx: Transaction) -> tuple[Policy, Sequence[Rulebook]]:
        """The version that a case keeps, and its rulebooks."""
        if ref.hash not in self._by_hash:
            self._revive(ref, tx)
        return self._by_hash[ref.hash], self._books[ref.hash]

    def law(self, policy: Policy) -> str:
        """The rulebooks of a version that `of` gave, as one hash."""
        if policy.hash not in self._laws:
            self._laws[policy.hash] = sha256(law_text(self._books[policy.hash]).encode()).hexdigest()
        return self._laws[policy.hash]

    def _revive(self, ref: PolicyRef, tx: Transaction) -> None:
        stored = tx.policy(ref.hash)
        if stored is None or not stored.source:
            raise UsageError(f"cases keep {ref.name} version {ref.version}: open the engine with that version as well")
        policy = policy_of(stored.source, f"{ref.name} version {ref.version}", calendars=self._calendars)
        if policy.hash != ref.hash:
            raise UsageError(
                f"{ref.name} version {ref.version} reads differently in this version of dunning_engine: "
                "migrate its cases, or keep the version that opened them"
            )
        newest = self._newest.get(ref.name)
        self._add(policy)
        self._pin(policy, tx)
        if newest is not None:
            self._newest[ref.name] = newest
        else:
            del self._newest[ref.name]
