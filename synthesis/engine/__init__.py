"""The engine: whole levels of two-place combinations, evaluated, fingerprinted and deduplicated in one pass.

`words`: columns as 64-bit words, booleans a bit each and integers in the narrowest type that holds them. `store`: the
distinct columns and the open-addressing table over them. `compiled`: its inner loop as machine code, where numba is
installed. `level`: all pairs of two lists of columns under one primitive, a cache-sized tile at a time.
`docs/engine.md` has the figures.
"""

from synthesis.engine.level import Level, extend
from synthesis.engine.store import BUDGET, Engine, Store

__all__ = ["BUDGET", "Engine", "Level", "Store", "extend"]
