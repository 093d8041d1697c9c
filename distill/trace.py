"""A trace: rows run through a network once, with what it answered and what it computed on the way."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from distill.network import Network
from distill.readout import Readout
from dsl.rows import Answers, Rows
from verify.subject import Site

MEMORY = 2**30  # bytes of activations that a trace takes at most


@dataclass(frozen=True, slots=True, eq=False)
class Trace:
    """What a network did on some rows.

    activations: float [row, *site.shape] by site; beyond a row's own length the values mean nothing.
    left_out: sites that were asked for and did not fit into the memory.
    """

    rows: Rows
    answers: Answers
    activations: Mapping[Site, np.ndarray]
    left_out: tuple[Site, ...] = ()


def trace(network: Network, readout: Readout, rows: Rows, sites: Sequence[Site] = (), *, memory: int = MEMORY) -> Trace:
    """Run rows and record sites, as many of them as fit into `memory` bytes, in the order given.

    Raises UnknownSite for a site that is not the network's, BadInput where the network cannot take the rows.
    """
    kept, left_out = fitting(sites, rows, memory)
    run = network.run(rows, record=kept)
    return Trace(rows, readout.answers(run.outputs, rows), run.recorded, left_out)


def fitting(sites: Sequence[Site], rows: Rows, memory: int) -> tuple[tuple[Site, ...], tuple[Site, ...]]:
    """Part sites into those whose float32 activations fit into `memory` bytes together, in order, and the others."""
    kept: list[Site] = []
    for site in sites:
        if size_of(site, rows) <= memory:
            kept.append(site)
            memory -= size_of(site, rows)
    return tuple(kept), tuple(s for s in sites if s not in kept)


def size_of(site: Site, rows: Rows) -> int:
    """Give the bytes that a site's float32 activations on some rows take."""
    return 4 * len(rows) * math.prod(rows.values.shape[1] if n == "position" else n for n in site.shape)
