"""The third claim: how far beyond the domain do program and network stay together?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from dsl.rows import Rows
from verify.behaviour import Agreement


@dataclass(frozen=True, slots=True, eq=False)
class Reach:
    """What was tried beyond the domain.

    tried: (least, most) length of the inputs tried, None where nothing could be; inputs: how many.
    parted: the shortest input on which program and network differ, None where they never did.
    why: why nothing was tried.
    """

    tried: tuple[int, int] | None
    inputs: int
    parted: Rows | None
    why: str = ""


def probe(rows: Rows, agree: Callable[[Rows], Agreement]) -> Reach:
    """Compare program and network on rows beyond the domain, and give the shortest on which they part."""
    lengths = rows.lengths
    if lengths is None or not len(rows):
        return Reach(None, 0, None, "the inputs have no lengths to go beyond")
    found = agree(rows)
    wrong = np.flatnonzero((~found.same & found.counted).any(axis=1))
    span = (int(lengths.min()), int(lengths.max()))
    if not len(wrong):
        return Reach(span, len(rows), None)
    first = wrong[np.argmin(lengths[wrong])]
    return Reach(span, len(rows), rows.take(np.array([first])))
