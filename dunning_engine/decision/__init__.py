"""Floor 3: what should happen to a case now, and why: pure functions of case, policy, rulebooks and `now`."""
