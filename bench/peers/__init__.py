"""The engine beside its peers, on one machine and in one run."""
