"""What a verifier asks of a network: run it, with some activations recorded and others replaced."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

import numpy as np

from dsl.rows import Rows

EVERY = -1  # the call index of a site that is called once a position: its calls are stacked along the position axis


@dataclass(frozen=True, slots=True, order=True)
class Site:
    """A place in a network: the value that leaves it, in one of its calls.

    path: dotted module path, or module path and node name in an exported graph.
    call: which call of the module in one run, from 0; EVERY where it is called once a position (a recurrent cell).
    shape: what follows the row axis, as found: an int is a size, "position" the sequence axis.
    kind: "module" (a module's output), "node" (an operation's), or "attention" (weights over keys:
          [..., query, key], each query's summing to one).
    """

    path: str
    call: int = 0
    shape: tuple[int | Literal["position"], ...] = field(default=(), compare=False)
    kind: Literal["module", "node", "attention"] = field(default="module", compare=False)

    @property
    def positions(self) -> int | None:
        """The axis of the positions in a value [row, *shape]; None where there is none, or more than one."""
        axes = [a for a, size in enumerate(self.shape, start=1) if size == "position"]
        return axes[0] if len(axes) == 1 else None

    def __str__(self) -> str:
        return self.path if self.call in (0, EVERY) else f"{self.path}[{self.call}]"


@dataclass(frozen=True, slots=True, eq=False)
class Swap:
    """A replacement of part of a site's value: of what lies in the span of `basis`, the rest stays as it is.

    values: float [row, *shape], NaN where the network's own value stays.
    basis: float [unit, rank], orthonormal columns; units are the site's axes but "position", flattened in order.
           None: the whole value.
    """

    values: np.ndarray
    basis: np.ndarray | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """What one run gave.

    outputs: float [row, position, column], or [row, column] where the output has no position axis.
    recorded: float [row, *shape] by site; beyond a row's own length the values mean nothing.
    """

    outputs: np.ndarray
    recorded: Mapping[Site, np.ndarray]


Patch = Swap | tuple[Swap, ...]  # several are made one after the other


class Subject(Protocol):
    """Something that runs rows, and on which one may intervene."""

    @property
    def sites(self) -> tuple[Site, ...]:
        """The places that can be recorded and patched, in the order in which they are computed."""
        ...

    def run(self, rows: Rows, *, record: Sequence[Site] = (), patch: Mapping[Site, Patch] | None = None) -> Run:
        """Run the rows; `patch` replaces sites' values, the intervention `Explanation.run(given=)` makes on programs.

        A value is recorded as it leaves its site: after a patch of that site, and of those before it.
        Raises UnknownSite where a site is not one of `sites`, or did not compute anything in this run.
        """
        ...


class UnknownSite(LookupError):
    """A site that the network does not have, or that no computation passed through."""
