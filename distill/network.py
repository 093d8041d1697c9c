"""A trained network as a Subject: rows in, outputs and activations out, on one code path for every kind of input."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from contextlib import nullcontext
from functools import cached_property
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from distill import probe
from distill.backwards import backward_sites
from distill.errors import BadInput
from distill.loading import Model, load_model
from distill.loading.archive import MALFORMED, digest, fault
from distill.positions import beginning_at, position_embedding
from distill.sites import Place, Replacement, Taps, discover, unfused, watching
from distill.specs import Bundle, InputSpec
from dsl.rows import Rows
from verify.subject import Patch, Run, Site, UnknownSite

_BATCH, _SMALL_BATCH = 256, 64  # rows a batch: enough to be fast, and few enough that one row is not slow
_LARGE = 2**18  # parameters from which fewer rows a batch are as fast


class Network:
    """A network and what of its bundle matters to run it.

    Every batch has the same number of rows, the last one filled up with copies of a row, as float results depend on
    a batch's shape. Rows of different lengths share a batch only where the bundle names a padding symbol and padding
    was found to change nothing; otherwise each length has batches of its own.

    module: the torch module, in eval mode. kind: a short name of what it is. parameters: how many numbers it learnt.
    digest: sha256 of its files. found: what the network alone says of its input and output (`vocab_size`,
    `positions`, `width`, `columns`, ...). offset: the position at which inputs begin, see `shifted`.
    """

    def __init__(self, model: Model, spec: InputSpec, *, device: str = "cpu", digest: str = "") -> None:
        self.module = _still(model.module.to(device))
        self.spec, self.device, self.kind, self.digest, self.model = spec, device, model.kind, digest, model
        self.parameters = sum(p.numel() for p in self.module.parameters())
        self.columnless, self.offset = False, 0
        self.found: Mapping[str, Any] = {}
        self.found = probe.infer(self)
        self.columnless = self.found.get("at") == "each" and self.found.get("columns") == 1

    @cached_property
    def shares_padding(self) -> bool:
        """Say whether rows of different lengths can share a batch, padded."""
        return probe.padding_is_harmless(self)

    @cached_property
    def position_embedding(self) -> nn.Embedding | None:
        """Give the embedding that reads absolute positions, None where there is none."""
        if (length := max(probe.lengths(self), default=0)) < 2:
            return None
        values = probe.draw(self.spec, self.found, self.fixed_rows or 1, length)
        return position_embedding(self.module, lambda: self.forward(self.tensor(values)), length)

    def shifted(self, offset: int) -> Network:
        """Give the same network run with its inputs' first position at `offset`, not at 0.

        Raises BadInput where it has no embedding of absolute positions, or none that is so long.
        """
        embedding = self.position_embedding
        if embedding is None:
            remedy = "leave --offsets out"
            raise BadInput(self.kind, "no embedding of absolute positions", "one, to begin later in it", remedy)
        room = embedding.num_embeddings - offset
        if not 0 <= offset < embedding.num_embeddings:
            expected = f"an offset from 0 to {embedding.num_embeddings - 1}"
            raise BadInput(self.kind, f"offset {offset}", expected, "ask for one that fits")
        other = copy.copy(self)
        other.offset, other.found = offset, {**self.found, "positions": room}
        return other

    @property
    def sizes(self) -> tuple[int | None, ...]:
        """Give the input's sizes that the file fixes, None for those that vary; () where it does not say."""
        return self.model.known.get("sizes", ())

    @cached_property
    def places(self) -> dict[Site, Place]:
        """Give each site, in the order of computation, with the axis of its rows."""
        return {p.site: p for p in discover(self.module, self._probe, probe.lengths(self))}

    @cached_property
    def backwards(self) -> frozenset[Site]:
        """Give the sites whose calls run from the last position to the first."""
        return backward_sites(self)

    @property
    def sites(self) -> tuple[Site, ...]:
        """Give every place that can be recorded and patched, in the order of computation."""
        return tuple(self.places)

    def run(self, rows: Rows, *, record: Sequence[Site] = (), patch: Mapping[Site, Patch] | None = None) -> Run:
        """Run the rows, see `verify.subject.Subject.run`.

        outputs: float32 (float64 where the network is) [row, position, column], or [row, column] where the network
        gives no position axis; nothing is squeezed, and a missing column axis is added. Beyond a row's own length,
        outputs and recorded values are zero or what the network gave for padding.
        Raises UnknownSite where a site is not the network's or computed nothing, BadInput where the network cannot
        take the rows.
        """
        patch = patch or {}
        wanted = {*record, *patch}
        if wanted and (unknown := wanted - set(self.places)):
            raise UnknownSite(f"the network has no site {min(unknown)}; `distill inspect` lists those it has")
        places = [self.places[s] for s in wanted]
        outputs, recorded = None, dict[Site, np.ndarray]()
        for index, width in self._batches(rows):
            filled = np.concatenate([index, np.repeat(index[-1:], self.batch_rows - len(index))])
            taps = Taps(places, {s: self._replacements(s, p, filled, width) for s, p in patch.items()})
            part = self.forward(self.tensor(rows.values[filled], width), taps if places else None)
            taps.check_all_fired()
            outputs = _put(outputs, part, index, rows, [1] if rows.lengths is not None and part.ndim == 3 else [])
            for site in record:
                axes = [a for a, size in enumerate(site.shape, start=1) if size == "position"]
                value = taps.recorded(site)
                value = np.flip(value, 1) if site in self.backwards else value
                recorded[site] = _put(recorded.get(site), value, index, rows, axes)
        if outputs is None:
            shape = ("position", self.found["columns"]) if self.found["at"] == "each" else (self.found["columns"],)
            outputs = _zeros(rows, shape)
        return Run(outputs, {s: recorded[s] if s in recorded else _zeros(rows, s.shape) for s in record})

    @property
    def batch_rows(self) -> int:
        """Give the rows of every batch."""
        return self.fixed_rows or (_BATCH if self.parameters < _LARGE else _SMALL_BATCH)

    @property
    def fixed_rows(self) -> int | None:
        """Give the one number of rows that the network takes, None where it takes any."""
        return self.sizes[0] if self.sizes else None

    def _batches(self, rows: Rows) -> Iterator[tuple[np.ndarray, int | None]]:
        """Yield the rows of each batch, and how many positions they are run with."""
        groups: list[tuple[np.ndarray, int | None]]
        if rows.lengths is None:
            groups = [(np.arange(len(rows)), None)]
        elif self.shares_padding:
            groups = [(np.arange(len(rows)), self._shared_width(rows))]
        else:
            groups = [(np.flatnonzero(rows.lengths == n), int(n)) for n in np.unique(rows.lengths) if n > 0]
        for index, width in groups:
            for start in range(0, len(index), self.batch_rows):
                yield index[start : start + self.batch_rows], width

    def _shared_width(self, rows: Rows) -> int:
        """Give how many positions padded rows are run with: all, but no more padding than the network has room for."""
        width, room = rows.values.shape[1], self.found.get("positions")
        longest = 0 if rows.lengths is None else int(rows.lengths.max(initial=0))
        if len(self.sizes) > 1 and self.sizes[1] is not None:
            return self.sizes[1]
        return width if room is None else max(min(width, room), longest)

    def tensor(self, values: np.ndarray, width: int | None = None) -> Tensor:
        """Give what the network is fed for rows' values: int64 tokens, or scaled numbers of the network's dtype."""
        if width is not None:
            values = values[:, :width]
            if (gap := width - values.shape[1]) > 0:
                fill = probe.padding(self.spec) or 0
                values = np.pad(values, ((0, 0), (0, gap), *[(0, 0)] * (values.ndim - 2)), constant_values=fill)
        if self.spec.kind == "tokens":
            return torch.as_tensor(values, dtype=torch.int64, device=self.device)
        if self.spec.kind == "image":
            values = values * (1.0 if self.spec.scale is None else self.spec.scale)
        dtype = next((p.dtype for p in self.module.parameters() if p.is_floating_point()), torch.float32)
        return torch.as_tensor(values, dtype=dtype, device=self.device)

    def forward(self, batch: Tensor, taps: Taps | None = None) -> np.ndarray:
        """Run one batch, as `tensor` gives it; raises BadInput where the network cannot take it, or gives no tensor."""
        embedding = self.position_embedding if self.offset else None
        later = nullcontext() if embedding is None else beginning_at(self.offset, embedding)
        try:
            paths = {p.site.path for p in taps.places.values()} if taps else ()
            with torch.no_grad(), unfused(), later, watching(self.module, taps, paths) if taps else nullcontext():
                outputs = self.module(batch)
        except UnknownSite:
            raise
        except MALFORMED as error:
            found = f"{fault(error)}, on an input of shape {list(batch.shape)}"
            raise BadInput(self.kind, found, "a network that takes its bundle's inputs", "correct [input]") from error
        outputs = _logits(outputs, self.kind)
        return outputs[..., None] if self.columnless and outputs.ndim == 2 else outputs

    def _probe(self, count: int, length: int | None) -> int:
        count = self.fixed_rows or count
        self.forward(self.tensor(probe.draw(self.spec, self.found, count, length)))
        return count

    def _replacements(self, site: Site, patch: Patch, index: np.ndarray, width: int | None) -> tuple[Replacement, ...]:
        """Give a patch for the batch of the rows at `index`, which is run with `width` positions."""
        found = []
        for swap in patch if isinstance(patch, tuple) else (patch,):
            values = swap.values[index]
            for axis, size in enumerate(site.shape, start=1):
                if size == "position" and width is not None:
                    values = np.take(values, np.arange(width).clip(max=values.shape[axis] - 1), axis)
            values = np.flip(values, 1).copy() if site in self.backwards else values
            basis = None if swap.basis is None else torch.as_tensor(swap.basis, device=self.device)
            found.append(Replacement(torch.as_tensor(values, device=self.device), basis))
        return tuple(found)


