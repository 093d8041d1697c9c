"""The benchmark's networks compute what their programs say."""

from itertools import product
from operator import eq, lt
from pathlib import Path

import numpy as np
import pytest
import torch

from benchmarks.bundles import write_bundle
from benchmarks.compiled import BOS, PAD, compiled
from benchmarks.rasp import Op, Value, counted, evaluate, fetched, indices, mapped, tokens
from benchmarks.tasks import AXES, DIGITS, WITHIN
from distill.question import ask

LENGTH = 4
TOKEN, PLACE = tokens("abc"), indices(LENGTH)
TIMES = counted(TOKEN, TOKEN, eq, LENGTH)
BEFORE = fetched(TOKEN, PLACE, PLACE, lambda k, q: k == q - 1, "c")
ROWS = tuple(row for n in range(1, LENGTH + 1) for row in product("abc", repeat=n))


def answered(op: Op, rows: tuple[tuple[str, ...], ...], seed: int) -> list[list[Value]]:
    made = compiled(op, LENGTH, np.random.default_rng(seed))
    padded = [[BOS, *row] + [PAD] * (LENGTH - len(row)) for row in rows]
    columns = made.module(torch.tensor([[made.vocab.index(s) for s in row] for row in padded])).argmax(-1)
    return [[made.symbols[c] for c in best[1 : 1 + len(row)]] for row, best in zip(rows, columns, strict=True)]


@pytest.mark.parametrize(
    "op",
    [
        TOKEN,
        mapped(lambda s: s == "a", TOKEN),
        BEFORE,
        TIMES,
        counted(TIMES, TIMES, eq, LENGTH),
        counted(BEFORE, TOKEN, eq, LENGTH),  # <bos> holds a default, which is not to be counted
        fetched(TOKEN, PLACE, counted(PLACE, PLACE, lambda k, q: k > q, LENGTH), eq, "a"),
        fetched(BEFORE, PLACE, counted(TOKEN, TOKEN, lt, LENGTH), eq, "a"),
        mapped(lambda n: n % 2, counted(mapped(lambda s: s == "b", TOKEN), PLACE, lambda k, _: k, LENGTH)),
    ],
    ids=["token", "map", "before", "times", "times of times", "shared", "reverse", "stacked", "parity"],
)
def test_networks_compute_their_programs_on_every_input(op):
    assert answered(op, ROWS, seed=3) == [evaluate(op, row) for row in ROWS]


def test_bases_differ_by_seed_and_answers_do_not():
    first, second = (compiled(TIMES, LENGTH, np.random.default_rng(s)).module for s in (0, 1))
    assert not torch.equal(first.tok_embed.weight, second.tok_embed.weight)
    assert answered(TIMES, ROWS, 0) == answered(TIMES, ROWS, 1)


def test_different_values_fetched_at_once_are_refused():
    op = fetched(TOKEN, PLACE, PLACE, lambda k, q: True, "a")
    assert evaluate(op, "bb") == ["b", "b"]
    with pytest.raises(ValueError, match="at once"):
        evaluate(op, "ab")


@pytest.mark.parametrize(("axis", "name"), [(a, t) for a, axis in AXES.items() for t in axis.tasks])
def test_tasks_are_of_the_size_asked_for(axis, name):
    size = AXES[axis].sizes[0]
    task = AXES[axis].tasks[name](size, np.random.default_rng(0))
    grown = {"vocabulary": len(task.symbols), "length": task.length, "nesting": size}
    assert grown[axis] == size
    assert all(set(row) <= set(task.symbols) and 1 <= len(row) <= task.length for row in task.rows or ())


def test_chains_are_no_shorter_ones():
    make, rng = AXES["nesting"].tasks["chain"], np.random.default_rng(0)
    rows = list(product(range(DIGITS), repeat=WITHIN))[::97]
    one, two = ([[evaluate(make(n, rng).op, row) for row in rows] for _ in range(6)] for n in (1, 2))
    assert not [column for column in two if column in one or column == [list(row) for row in rows]]


@pytest.mark.parametrize(("axis", "name", "size"), [("nesting", "dereference", 5460), ("length", "reverse", None)])
def test_bundles_are_read(tmp_path: Path, axis, name, size):
    rng = np.random.default_rng(0)
    write_bundle(tmp_path, AXES[axis].tasks[name](AXES[axis].sizes[0], rng), rng)
    assert ask(tmp_path, {}, device="cpu", trust=False).domain.size == size
