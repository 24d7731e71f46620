"""Floor 7: policies over recorded portfolios, through the real core and without a store."""