def _logits(outputs: Any, kind: str) -> np.ndarray:
    """Take the one tensor out of what a network gave: [row, ...]."""
    outputs = getattr(outputs, "logits", outputs)
    if not isinstance(outputs, Tensor):
        raise BadInput(kind, f"outputs of type {type(outputs).__name__}", "one tensor", "return the logits alone")
    if not outputs.is_floating_point():
        outputs = outputs.to(torch.float32)
    if outputs.dtype in (torch.float16, torch.bfloat16):
        outputs = outputs.to(torch.float32)
    return (outputs[:, None] if outputs.ndim == 1 else outputs).cpu().numpy()


def _still(module: nn.Module) -> nn.Module:
    """Make a module compute the same every time, and leave the values it has shown as they were."""
    for child in module.modules():
        if getattr(child, "inplace", False):
            setattr(child, "inplace", False)  # noqa: B010 - the attribute is not of every module
    for parameter in module.parameters():  # one by one, as TorchScript modules refuse it as a whole
        parameter.requires_grad_(False)
    return module.eval()


def _put(whole: np.ndarray | None, part: np.ndarray, index: np.ndarray, rows: Rows, axes: Sequence[int]) -> np.ndarray:
    """Put a batch's values where they belong among all rows'; `axes` follow the positions, and are widened to all."""
    part = part[: len(index)]
    if whole is None:
        shape = [len(rows), *part.shape[1:]]
        for axis in axes:
            shape[axis] = rows.values.shape[1]
        whole = np.zeros(shape, part.dtype)
    span = tuple(slice(0, min(sizes)) for sizes in zip(part.shape[1:], whole.shape[1:], strict=True))
    whole[(index, *span)] = part[(slice(None), *span)]
    return whole


