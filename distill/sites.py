"""Sites of torch modules: found by running, watched through hooks, recorded and replaced call by call."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel

from distill.loading.graph import Graph
from distill.patterns import SUFFIX, softmaxes
from verify.subject import EVERY, Site, UnknownSite

Handler = Callable[[str, Tensor], "Tensor | None"]  # sees (path, value); what it returns, if not None, replaces it


@dataclass(frozen=True, slots=True)
class Place:
    """A site, and which axis of the raw value is the rows'."""

    site: Site
    axis: int


@dataclass(frozen=True, slots=True)
class Replacement:
    """A swap of one batch, as tensors: values [row, *shape], NaN where nothing is replaced; basis [unit, rank]."""

    values: Tensor
    basis: Tensor | None

    def of_call(self, call: int) -> Replacement:
        """Give the part for one call of a site that is called once a position."""
        return Replacement(self.values[:, call], self.basis)

    def apply(self, value: Tensor, position: int | None) -> Tensor:
        """Replace part of a value [row, *shape]; position: the axis of its positions, which are no units."""
        new = self.values.to(value.dtype)
        if self.basis is not None:
            change = (new - value) if position is None else (new - value).movedim(position, 1)
            basis = self.basis.to(value.dtype)
            within = change.flatten(1 if position is None else 2) @ basis @ basis.T  # one NaN makes a cell's units NaN
            within = within.reshape(change.shape)
            new = value + (within if position is None else within.movedim(1, position))
        return torch.where(torch.isnan(new), value, new)


@contextmanager
def watching(module: nn.Module, handler: Handler, paths: Collection[str] | None = None) -> Iterator[None]:
    """Let `handler` see the values that leave the modules at `paths` (all of them where None) or the graph's nodes.

    Fused kernels bypass both: run `unfused`. TorchScript runs out of sight: it shows nothing.
    """
    if isinstance(module, torch.jit.ScriptModule):
        yield
        return
    if isinstance(module, Graph):
        module.tap = handler
        try:
            yield
        finally:
            module.tap = None
        return
    handles = [
        child.register_forward_hook(_hook(path, handler))
        for path, child in module.named_modules()
        if path and (paths is None or path in paths)
    ]
    patterns = paths is None or any(p.endswith(SUFFIX) for p in paths)
    try:
        with softmaxes(module, handler) if patterns else nullcontext():
            yield
    finally:
        for handle in handles:
            handle.remove()


@contextmanager
def unfused() -> Iterator[None]:
    """Run without the fused kernels that bypass submodules and softmaxes, nor those that round to fewer bits.

    Results then do not depend on who looks, and little on the device.
    """
    fused = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        with (
            sdpa_kernel(SDPBackend.MATH),
            torch.backends.cudnn.flags(enabled=True, benchmark=False, deterministic=True, allow_tf32=False),
        ):
            yield
    finally:
        torch.backends.mha.set_fastpath_enabled(fused)


def _hook(path: str, handler: Handler) -> Callable[[nn.Module, Any, Any], Any]:
    """Watch a module's output, or the first of its outputs."""

    def hook(module: nn.Module, args: Any, output: Any) -> Any:
        first: Any = output[0] if isinstance(output, tuple) and output else output
        if not isinstance(first, Tensor) or not first.is_floating_point():
            return None
        replaced = handler(path, first)
        if replaced is None or not isinstance(output, tuple):
            return replaced
        return (replaced, *output[1:])

    return hook


