"""Floor 4: what the engine asks of the world, as Protocols; each has a contract suite in `dunning_engine.testing`."""
