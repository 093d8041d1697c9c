"""Operations of `benchmarks.rasp` made transformers, as Tracr does (Lindner et al. 2023).

The residual stream holds an operation's value as one of as many directions; attention counts and fetches, a hidden
layer maps. The first token of each input is <bos>: it is what a position looks at where nothing matches.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
from torch import nn

from benchmarks.rasp import Count, Fetch, Indices, Map, Op, Tokens, Value, ordered, sources
from benchmarks.transformer import Block, Transformer

SHARP = 40.0  # a match's score; what does not match weighs e^-40
BOS, PAD = "<bos>", "<pad>"

Head = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]  # weights of query, key, value, output [direction, unit]
Units = tuple[np.ndarray, np.ndarray]  # what hidden units read [direction, unit], and what they write [unit, direction]


@dataclass(frozen=True, slots=True)
class Compiled:
    """A network, the symbol of each of its token ids, and of each of its columns."""

    module: Transformer
    vocab: tuple[Value, ...]
    symbols: tuple[Value, ...]


def compiled(op: Op, length: int, rng: np.random.Generator) -> Compiled:
    """Make a network of an operation on `length` tokens or fewer, in bases turned at random as training leaves them."""
    order = ordered(op)
    stream = Stream(order, length)
    when = _scheduled(order)
    turn = _turn(stream.size, rng)
    layers = [[o for o in order if (when[o] + 1) // 2 == n] for n in range(1, (when[op] + 1) // 2 + 1)]
    blocks = [_block(stream, layer, turn, rng) for layer in layers]
    module = Transformer((len(stream.vocab), length + 1, stream.size, len(op.values)), blocks, stream.vocab.index(PAD))
    _set(module.tok_embed, stream.tokens() @ turn)
    _set(module.pos_embed, stream.positions() @ turn)
    _set(module.unembed, (turn.T @ stream.reading(op)).T)
    return Compiled(module.eval(), stream.vocab, op.values)


def _scheduled(order: Sequence[Op]) -> dict[Op, int]:
    """Say when an operation is known: 0 from the embeddings, 1 after the first attention, 2 its hidden layer, 3 ..."""
    when: dict[Op, int] = {}
    for op in order:
        last = max((when[s] for s in sources(op)), default=0)
        match op:
            case Tokens() | Indices():
                when[op] = 0
            case Map():
                when[op] = last + 2 - last % 2
            case Fetch():
                when[op] = last + 1 + last % 2
            case Count():  # attention gives a number, the hidden layer says which
                when[op] = last + 2 + last % 2
    return when


class Stream:
    """Which direction of the residual stream holds what: a constant, whether it is <bos>, then each value."""

    ONE, START = 0, 1

    def __init__(self, order: Sequence[Op], length: int) -> None:
        self.order, self.length, self.size = order, length, 2
        self.first: dict[Op, int] = {}
        for op in order:
            self.first[op] = self.size
            self.size += len(op.values) + isinstance(op, Count)  # the last: what attention gives of a count
        self.vocab = (*(v for o in order if isinstance(o, Tokens) for v in o.values), BOS, PAD)

    def span(self, op: Op) -> np.ndarray:
        """Give the directions of an operation's values."""
        return self.first[op] + np.arange(len(op.values))

    def at(self, op: Op, values: Sequence[Value]) -> list[int]:
        """Give the directions of some values."""
        places = dict(zip(op.values, self.span(op).tolist(), strict=True))
        return [places[v] for v in values]

    def unit(self, direction: int) -> np.ndarray:
        """Give one direction: [direction, 1]."""
        return np.eye(1, self.size, direction).T

    def reading(self, op: Op) -> np.ndarray:
        """Give weights [direction, value] that give 1 for an operation's value, and at <bos> 0 for all."""
        weights = np.zeros((self.size, len(op.values)))
        weights[self.span(op), np.arange(len(op.values))] = 1
        if isinstance(op, Fetch):  # at <bos> the default was fetched
            weights[self.START, op.values.index(op.default)] = -1
        return weights

    def tokens(self) -> np.ndarray:
        """Give what embeds each symbol: [symbol, direction]."""
        rows = np.zeros((len(self.vocab), self.size))
        rows[:, self.ONE] = 1
        rows[self.vocab.index(BOS), self.START] = 1
        for op in self.order:
            if isinstance(op, Tokens):
                rows[: len(op.values), self.span(op)] = np.eye(len(op.values))
        return rows

    def positions(self) -> np.ndarray:
        """Give what embeds each position, that of <bos> before the others: [position, direction]."""
        rows = np.zeros((self.length + 1, self.size))
        for op in self.order:
            if isinstance(op, Indices):
                rows[1:, self.span(op)] = np.eye(self.length)
        return rows


