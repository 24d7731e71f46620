"""Floor 2: what is allowed: rulebooks as dated and cited data, and the gate that every action has to pass."""
