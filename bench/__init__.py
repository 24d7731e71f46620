"""Benchmarks: what a decision, a durable action, a hand-over and a start cost here, beside peers in the same run."""