def _block(stream: Stream, layer: Sequence[Op], turn: np.ndarray, rng: np.random.Generator) -> Block:
    """Make the block that computes some operations side by side."""
    heads = [_head(stream, o) for o in layer if isinstance(o, Count | Fetch)]
    units = [_units(stream, o) for o in layer if isinstance(o, Count | Map)]
    size = max((side.shape[1] for head in heads for side in head), default=1)
    bases = [(_turn(size, rng), _turn(size, rng)) for _ in heads]
    hidden = sum(read.shape[1] for read, _ in units)
    block = Block(stream.size, max(len(heads), 1), size, max(hidden, 1))
    for side, module in enumerate((block.attn.w_q, block.attn.w_k, block.attn.w_v, block.attn.w_o)):
        weights = np.zeros((stream.size, module.weight.numel() // stream.size))
        for n, (head, basis) in enumerate(zip(heads, bases, strict=True)):
            weights[:, n * size : (n + 1) * size] = head[side] @ basis[side // 2][: head[side].shape[1]]
        scale = math.sqrt(SHARP * math.sqrt(size)) if side < 2 else 1.0
        _set(module, scale * (weights.T @ turn if side < 3 else turn.T @ weights))
    read = np.concatenate([r for r, _ in units], axis=1) if units else np.zeros((stream.size, 1))
    written = np.concatenate([w for _, w in units]) if units else np.zeros((1, stream.size))
    shuffled = rng.permutation(read.shape[1])
    _set(block.fc1, read.T[shuffled] @ turn)
    _set(block.fc2, turn.T @ written.T[:, shuffled])
    return block


def _head(stream: Stream, op: Count | Fetch) -> Head:
    """Give the attention of a count or a fetch. <bos> counts as a match, and else is the one looked at if none is."""
    one, start = stream.unit(stream.ONE), stream.unit(stream.START)
    relation = op.match.relation
    holds = np.array([[float(relation(k, q)) for k in op.match.key.values] for q in op.match.query.values])
    rest = one if isinstance(op, Count) else one / 2
    query = np.concatenate([stream.reading(op.match.query) @ holds, rest], axis=1)
    key = np.concatenate([stream.reading(op.match.key), start], axis=1)
    if isinstance(op, Count):
        return query, key, start, stream.unit(stream.first[op] + len(op.values))
    target = np.zeros((stream.size, len(op.of.values) + 1))
    target[stream.at(op, [*op.of.values, op.default]), np.arange(len(op.of.values) + 1)] = 1
    return query, key, np.concatenate([stream.reading(op.of), start], axis=1), target


def _units(stream: Stream, op: Count | Map) -> Units:
    """Give the hidden units of a map, one a value of its source, or of a count."""
    if isinstance(op, Count):
        return _steps(stream, op)
    written = np.zeros((len(op.source.values), stream.size))
    written[np.arange(len(written)), stream.at(op, [op.function(v) for v in op.source.values])] = 1
    return stream.reading(op.source), written


def _steps(stream: Stream, op: Count) -> Units:
    """Say which count a number, 1 / (1 + count), is: two units for each step from one count to the next.

    At <bos>, where nothing else is looked at, the number is 1, and no count is said.
    """
    span = stream.span(op)
    number = span[-1] + 1
    read, written = [stream.unit(stream.ONE) - stream.unit(stream.START)], [stream.unit(span[0])]
    for low, high in pairwise(range(len(span))):
        before, after = 1 / (1 + low), 1 / (1 + high)
        slope = 2 / (before - after)
        change = stream.unit(span[high]) - stream.unit(span[low])
        for share, sign in ((0.25, 1), (0.75, -1)):  # the step rises between a quarter and three quarters of the way
            at = before + share * (after - before)
            read.append(slope * (at * stream.unit(stream.ONE) - stream.unit(number)))
            written.append(sign * change)
    return np.concatenate(read, axis=1), np.concatenate(written, axis=1).T


def _turn(size: int, rng: np.random.Generator) -> np.ndarray:
    """Give a random orthogonal matrix."""
    return np.linalg.qr(rng.standard_normal((size, size)))[0]


def _set(module: nn.Module, weight: np.ndarray) -> None:
    module.get_parameter("weight").data = torch.as_tensor(weight.astype(np.float32))
