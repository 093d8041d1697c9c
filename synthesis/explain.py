"""From a finite map to an expression: which elementwise term of a few key columns gives the answers?

This is the whole search where there is no sequence axis, and the last step of it where there is: the columns that a
target was found to depend on become keys here, and the table of answers becomes a rule where one is shorter.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dsl.evaluate import Cases
from dsl.size import bits
from dsl.terms import Expr, Input, Table, Value, call, substitute
from dsl.types import Axis, Kind, Type
from synthesis.bank import Bank
from synthesis.cover import classes, joint
from synthesis.goals import Goal, chosen, equal, meet, threshold
from synthesis.grow import grow, seed
from synthesis.logic import formulas
from synthesis.vocabulary import Vocabulary, hints, literal


@dataclass(frozen=True, slots=True)
class Effort:
    """How far to look: the largest term stored, how many columns, the most keys a table may have."""

    size: int = 5
    capacity: int = 4000
    entries: int = 64


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
    """Give one cell for each distinct key (the first), in the order of the keys' values."""
    key = joint(np.stack([classes(v) for _, _, v in terms]))
    _, first = np.unique(key, return_index=True)
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
    words = Vocabulary(causal=True, sequence=False, constants=hints(keys.wanted, keys.kind))
    for name, values in zip(names, keys.columns, strict=True):
        bank.offer(name, name.type, 1, values)
    seed(bank, (), words)
    found = {t: bits(t) for t in tables(keys, names, effort)}
    for size in range(1, effort.size + 1):
        more = size == 1 or grow(bank, words, size, effort.capacity)
        goal = Goal(bank, bank.columns, [c.values for c in bank.columns], keys.wanted, keys.kind)
        if size == 1 or size == effort.size or size >= 3 or not more:
            found |= {t: bits(t) for t in _goals(goal)}
        if not more or (found and min(found.values()) <= 4.0 * (size + 1)):
            break
    real = dict(zip(names, keys.terms, strict=True))
    return [substitute(t, real) for t in sorted(found, key=lambda t: found[t])]


def _goals(goal: Goal) -> list[Expr]:
    """Run the goal tests, cheapest first; choices and formulas only where nothing simpler gives the target."""
    simple = [*equal(goal), *meet(goal)]
    return simple or [*chosen(goal), *formulas(goal), *threshold(goal)]


def tables(keys: Keys, names: Sequence[Expr], effort: Effort) -> list[Expr]:
    """Give the plain table, its default the most frequent answer, where it is not too large."""
    if not 1 <= len(names) <= 3 or Kind.REAL in keys.kinds or len(keys.wanted) > effort.entries:
        return []
    values, counts = np.unique(keys.wanted, return_counts=True)
    usual = values[np.argmax(counts)]
    entries = []
    for k in np.nonzero(keys.wanted != usual)[0]:
        key = tuple(
            literal(c[k], kind, keys.symbols).value for c, kind in zip(keys.columns, keys.kinds, strict=True)
        )
        entries.append((key, literal(keys.wanted[k], keys.kind, keys.symbols).value))
    if not entries:
        return [literal(usual, keys.kind, keys.symbols)]
    default = literal(usual, keys.kind, keys.symbols).value
    return [call("lookup", *names, Table(tuple(sorted(entries, key=repr)), default, keys.kinds, keys.kind))]
