"""Floor 1: the people, debts, facts, limits and actions of dunning, as plain values; a case is a fold of events."""