class Taps:
    """Records and replaces the values of one batch.

    places: the sites of interest; patch: what of them is replaced.
    """

    def __init__(self, places: Collection[Place], patch: Mapping[Site, tuple[Replacement, ...]]) -> None:
        self.places = {(p.site.path, p.site.call): p for p in places}
        self.patch = patch
        self.calls: Counter[str] = Counter()
        self.values: dict[Site, list[Tensor]] = {}

    def __call__(self, path: str, value: Tensor) -> Tensor | None:
        """Take the next value that leaves `path`."""
        call = self.calls[path]
        self.calls[path] += 1
        place = self.places.get((path, call)) or self.places.get((path, EVERY))
        if place is None:
            return None
        replaced = None
        if place.site in self.patch:
            every = place.site.call == EVERY
            replaced = value.movedim(place.axis, 0)
            for part in self.patch[place.site]:
                part = part.of_call(call) if every else part
                replaced = part.apply(replaced, None if every else place.site.positions)
            replaced = replaced.movedim(0, place.axis)
        kept = (value if replaced is None else replaced).movedim(place.axis, 0)
        self.values.setdefault(place.site, []).append(kept.clone())  # what follows may work in place
        return replaced

    def check_all_fired(self) -> None:
        """Raise UnknownSite where a site of interest computed nothing: its module was not called, or bypassed."""
        for place in self.places.values():
            if place.site not in self.values:
                raise UnknownSite(f"site {place.site} computed nothing in this run; it cannot be recorded or patched")

    def recorded(self, site: Site) -> np.ndarray:
        """Give what left a site: [row, *shape]."""
        values = self.values[site]
        value = torch.stack(values, dim=1) if site.call == EVERY else values[0]
        return value.cpu().numpy()


def discover(module: nn.Module, run: Callable[[int, int | None], int], lengths: tuple[int, ...]) -> tuple[Place, ...]:
    """Find the sites by running small batches of different sizes and seeing which axes follow them.

    run: runs a batch of this many rows and this length (None where there is no sequence axis), and gives how many
         rows there were in truth (exported graphs may fix it).
    lengths: none, or one, or two lengths to tell the position axis by.
    Left out: values without a row axis, and those that are another module's output passed on.
    """
    length, more_length = (lengths[0], lengths[-1]) if lengths else (None, None)
    few, many = _Values(), _Values()
    with watching(module, few):
        rows = run(5, length)
    with watching(module, many):
        more_rows = run(7, more_length)
    kind = "node" if isinstance(module, Graph) else "module"
    places = []
    for path, values in few.found.items():
        others = many.found.get(path, [])
        every = more_length is not None and more_length > 1 and (len(values), len(others)) == (length, more_length)
        if not every and len(values) != len(others):
            continue  # called as often as the input says, but not once a position
        for call, (value, other) in enumerate(zip(values, others, strict=False)):
            if value is not None and other is not None and (call == 0 or not every):
                axes = _axes(value, other, (rows, more_rows), (length, more_length))
                if axes is not None and "row" in axes:
                    places.append(_place(path, EVERY if every else call, axes, kind, value))
    return tuple(places)


def _place(path: str, call: int, axes: tuple[Any, ...], kind: Any, value: Tensor) -> Place:
    axis = axes.index("row")
    shape = axes[:axis] + axes[axis + 1 :]
    if call == EVERY:
        shape = ("position", *shape)
    elif shape[-2:] == ("position", "position") and _is_distribution(value):
        kind = "attention"
    return Place(Site(path, call, shape, kind), axis)


class _Values:
    """Keeps each call's value; None where it is a value kept before, passed on."""

    def __init__(self) -> None:
        self.found: dict[str, list[Tensor | None]] = {}
        self.known: dict[int, Tensor] = {}

    def __call__(self, path: str, value: Tensor) -> None:
        self.found.setdefault(path, []).append(None if id(value) in self.known else value)
        self.known[id(value)] = value


def _axes(value: Tensor, other: Tensor, rows: tuple, lengths: tuple) -> tuple[Any, ...] | None:
    """Name each axis: "row", "position" or its size; None where one follows something else.

    Where the network takes one length only, positions are told by their place: first, or of attention.
    """
    if value.ndim != other.ndim:
        return None
    names: list[Any] = []
    for axis, pair in enumerate(zip(value.shape, other.shape, strict=True)):
        fixed = pair[0] == pair[1]
        if pair == rows and "row" not in names:
            names.append("row")
        elif pair == lengths and (not fixed or axis == 1 or (axis >= value.ndim - 2 and _is_distribution(value))):
            names.append("position")
        elif fixed:
            names.append(pair[0])
        else:
            return None
    return tuple(names)


def _is_distribution(value: Tensor) -> bool:
    """Say whether the last axis holds weights that sum to one."""
    total = value.sum(-1)
    return bool((value >= 0).all() and torch.allclose(total, torch.ones_like(total), atol=1e-3))
