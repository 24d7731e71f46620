"""Floor 7: hosts that the engine lives in, one folder each."""
