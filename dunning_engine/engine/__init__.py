"""Floor 6: the shell that composes: clock, files, store and adapters around the pure core."""
