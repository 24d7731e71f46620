"""Floor 5: stores: in memory, and SQL (SQLite); both pass the contract suite in `dunning_engine.testing`."""
