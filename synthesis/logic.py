"""Two-level formulas: a boolean target as a conjunction of small disjunctions of conditions, or the reverse."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from dsl import simplify
from dsl.size import bits
from dsl.terms import Expr, call, integer
from dsl.types import Kind
from synthesis.bitset import count, pack
from synthesis.goals import Goal

LITERALS = 400  # conditions that single-literal clauses are made of
PAIRED = 160  # conditions that two-literal clauses are made of
BOUNDED, BOUNDS = 1500, 2000  # numbers that are bounded, and bounds on them that are put together
ENOUGH = 3  # pairs of bounds
CLAUSES = 6  # at most so many clauses in a formula

Literal = tuple[int, bool]  # a column, and whether it is taken as it is or negated


def formulas(goal: Goal) -> Iterator[Expr]:
    """Yield the conjunction and the disjunction found for a boolean target, where there are any."""
    if goal.kind is not Kind.BOOL or goal.wanted.all() or not goal.wanted.any():
        return
    index = goal.of((Kind.BOOL,), LITERALS)
    if not index:
        return
    true = np.stack([goal.values[k] for k in index])
    costs = np.array([bits(goal.columns[k].term) for k in index])
    both = np.concatenate([true, ~true])
    prices = np.concatenate([costs, costs + 4])
    terms = [goal.columns[k].term for k in index]
    terms += [call("not", t) for t in terms]
    negated = np.concatenate([np.arange(len(index)) + len(index), np.arange(len(index))])
    for conjunctive in (True, False):
        wanted = goal.wanted if conjunctive else ~goal.wanted
        clauses = _cover(pack(both), prices, pack(wanted), pack(np.ones_like(wanted)))
        if clauses is not None:
            yield _formula(clauses, terms, negated, conjunctive)


def bounds(goal: Goal) -> Iterator[Expr]:
    """Yield `a == 0 and b >= 0` and `a != 0 or b < 0`: bounds on two numbers that together are a boolean target.

    Of each number only the tightest bounds are tried that hold wherever the target does.
    """
    if goal.kind is not Kind.BOOL or goal.wanted.all() or not goal.wanted.any():
        return
    index = goal.of((Kind.INT,), BOUNDED)
    if not index:
        return
    numbers = np.stack([goal.values[k] for k in index])
    terms = [goal.columns[k].term for k in index]
    for conjunctive in (True, False):
        wanted = goal.wanted if conjunctive else ~goal.wanted
        for pair in _pairs(*_bounds(numbers, terms, wanted), pack(~wanted)):
            yield _join("and", pair) if conjunctive else simplify(call("not", _join("and", pair)))


def _bounds(numbers: np.ndarray, terms: list[Expr], wanted: np.ndarray) -> tuple[list[Expr], np.ndarray]:
    """Give the tightest conditions that hold wherever `wanted` does, cheapest first, and what each excludes, packed."""
    low, high = numbers[:, wanted].min(axis=1), numbers[:, wanted].max(axis=1)
    below, above = numbers < low[:, None], numbers > high[:, None]
    found: list[tuple[Expr, np.ndarray]] = []
    for k, term in enumerate(terms):
        if below[k].any() and above[k].any() and low[k] == high[k]:
            found.append((call("eq", term, integer(int(low[k]))), below[k] | above[k]))
        if below[k].any():
            found.append((call("le", integer(int(low[k])), term), below[k]))
        if above[k].any():
            found.append((call("le", term, integer(int(high[k]))), above[k]))
    found = sorted(found, key=lambda f: bits(f[0]))[:BOUNDS]
    return [t for t, _ in found], pack(np.stack([e for _, e in found] or [wanted]))


def _pairs(terms: list[Expr], excluded: np.ndarray, against: np.ndarray) -> Iterator[tuple[Expr, Expr]]:
    """Yield the cheapest pairs of conditions that together exclude everything `against`."""
    left = against & ~excluded[: len(terms)]
    hits = [(i, int(j)) for i in range(len(terms)) for j in np.nonzero(~(left[i] & left[:i]).any(axis=1))[0]]
    hits = [(i, j) for i, j in hits if left[i].any() and left[j].any()]
    cheap = sorted(hits, key=lambda h: bits(terms[h[0]]) + bits(terms[h[1]]))[: 16 * ENOUGH]
    for i, j in sorted(cheap, key=lambda h: bits(call("and", terms[h[1]], terms[h[0]])))[:ENOUGH]:  # they may share
        yield terms[j], terms[i]


def _formula(clauses: list[tuple[int, ...]], terms: list[Expr], negated: np.ndarray, conjunctive: bool) -> Expr:
    inner, outer = ("or", "and") if conjunctive else ("and", "or")
    parts = []
    for clause in clauses:
        members = [terms[k if conjunctive else int(negated[k])] for k in clause]
        parts.append(_join(inner, members))
    return _join(outer, parts)


def _join(op: str, terms: Sequence[Expr]) -> Expr:
    result = terms[0]
    for term in terms[1:]:
        result = call(op, result, term)
    return result


def _cover(sets: np.ndarray, prices: np.ndarray, wanted: np.ndarray, all_: np.ndarray) -> list[tuple[int, ...]] | None:
    """Find clauses (ors of one or two sets) that each contain `wanted` and together exclude all else, greedily."""
    against = all_ & ~wanted
    single = np.nonzero(~(wanted & ~sets).any(axis=1))[0]
    members: list[tuple[int, ...]] = [(int(k),) for k in single]
    excluded = [against & ~sets[k] for k in single]
    cost = [float(prices[k]) for k in single]
    few = np.argsort(prices, kind="stable")[: 2 * PAIRED]
    few = few[~np.isin(few, single)]
    for n, i in enumerate(few):
        ors = sets[few[:n]] | sets[i]
        for j in np.nonzero(~(wanted & ~ors).any(axis=1))[0]:
            left = against & ~ors[j]
            if left.any():
                members.append((int(few[j]), int(i)))
                excluded.append(left)
                cost.append(float(prices[i] + prices[few[j]] + 4))
    return _greedy(members, np.array(excluded), np.array(cost), against) if members else None


def _greedy(
    members: list[tuple[int, ...]], excluded: np.ndarray, cost: np.ndarray, against: np.ndarray
) -> list[tuple[int, ...]] | None:
    """Take the clause that excludes most per bit until nothing is left, then drop the ones not needed."""
    left, taken = against.copy(), []
    while left.any():
        gain = count(excluded & left)
        if not gain.any() or len(taken) == CLAUSES:
            return None
        best = int(np.argmax(gain / (cost + 4)))
        taken.append(best)
        left = left & ~excluded[best]
    for clause in sorted(taken, key=lambda k: -cost[k]):
        others = [k for k in taken if k != clause]
        if others and not (against & ~np.bitwise_or.reduce(excluded[others], axis=0)).any():
            taken = others
    return [members[k] for k in taken]
