"""What the networks of `benchmarks.scaling` compute, at each size of each axis."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from operator import eq, lt
from types import MappingProxyType

import numpy as np

from benchmarks.rasp import Op, Value, counted, evaluate, fetched, indices, mapped, tokens

SAMPLES = 800
SHORT, LETTERS = 8, 10  # the length where the vocabulary grows, the vocabulary where the length does
WITHIN, DIGITS = 6, 4  # the length and the vocabulary where the nesting does: 4 + ... + 4,096 inputs
PROBES = 60  # inputs on which chains are told apart


@dataclass(frozen=True, slots=True)
class Task:
    """An operation on tokens. rows: inputs as they are met; None where each of at most `length` symbols is."""

    op: Op
    symbols: tuple[Value, ...]
    length: int
    rows: tuple[tuple[Value, ...], ...] | None = None


Maker = Callable[[int, np.random.Generator], Task]  # of a size


@dataclass(frozen=True, slots=True)
class Axis:
    """What grows, in which steps, and the tasks on which it does."""

    label: str
    sizes: tuple[int, ...]
    tasks: Mapping[str, Maker]


def previous(size: int, rng: np.random.Generator) -> Task:
    """Give the token before, of `size` names."""
    names = tuple(f"s{k}" for k in range(size))
    op = fetched(tokens(names), indices(SHORT), indices(SHORT), lambda k, q: k == q - 1, names[0])
    picks = (rng.integers(0, size, rng.integers(1, SHORT + 1)) for _ in range(SAMPLES))
    return Task(op, names, SHORT, tuple(tuple(names[k] for k in pick) for pick in picks))


def sort(size: int, rng: np.random.Generator) -> Task:
    """Give different numbers below `size` in order: each looks for the token whose rank is its position."""
    token = tokens(range(size))
    op = fetched(token, counted(token, token, lt, SHORT), indices(SHORT), eq, 0)
    picks = (rng.permutation(size)[: rng.integers(1, SHORT + 1)] for _ in range(SAMPLES))
    return Task(op, token.values, SHORT, tuple(tuple(pick.tolist()) for pick in picks))


def reverse(size: int, rng: np.random.Generator) -> Task:
    """Give at most `size` letters from the last to the first."""
    place = indices(size)
    after = counted(place, place, lambda k, q: k > q, size)
    return _written(size, rng, lambda token: fetched(token, place, after, eq, "a"))


def histogram(size: int, rng: np.random.Generator) -> Task:
    """Give how often each of at most `size` letters is there."""
    return _written(size, rng, lambda token: counted(token, token, eq, size))


def _written(size: int, rng: np.random.Generator, op: Callable[[Op], Op]) -> Task:
    letters = tuple("abcdefghijklmnopqrstuvwxyz"[:LETTERS])
    picks = (rng.integers(0, LETTERS, rng.integers(1, size + 1)) for _ in range(SAMPLES))
    return Task(op(tokens(letters)), letters, size, tuple(tuple(letters[k] for k in pick) for pick in picks))


TOKEN, PLACE = tokens(range(DIGITS)), indices(WITHIN)
STEPS: Mapping[str, Callable[[Op], Op]] = MappingProxyType(  # what may be done to integers at each position
    {
        "previous": lambda x: fetched(x, PLACE, PLACE, lambda k, q: k == q - 1, 0),
        "next": lambda x: fetched(x, PLACE, PLACE, lambda k, q: k == q + 1, 0),
        "equal": lambda x: counted(x, x, eq, WITHIN),
        "less": lambda x: counted(x, x, lt, WITHIN),
        "token at": lambda x: fetched(TOKEN, PLACE, x, eq, 0),
        "half": lambda x: mapped(lambda v: v // 2, x),
    }
)


def dereference(size: int, rng: np.random.Generator) -> Task:
    """Give the token at the position that the token at the position ... says, `size` times."""
    return _stepped(["token at"] * size)


def chain(size: int, rng: np.random.Generator) -> Task:
    """Give a random step of a random step ... of the token, `size` in all, such that no fewer steps give the same."""
    probes = [rng.integers(0, DIGITS, rng.integers(1, WITHIN + 1)).tolist() for _ in range(PROBES)]

    def column(names: Sequence[str]) -> tuple[Value, ...]:
        op = _stepped(names).op
        return tuple(v for row in probes for v in evaluate(op, row))

    shorter = {column(names) for n in range(size) for names in product(STEPS, repeat=n)}
    while True:
        names = rng.choice(list(STEPS), size).tolist()
        if column(names) not in shorter:
            return _stepped(names)


def _stepped(names: Sequence[str]) -> Task:
    op: Op = TOKEN
    for name in names:
        op = STEPS[name](op)
    return Task(op, TOKEN.values, WITHIN)


AXES: Mapping[str, Axis] = MappingProxyType(
    {
        "vocabulary": Axis("symbols", (10, 30, 100, 300, 1000), {"previous": previous, "sort": sort}),
        "length": Axis("tokens at most", (10, 30, 100, 200, 500), {"reverse": reverse, "histogram": histogram}),
        "nesting": Axis("steps, each of the one before", (1, 2, 3, 4, 5), {"dereference": dereference, "chain": chain}),
    }
)
