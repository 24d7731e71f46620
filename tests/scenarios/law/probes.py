PROBES = ()
YIELDING = frozenset()
