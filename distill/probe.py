"""What a network says of itself when it is run: sizes, whether it is causal, and whether it runs as it should."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from torch import nn

from distill.errors import BadInput
from distill.loading import Model
from distill.samples import read_samples
from distill.specs import Bundle, InputSpec

if TYPE_CHECKING:
    from distill.network import Network

HARMLESS = 1e-4  # how far a row's outputs may move with the padding behind it, relative to their size
ALONE = 1e-2  # and with its company in a batch, before the network is accused: sharp attention magnifies rounding
_LONGEST = 8  # positions of the inputs that shapes are found with
_WIDEST = 64  # components tried where nothing says how many a network takes
_FEW = 4  # rows that are compared with the same rows in other company


def complete(bundle: Bundle, model: Model) -> InputSpec:
    """Give the [input] table with the kind, the sequence axis and the shape that the network cannot be run without."""
    spec = bundle.input
    if spec.kind is None:
        tokens = spec.vocab is not None or "vocab_size" in model.known or _any(model.module, nn.Embedding)
        image = spec.shape is not None or spec.scale is not None or _any(model.module, nn.Conv2d)
        spec = replace(spec, kind="tokens" if tokens else "image" if image else "numbers")
    if spec.samples is not None and spec.kind != "tokens" and spec.shape is None and spec.length is None:
        samples = read_samples(replace(bundle, input=spec))
        if spec.kind == "image":
            channels, height, width = samples.rows.values.shape[1:]
            spec = replace(spec, shape=(channels, height, width))
        elif samples.lengths:
            spec = replace(spec, length=(min(samples.lengths), max(samples.lengths)))
    return spec


def _any(module: nn.Module, kind: type) -> bool:
    return any(isinstance(m, kind) for m in module.modules())


def lengths(network: Network) -> tuple[int, ...]:
    """Give two lengths the network takes, one where it takes only one, none where it has no sequence axis."""
    spec, sizes = network.spec, network.sizes
    if spec.kind == "image" or (spec.kind == "numbers" and spec.length is None):
        return ()
    if len(sizes) > 1 and sizes[1] is not None:
        return (sizes[1],)
    most = network.model.known.get("positions") or _LONGEST
    if spec.length is not None:
        most = min(most, spec.length[1] + len(spec.prefix or ()) + len(spec.suffix or ()))
    longest = max(1, min(most, _LONGEST))
    return (longest - 1, longest) if longest > 1 else (longest,)


def draw(spec: InputSpec, found: Mapping[str, Any], count: int, length: int | None, seed: int = 0) -> np.ndarray:
    """Draw values of `count` random inputs: [row, position], [row, (position,) component] or [row, ch, h, w].

    found: `vocab_size` and `width`, for what the spec does not say.
    """
    rng = np.random.default_rng(seed)
    if spec.kind == "tokens":
        return _draw_tokens(spec, found, count, length or 1, rng)
    low, high = (0, 255) if spec.kind == "image" else (-1.0, 1.0)
    low = low if spec.low is None else np.asarray(spec.low)
    high = high if spec.high is None else np.asarray(spec.high)
    inner = tuple(spec.shape or ()) if spec.kind == "image" else (found.get("width", 1),)
    values = rng.uniform(low, high, (count, *(() if length is None else (length,)), *inner))
    return values if spec.low is None else np.round(values)


def _draw_tokens(
    spec: InputSpec, found: Mapping[str, Any], count: int, length: int, rng: np.random.Generator
) -> np.ndarray:
    """Draw free symbols after the prefix, any but the padding where the spec does not say which are free."""
    vocab = list(spec.vocab or range(found.get("vocab_size") or 0))
    if not vocab:
        expected = "the symbol of each id, as no embedding says how many there are"
        raise BadInput("[input] vocab", "none", expected, "list them")
    free = spec.alphabet or [s for s in vocab if s != spec.pad] or vocab
    ids = rng.choice([vocab.index(s) for s in free], (count, length))
    prefix = [vocab.index(s) for s in (spec.prefix or ())[:length]]
    ids[:, : len(prefix)] = prefix
    return ids


def padding(spec: InputSpec) -> int | None:
    """Give the id of the padding symbol, None where there is none."""
    return list(spec.vocab).index(spec.pad) if spec.vocab and spec.pad is not None else None


def infer(network: Network) -> dict[str, Any]:
    """Give what the network alone says of its input and output, as `distill.bundle.fill` takes it.

    vocab_size, positions: rows of the embeddings of tokens and of positions, or what the file says; width: components
    a step; columns: of the output; at: "each" where outputs have a position axis, else "whole".
    """
    spec, found = network.spec, {k: v for k, v in network.model.known.items() if k != "sizes"}
    if spec.kind == "tokens":
        found = _embeddings(network) | found
    if spec.kind == "numbers" and (width := _width(network)):
        found["width"] = width
    if spec.kind != "image" or spec.shape is not None:
        tried = lengths(network) or (None,)
        shapes = [network.forward(network.tensor(draw(spec, found, network.fixed_rows or 1, n))).shape for n in tried]
        each = len(shapes[0]) == 3
        columnless = len(tried) > 1 and [s[1:] for s in shapes] == [(n,) for n in tried]
        found |= {"columns": 1 if columnless else shapes[0][-1], "at": "each" if each or columnless else "whole"}
    return found


def _longest(network: Network) -> int | None:
    return max(lengths(network), default=None)


def _embeddings(network: Network) -> dict[str, int]:
    """Run zeros, and see which embedding reads the tokens, and which one their positions."""
    found: dict[str, int] = {}
    embeddings = [m for m in network.module.modules() if isinstance(m, nn.Embedding)]
    if not embeddings:
        return found
    length = _longest(network) or 1
    batch = network.tensor(np.zeros((network.fixed_rows or 2, length)))

    def look(module: nn.Module, args: Any) -> None:
        rows = getattr(module, "num_embeddings", 0)
        if args and args[0].data_ptr() == batch.data_ptr():
            found.setdefault("vocab_size", rows)
        elif args and length > 1 and args[0].reshape(-1)[:length].tolist() == list(range(length)):
            found.setdefault("positions", rows)

    handles = [m.register_forward_pre_hook(look) for m in embeddings]
    try:
        network.forward(batch)
    finally:
        for handle in handles:
            handle.remove()
    return found


def _width(network: Network) -> int | None:
    """Give how many components the network takes: as stated, else the first of likely numbers that it does take."""
    if stated := network.spec.width or (network.sizes[-1] if network.sizes else None):
        return stated
    likely = [m.in_features for m in network.module.modules() if isinstance(m, nn.Linear)]
    length = _longest(network)
    for width in (*likely[:1], *range(1, _WIDEST + 1)):
        values = np.zeros((network.fixed_rows or 1, *(() if length is None else (length,)), width))
        try:
            network.forward(network.tensor(values))
        except BadInput:
            continue
        return width
    return None


def close(first: np.ndarray, second: np.ndarray, tolerance: float) -> bool:
    """Say whether outputs agree within a share of the largest."""
    scale = max(1.0, float(np.abs(first).max(initial=0.0)))
    return bool(np.abs(first - second).max(initial=0.0) <= tolerance * scale)


def padding_is_harmless(network: Network) -> bool:
    """Say whether a row gives the same outputs with padding behind it as without."""
    found, pad = lengths(network), padding(network.spec)
    if pad is None:
        return False
    if len(found) < 2:
        return True
    short, longest = found
    values = draw(network.spec, network.found, network.fixed_rows or _FEW, short)
    padded = np.pad(values, ((0, 0), (0, longest - short)), constant_values=pad)
    alone, behind = (network.forward(network.tensor(v)) for v in (values, padded))
    return close(alone, behind[:, :short] if alone.ndim == 3 else behind, HARMLESS)


def check(network: Network, bundle: Bundle) -> None:
    """Run a few random rows; raises BadInput where outputs are not finite, depend on other rows or lack an axis."""
    where = bundle.network.path
    length, fixed = _longest(network), network.fixed_rows
    values = draw(network.spec, network.found, fixed or _FEW, length)
    outputs = network.forward(network.tensor(values))
    if not np.isfinite(outputs).all():
        raise BadInput(where, "outputs that are not finite", "finite logits", "check the weights and [input]")
    other = np.roll(values, 1, axis=0) if fixed else values[:1]
    again = network.forward(network.tensor(other))
    if not close(outputs[:1], again[1 % len(again)][None], ALONE):
        raise BadInput(where, "outputs of a row that depend on the other rows", "none", "save it in eval mode")
    if bundle.output.at == "each" and length and outputs.ndim != 3:
        found = f"outputs of shape {outputs.shape} for inputs of shape {values.shape}"
        raise BadInput(where, found, "[row, position, column]", 'set at = "whole" or "last" in [output]')


__all__ = ["check", "close", "draw", "infer", "lengths", "padding", "padding_is_harmless"]
