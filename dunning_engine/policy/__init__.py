"""Floor 2: what the creditor wants: the YAML policy, its phrases, and the frozen `Policy` that decisions run on."""
