"""Recurrences: answers that follow from the answers before them, and states that a short rule carries along."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from dsl.evaluate import Cases
from dsl.terms import STATE, Expr, Input, call, integer, substitute, subterms
from dsl.types import Axis, Kind, Type
from synthesis.bank import Bank
from synthesis.explain import Effort, Keys, explain, keys_of
from synthesis.grow import grow, seed
from synthesis.problem import Problem
from synthesis.vocabulary import Vocabulary

STATES = 8  # a remembered state is one of so many numbers
LETTERS = 64  # alphabets up to this size are searched for remembered states
REMEMBERED = 1500  # rules for a state that become columns
KEYS = 600  # distinct (state, input) cells that a recurrence is searched on


def recurrences(problem: Problem, rng: np.random.Generator) -> Iterator[Expr]:
    """Yield scans whose state is the answer itself: y[t] = f(y[t-1], x[t], x[t-1], t)."""
    target = problem.target
    if target.kind is not Kind.INT or not (target.scored == problem.cases.mask).all():
        return
    state = Input(STATE, Type(Kind.INT, Axis.POSITION))
    for start in (0, 1):
        before = np.concatenate([np.full((len(problem), 1), start), target.values[:, :-1]], axis=1)
        columns = [(state, Kind.INT, before[target.scored])]
        columns += [(i, i.type.kind, problem.cells(i)) for i in problem.inputs]
        for extra in ([], [call("shift", i, integer(1), integer(0)) for i in problem.inputs], [call("index")]):
            found = [(e, Kind.INT, problem.cells(e)) for e in extra]
            keys = _some(keys_of([*columns, *found], problem.wanted, Kind.INT, problem.cases.symbols), rng)
            terms = explain(keys, Effort(size=4, capacity=2500, entries=0), rng)
            for term in terms[:3]:
                yield call("scan", integer(start), term) if state in set(subterms(term)) else term
            if terms:
                return


def _some(keys: Keys, rng: np.random.Generator) -> Keys:
    if len(keys.wanted) <= KEYS:
        return keys
    chosen = np.sort(rng.choice(len(keys.wanted), KEYS, replace=False))
    return replace(keys, columns=tuple(c[chosen] for c in keys.columns), wanted=keys.wanted[chosen])


def remembered(problem: Problem, rng: np.random.Generator) -> Iterator[Expr]:
    """Yield scans with a small integer state and a short arithmetic rule, each rule (as a map) once.

    Rules are told apart on the grid of all states and letters, so that every one is a different machine.
    """
    inputs = problem.inputs
    if any(i.type.kind is not Kind.INT for i in inputs):
        return
    letters = np.unique(np.stack([problem.cases.inputs[i.name][problem.cases.mask] for i in inputs], axis=1), axis=0)
    if len(letters) > LETTERS:
        return
    state = Input(STATE, Type(Kind.INT, Axis.ROW))
    names = [Input(i.name, Type(Kind.INT, Axis.ROW)) for i in inputs]
    grid = np.repeat(np.arange(STATES), len(letters))
    columns = {STATE: grid[:, None]}
    columns |= {n.name: np.tile(letters[:, k], STATES)[:, None] for k, n in enumerate(names)}
    bank = Bank(Cases(columns, np.ones((len(grid), 1), dtype=bool)), rng)
    words = Vocabulary(causal=True, sequence=False)
    seed(bank, [state, *names], words)
    for size in range(2, 8):
        if not grow(bank, words, size, 40_000):
            break
    real: dict[Expr, Expr] = dict(zip(names, inputs, strict=True))
    real[state] = Input(STATE, Type(Kind.INT, Axis.POSITION))
    found = 0
    for column in bank.columns:
        if column.type.kind is Kind.INT and _closed(column.values.reshape(STATES, len(letters))):
            found += 1
            yield call("scan", integer(0), substitute(column.term, real))
            if found == REMEMBERED:
                return


def _closed(step: np.ndarray) -> bool:
    """Say whether a rule [state, letter] keeps to the states, from state 0, and reads both state and letter."""
    if (step == step[:1]).all() or (step == step[:, :1]).all():
        return False
    reached, new = {0}, {0}
    while new:
        new = {int(s) for r in new for s in step[r]} - reached
        if any(not 0 <= s < STATES for s in new):
            return False
        reached |= new
    return len(reached) > 1