def _zeros(rows: Rows, shape: Sequence[Any]) -> np.ndarray:
    """Give what nothing ran for: rows without positions, or none."""
    return np.zeros([len(rows), *(rows.values.shape[1] if s == "position" else s for s in shape)], np.float32)


def load_network(bundle: Bundle, *, device: str = "cpu", trust: bool = False) -> Network:
    """Load a bundle's network and check that it runs as the bundle says.

    Raises NeedsTrust where loading would run the bundle's code and `trust` is not given; BadInput where a file is
    missing or damaged, or the network does not take or give what the bundle says.
    """
    where = bundle.network
    model = load_model(where.path, factory=where.factory, root=where.root, device=device, trust=trust)
    spec = probe.complete(bundle, model)
    network = Network(model, spec, device=device, digest=digest(model.files))
    probe.check(network, bundle)
    return network


def random_twin(network: Network, seed: int) -> Network:
    """Give a network of the same architecture whose weights say nothing.

    Each weight tensor is drawn afresh from the normal distribution of its own mean and spread, so that the twin's
    activations have about the trained ones' size; tensors that do not vary stay.
    """
    generator = torch.Generator().manual_seed(seed)
    module = copy.deepcopy(network.module)
    for weight in module.parameters():
        if weight.is_floating_point() and weight.numel() > 1:
            noise = torch.randn(weight.shape, generator=generator, dtype=torch.float64)
            fresh = noise * weight.double().std().cpu() + weight.double().mean().cpu()
            weight.copy_(fresh)
    model = Model(module, f"random {network.kind}", network.model.files, network.model.known)
    return Network(model, network.spec, device=network.device, digest=network.digest)
