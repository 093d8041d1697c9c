"""Recurrences: answers that follow from the answers before them, and states that a short rule carries along."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import product

import numpy as np

from dsl.evaluate import Cases
from dsl.terms import OLDER, STATE, STATES, Expr, Input, call, integer, substitute, subterms
from dsl.types import Axis, Kind, Type
from synthesis.bank import Bank
from synthesis.cover import classes, joint, missed
from synthesis.explain import Effort, Keys, affine, explain, keys_of, residues, sum_of
from synthesis.grow import grow, seed
from synthesis.problem import Problem
from synthesis.vocabulary import Vocabulary

Key = tuple[Expr, Kind, np.ndarray]  # a term with its kind and its values at the scored cells

MEMORY = 16  # a remembered state is one of so many numbers
WINDOW = 9  # how far back a function of a window looks
MODULAR = 4  # earlier inputs that sums modulo a number are made of
LETTERS = 64  # alphabets up to this size are searched for remembered states
_SUMS = {(1, 0): 1, (2, -1): 2}  # how often what comes in is summed, by the factors of the last two answers
REMEMBERED = 600  # rules for a state that become columns
KEYS = 600  # distinct (state, input) cells that a recurrence is searched on


def linear(problem: Problem) -> Iterator[Expr]:
    """Yield answers that are integer combinations of inputs and earlier answers: y[t] = 2 * y[t-1] - y[t-2] + x[t]."""
    if not _whole(problem):
        return
    before, now, window = _past(problem, 1), _now(problem), _window(problem)
    spans = ([*now, *window], [before, *now], [before, _past(problem, 2), *now, *window[:1]])
    for columns in spans:
        yield from _recurring(_keys(problem, columns))


def recurrences(problem: Problem, rng: np.random.Generator) -> Iterator[Expr]:
    """Yield scans whose state is the answer itself, y[t] = f(y[t-1], x[t], x[t-1]), and functions of a window.

    Sums modulo the number of answers come first.
    """
    if not _whole(problem):
        return
    now, window = _now(problem), _window(problem)
    for columns in ([*now, *window[:MODULAR]], [_past(problem, 1), *now]):
        keys = _some(_keys(problem, columns), rng)
        yield from map(_carried, residues(keys, keys.terms))
    yield from _windows(problem, now, window, rng)
    columns = [_past(problem, 1), *now]
    for extra in ([], [w for w in window if w[0] in [call("shift", i, integer(1), integer(0)) for i, _, _ in now]]):
        keys = _some(_keys(problem, [*columns, *extra]), rng)
        yield from map(_carried, explain(keys, Effort(size=4, capacity=2500, entries=0), rng)[:3])


def _whole(problem: Problem) -> bool:
    """Say whether there is an integer answer at every position."""
    target = problem.target
    return target.kind is Kind.INT and bool((target.scored == problem.cases.mask).all())


def _now(problem: Problem) -> list[Key]:
    return [(i, i.type.kind, problem.cells(i)) for i in problem.inputs if i.type.kind is Kind.INT]


def _window(problem: Problem) -> list[Key]:
    """Give earlier inputs, the latest first, and the position."""
    inputs = [i for i in problem.inputs if i.type.kind is Kind.INT]
    shifts = [call("shift", i, integer(k), integer(0)) for k in range(1, WINDOW) for i in inputs]
    return [(e, Kind.INT, problem.cells(e)) for e in (*shifts, call("index"))]


def _keys(problem: Problem, columns: Sequence[Key]) -> Keys:
    return keys_of(columns, problem.wanted, Kind.INT, problem.cases.symbols)


def _windows(problem: Problem, now: Sequence[Key], window: Sequence[Key], rng: np.random.Generator) -> Iterator[Expr]:
    """Yield functions of the last three or four inputs, where the answers are one."""
    for reach in (2, 3) if now else ():  # without integer inputs there is no window of them
        shifts = {call("shift", i, integer(k), integer(0)) for k in range(1, reach + 1) for i, _, _ in now}
        columns = [*now, *(k for k in window if k[0] in shifts)]
        key = joint(np.stack([classes(v) for _, _, v in columns]))
        if not len(missed(key, classes(problem.wanted), 1)) and int(key.max()) < len(key) // 4:
            yield from explain(_some(_keys(problem, columns), rng), Effort(size=3, capacity=2500, entries=0), rng)[:3]
            return


def _past(problem: Problem, lag: int) -> Key:
    """Give the answers `lag` positions before, 0 where there are none, as a key."""
    values = problem.target.values
    values = np.concatenate([np.zeros((len(problem), lag), values.dtype), values], axis=1)[:, : values.shape[1]]
    return Input((STATE, OLDER)[lag - 1], Type(Kind.INT, Axis.POSITION)), Kind.INT, values[problem.target.scored]


def _carried(term: Expr) -> Expr:
    """Wrap a term that reads earlier answers into the scan that carries them."""
    reads = {t.name for t in subterms(term) if isinstance(t, Input)}
    return call("scan", integer(0), term) if reads & STATES else term


def _recurring(keys: Keys) -> list[Expr]:
    """Give the integer combination of earlier answers and inputs that is every answer; sums, where it is one of them.

    y[t] = 2 * y[t-1] - y[t-2] + u is the sum of the sums of u.
    """
    found = []
    for parts in affine(keys):
        past = {t.name: f for f, t in parts if isinstance(t, Input) and t.name in STATES}
        rest = [(f, t) for f, t in parts if not (isinstance(t, Input) and t.name in STATES)]
        times = _SUMS.get((past.get(STATE, 0), past.get(OLDER, 0)), 0) if rest else 0
        term = sum_of(rest) if times else _carried(sum_of(parts))
        for _ in range(times):
            term = call("running_sum", term)
        found.append(term)
    return found


def _some(keys: Keys, rng: np.random.Generator) -> Keys:
    if len(keys.wanted) <= KEYS:
        return keys
    chosen = np.sort(rng.choice(len(keys.wanted), KEYS, replace=False))
    return replace(keys, columns=tuple(c[chosen] for c in keys.columns), wanted=keys.wanted[chosen])


def remembered(problem: Problem, rng: np.random.Generator) -> Iterator[tuple[Expr, int, np.ndarray]]:
    """Yield scans with a small integer state and a short arithmetic rule, the rule's size, and the states at all cells.

    Rules are told apart on the grid of all states and letters, so that every one is a different machine, each once; the
    states, int64 [row, position], come from going through all these machines at once.
    """
    inputs = problem.inputs
    if any(i.type.kind is not Kind.INT for i in inputs):
        return
    mask = problem.cases.mask
    read = np.stack([np.broadcast_to(problem.cases.inputs[i.name], mask.shape) for i in inputs], axis=-1)
    letters, codes = np.unique(read[mask], axis=0, return_inverse=True)
    if len(letters) > LETTERS:
        return
    found: dict[bytes, tuple[Expr, int, np.ndarray]] = {}
    for term, size, step in [*_affine_rules(inputs, letters), *_short_rules(inputs, letters, rng)]:
        if len(found) < REMEMBERED and step.tobytes() not in found and _closed(step):
            found[step.tobytes()] = call("scan", integer(0), term), size, step
    if not found:
        return
    word = np.zeros(mask.shape, dtype=np.int64)
    word[mask] = codes.ravel()
    steps = np.stack([step for _, _, step in found.values()])
    states = np.zeros((len(steps), *mask.shape), dtype=np.int64)
    state = np.zeros((len(steps), len(mask)), dtype=np.int64)
    for t in range(mask.shape[1]):
        state = steps[np.arange(len(steps))[:, None], np.clip(state, 0, MEMORY - 1), word[None, :, t]]
        states[:, :, t] = state
    for k, (term, size, _) in enumerate(found.values()):
        yield term, size, states[k]


def _affine_rules(inputs: tuple[Input, ...], letters: np.ndarray) -> Iterator[tuple[Expr, int, np.ndarray]]:
    """Yield quotients and remainders of weighted sums of state and input: carries, digits, remainders."""
    state = Input(STATE, Type(Kind.INT, Axis.POSITION))
    old = np.arange(MEMORY)[:, None]
    span = int(letters.max()) + 1
    moduli = sorted({*range(2, 11), span, span - 1} - {0, 1})
    for weights in product((1, 0, -1), repeat=len(inputs)):
        for factor, offset in product((1, 2, 3, -1), (0, 1, -1)):
            parts = [(factor, state), *zip(weights, inputs, strict=True), (offset, None)]
            parts = [(f, t) for f, t in parts if f]
            total, values = sum_of(parts), factor * old + letters @ np.array(weights) + offset
            size = 2 * len(parts) - 1 + 2 * (abs(factor) > 1)
            for m in moduli:
                yield call("mod", total, integer(m)), size + 2, values % m
                yield call("floordiv", total, integer(m)), size + 2, values // m


def _short_rules(
    inputs: tuple[Input, ...], letters: np.ndarray, rng: np.random.Generator
) -> Iterator[tuple[Expr, int, np.ndarray]]:
    """Yield the smallest elementwise terms over state and input."""
    state = Input(STATE, Type(Kind.INT, Axis.ROW))
    names = [Input(i.name, Type(Kind.INT, Axis.ROW)) for i in inputs]
    grid = np.repeat(np.arange(MEMORY), len(letters))
    columns = {STATE: grid[:, None]}
    columns |= {n.name: np.tile(letters[:, k], MEMORY)[:, None] for k, n in enumerate(names)}
    bank = Bank(Cases(columns, np.ones((len(grid), 1), dtype=bool)), rng)
    words = Vocabulary(causal=True, sequence=False)
    seed(bank, [state, *names], words)
    for size in range(2, 6):
        if not grow(bank, words, size, 4000):
            break
    real: dict[Expr, Expr] = dict(zip(names, inputs, strict=True))
    real[state] = Input(STATE, Type(Kind.INT, Axis.POSITION))
    for column in bank.columns:
        if column.type.kind is Kind.INT:
            yield substitute(column.term, real), column.size, column.values.reshape(MEMORY, len(letters))


def _closed(step: np.ndarray) -> bool:
    """Say whether a rule [state, letter] keeps to the states, from state 0, and reads both state and letter."""
    if (step == step[:1]).all() or (step == step[:, :1]).all():
        return False
    reached, new = {0}, {0}
    while new:
        new = {int(s) for r in new for s in step[r]} - reached
        if any(not 0 <= s < MEMORY for s in new):
            return False
        reached |= new
    return len(reached) > 1
