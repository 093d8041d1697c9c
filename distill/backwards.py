"""Which sites are called from the last position to the first, as the other direction of a bidirectional layer is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from distill import probe
from distill.loading.cells import called_backwards
from distill.sites import Taps
from verify.subject import EVERY, Site

if TYPE_CHECKING:
    from distill.network import Network

_FEW = 4  # rows that are tried


def backward_sites(network: Network) -> frozenset[Site]:
    """Give the sites called once a position whose first call is at the last one.

    Those in torch's own layers are known. Of others, those are told whose first call hangs on the last position of
    the input and on no other; a second layer that runs backwards is not.
    """
    places = [p for s, p in network.places.items() if s.call == EVERY]
    known = called_backwards(network.module) if places else frozenset[str]()
    found = {p.site for p in places if p.site.path in known}
    if unknown := [p for p in places if p.site.path not in known]:
        rows, length = network.fixed_rows or _FEW, probe.lengths(network)[-1]
        values, others = (probe.draw(network.spec, network.found, rows, length, seed) for seed in (0, 1))
        first: list[dict[Site, np.ndarray]] = []
        for early, last in ((values, values), (others, values), (values, others)):
            taps = Taps(unknown, {})
            network.forward(network.tensor(np.concatenate([early[:, :-1], last[:, -1:]], axis=1)), taps)
            first.append({p.site: taps.recorded(p.site)[:, 0] for p in unknown})
        plain, earlier, later = first
        found |= {s for s in plain if _same(plain[s], earlier[s]) and not _same(plain[s], later[s])}
    return frozenset(found)


def _same(first: np.ndarray, second: np.ndarray) -> bool:
    return probe.close(first, second, probe.HARMLESS)


__all__ = ["backward_sites"]
