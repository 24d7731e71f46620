"""A small invoicing app with dunning inside: its ledger and the engine's events share one database and one transaction."""
