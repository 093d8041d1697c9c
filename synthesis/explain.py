"""From a finite map to an expression: which elementwise term of a few key columns gives the answers?

This is the whole search where there is no sequence axis, and the last step of it where there is: the columns that a
target was found to depend on become keys here, and the table of answers becomes a rule where one is shorter.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from dsl.evaluate import Cases
from dsl.size import bits
from dsl.terms import Expr, Input, Literal, Table, Value, call, integer, substitute, subterms
from dsl.types import Axis, Kind, Type
from synthesis.bank import Bank
from synthesis.choose import chosen
from synthesis.cover import classes, joint
from synthesis.goals import Goal, equal, meet, nearly, threshold
from synthesis.grow import grow, seed
from synthesis.logic import formulas
from synthesis.vocabulary import FEW, Vocabulary, hints, literal

RESIDUES = 64  # answers that a sum modulo their number is looked for


@dataclass(frozen=True, slots=True)
class Effort:
    """How far to look: the largest term stored, how many columns, the most entries a table may have, and how
    many columns are combined pair by pair."""

    size: int = 5
    capacity: int = 4000
    entries: int = 64
    meeting: int = 800


@dataclass(frozen=True, slots=True, eq=False)
class Keys:
    """Distinct keys and their answers.

    terms: what each key column is; columns: [key] each; wanted: [key]; kind: of the answers.
    """

    terms: tuple[Expr, ...]
    kinds: tuple[Kind, ...]
    columns: tuple[np.ndarray, ...]
    wanted: np.ndarray
    kind: Kind
    symbols: tuple[Value, ...]


def keys_of(
    terms: Sequence[tuple[Expr, Kind, np.ndarray]], wanted: np.ndarray, kind: Kind, symbols: tuple[Value, ...]
) -> Keys:
    """Give one cell for each distinct key, with its most frequent answer, in the order of the keys' values."""
    key = joint(np.stack([classes(v) for _, _, v in terms]))
    answer = classes(wanted)
    pairs, first, votes = np.unique(
        key.astype(np.int64) * (int(answer.max()) + 1) + answer, return_index=True, return_counts=True
    )
    order = np.lexsort((-votes, pairs // (int(answer.max()) + 1)))  # of each key, the most frequent answer first
    _, best = np.unique((pairs // (int(answer.max()) + 1))[order], return_index=True)
    first = first[order][best]
    return Keys(
        tuple(t for t, _, _ in terms),
        tuple(k for _, k, _ in terms),
        tuple(v[first] for _, _, v in terms),
        wanted[first],
        kind,
        symbols,
    )


def explain(keys: Keys, effort: Effort, rng: np.random.Generator) -> list[Expr]:
    """Give terms over the keys' terms that give every answer, shortest first; empty where none was found."""
    names = [Input(f"key{k}", Type(kind, Axis.ROW)) for k, kind in enumerate(keys.kinds)]
    inputs = {n.name: c[:, None] for n, c in zip(names, keys.columns, strict=True)}
    cases = Cases(inputs, np.ones((len(keys.wanted), 1), dtype=bool), keys.symbols)
    bank = Bank(cases, rng)
    words = Vocabulary(causal=True, sequence=False, constants=_constants(keys))
    for name, values in zip(names, keys.columns, strict=True):
        bank.offer(name, name.type, 1, values)
    seed(bank, (), words)
    _sums(bank, names)
    found = {t: bits(t) for t in [*tables(keys, names, effort), *map(sum_of, affine(keys, names))]}
    for size in range(1, effort.size + 1):
        more = size == 1 or grow(bank, words, size, effort.capacity)
        goal = Goal(bank, bank.columns, [c.values for c in bank.columns], keys.wanted, keys.kind)
        last = not more or size == effort.size
        simple = [*equal(goal), *meet(goal, effort.meeting)] if size > 1 or last else []
        if last and not simple:
            simple = [*nearly(goal), *chosen(goal, rng), *formulas(goal), *threshold(goal)]
        found |= {t: bits(t) for t in simple}
        if last or (found and min(found.values()) <= 4.0 * (size + 1)):
            break
    real = dict(zip(names, keys.terms, strict=True))
    return [substitute(t, real) for t in sorted(found, key=lambda t: found[t])]


def _constants(keys: Keys) -> tuple[int, ...]:
    """Give the constants that the answers suggest, those in the keys' own terms, and the values of keys with few."""
    found = hints(keys.wanted, keys.kind)
    for column, kind in zip(keys.columns, keys.kinds, strict=True):
        if kind is Kind.INT and len(values := np.unique(column)) <= FEW:
            found += tuple(v for v in values.tolist() if v > 3 and v not in found)
    for term in keys.terms:
        literals = (t.value for t in subterms(term) if isinstance(t, Literal) and t.kind is Kind.INT)
        found += tuple(v for v in literals if isinstance(v, int) and 3 < v < 1000 and v not in found)
    return found


def affine(keys: Keys, names: Sequence[Expr] = ()) -> list[list[tuple[int, Expr | None]]]:
    """Give the integer multiples of the keys (by other names, where such are given) whose sum is every answer.

    As parts of a sum, see `sum_of`; none where there is no such sum.
    """
    if keys.kind is not Kind.INT or any(k not in (Kind.INT, Kind.BOOL) for k in keys.kinds):
        return []
    columns = np.stack([*(c.astype(np.int64) for c in keys.columns), np.ones(len(keys.wanted), np.int64)], axis=1)
    if len(columns) < 2 * columns.shape[1]:
        return []
    factors = np.rint(np.linalg.lstsq(columns.astype(float), keys.wanted.astype(float), rcond=None)[0]).astype(np.int64)
    if not (columns @ factors == keys.wanted).all() or np.abs(factors).max() > 1000:
        return []
    return [[(int(f), n) for f, n in zip(factors, [*(names or keys.terms), None], strict=True) if f]]


def residues(keys: Keys, names: Sequence[Expr]) -> list[Expr]:
    """Give the sum or difference of keys that is every answer modulo the number of answers, where there is one."""
    if keys.kind is not Kind.INT or any(k is not Kind.INT for k in keys.kinds) or keys.wanted.min() != 0:
        return []
    modulus, columns = int(keys.wanted.max()) + 1, np.stack(keys.columns).astype(np.int64)
    if not 2 <= modulus <= RESIDUES or len(keys.wanted) < 2 * len(columns):
        return []
    weights = sorted(product((0, 1, -1), repeat=len(columns)), key=lambda w: (sum(map(abs, w)), w.count(-1)))
    for factors in weights[1:]:
        offset = (keys.wanted - factors @ columns) % modulus
        if (offset == offset[0]).all():
            parts = [(f, n) for f, n in zip((*factors, int(offset[0])), [*names, None], strict=True) if f]
            return [call("mod", sum_of(parts), integer(modulus))]
    return []


def _sums(bank: Bank, names: Sequence[Input]) -> None:
    """Enter the sums and differences of two to four integer keys, which growth by size reaches late."""
    numbers = [(n, c.values) for n, c in zip(names, bank.columns, strict=False) if n.type.kind is Kind.INT][:4]
    weights = (1, -1, 2, 0) if len(numbers) < 3 else (1, -1, 0)
    for factors in product(weights, repeat=len(numbers)):
        parts = [(f, n, v) for f, (n, v) in zip(factors, numbers, strict=True) if f]
        if len(parts) > 1:
            values = np.asarray(sum(f * v for f, _, v in parts))
            size = 2 * len(parts) - 1 + 2 * factors.count(2)
            bank.offer(sum_of([(f, n) for f, n, _ in parts]), Type(Kind.INT, Axis.ROW), size, values)


def sum_of(parts: list[tuple[int, Expr | None]]) -> Expr:
    """Write down the sum of (factor, term) pairs, the constant one with no term; positive parts first."""
    total: Expr | None = None
    for factor, term in sorted(parts, key=lambda p: p[0] < 0):
        size = integer(abs(factor)) if term is None else term
        if term is not None and abs(factor) != 1:
            size = call("mul", integer(abs(factor)), term)
        if total is None:
            total = size if factor > 0 else call("neg", size)
        else:
            total = call("add" if factor > 0 else "sub", total, size)
    return integer(0) if total is None else total


def tables(keys: Keys, names: Sequence[Expr], effort: Effort) -> list[Expr]:
    """Give the plain table, its default the most frequent answer, where it is not too large."""
    if not 1 <= len(names) <= 3 or Kind.REAL in keys.kinds:
        return []
    values, counts = np.unique(keys.wanted, return_counts=True)
    usual = values[np.argmax(counts)]
    if len(keys.wanted) - counts.max() > effort.entries:
        return []
    entries = []
    for k in np.nonzero(keys.wanted != usual)[0]:
        key = tuple(literal(c[k], kind, keys.symbols).value for c, kind in zip(keys.columns, keys.kinds, strict=True))
        entries.append((key, literal(keys.wanted[k], keys.kind, keys.symbols).value))
    if not entries:
        return [literal(usual, keys.kind, keys.symbols)]
    default = literal(usual, keys.kind, keys.symbols).value
    return [call("lookup", *names, Table(tuple(sorted(entries, key=repr)), default, keys.kinds, keys.kind))]
