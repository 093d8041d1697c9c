"""From finite maps to expressions: rules are recovered, and what is found is right on every key."""

from collections.abc import Sequence
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dsl.evaluate import Cases, evaluate
from dsl.printer import show
from dsl.size import bits
from dsl.terms import Call, Expr, Input, Value
from dsl.types import Axis, Kind, Type
from synthesis.explain import Effort, Keys, explain, keys_of
from synthesis.problem import same

SYMBOLS: tuple[Value, ...] = ("a", "b", 3, None)
QUICK = Effort(size=4, capacity=1500, entries=40, meeting=300)
TINY = Effort(size=3, capacity=200, entries=12, meeting=60)


def inputs(kinds: Sequence[Kind]) -> list[Input]:
    return [Input(f"k{i}", Type(kind, Axis.ROW)) for i, kind in enumerate(kinds)]


def keys(columns: Sequence[np.ndarray], wanted: np.ndarray, kind: Kind, kinds: Sequence[Kind] = ()) -> Keys:
    names = inputs(kinds or [Kind.INT] * len(columns))
    return keys_of([(n, n.type.kind, c) for n, c in zip(names, columns, strict=True)], wanted, kind, SYMBOLS)


def values(term: Expr, of: Keys) -> np.ndarray:
    """Give a term's value for each key."""
    columns = {n.name: c[:, None] for n, c in zip(inputs(of.kinds), of.columns, strict=True)}
    cases = Cases(columns, np.ones((len(of.wanted), 1), bool), of.symbols)
    return np.broadcast_to(evaluate(term, cases), (len(of.wanted), 1))[:, 0]


def found(of: Keys, effort: Effort = QUICK) -> list[Expr]:
    """Explain, and hold everything found against every key."""
    terms = explain(of, effort, np.random.default_rng(0))
    for term in terms:
        assert same(values(term, of), of.wanted).all(), show(term)
    assert [bits(t) for t in terms] == sorted(bits(t) for t in terms)
    return terms


def grid(*ranges: range) -> np.ndarray:
    return np.array(list(product(*ranges))).T


A, B = grid(range(7), range(7))
FOUR = grid(*[range(4)] * 4)
INCOME, DEBT, YEARS = grid(range(10), range(10), range(4))
MONTH, DAY = grid(range(1, 13), range(1, 32))
DAYS = np.array([31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
RULES = {  # columns, answers, the bits of a program that a person would write, rounded up
    "sum modulo 7": ((A, B), (A + B) % 7, 18),
    "largest of four": (FOUR, FOUR.max(axis=0), 20),
    "is sorted": (FOUR, (FOUR[:-1] <= FOUR[1:]).all(axis=0), 44),
    "income above debt": ((INCOME, DEBT, YEARS), INCOME - DEBT > 3, 16),
    "day of a month": ((MONTH, DAY), DAYS[MONTH - 1] >= DAY, 88),
    "decision list": ((A, B), np.where(A > B, A, np.where(B == 4, 9, B - A)), 43),
    "affine sum": ((A, B), 3 * A - 2 * B + 5, 33),
    "constant": ((A, B), np.full(49, 4), 6),
    "either key": ((A, B), np.where(A == 3, B, A), 22),
}


@pytest.mark.parametrize("name", RULES)
def test_a_rule_is_recovered(name: str):
    columns, wanted, most = RULES[name]
    terms = found(keys(columns, wanted, Kind.BOOL if wanted.dtype == bool else Kind.INT))
    assert terms, "nothing found"
    assert bits(terms[0]) <= most, show(terms[0])


def test_a_rule_with_two_ways_to_hold_is_recovered():
    wanted = (INCOME > 2 * DEBT) | ((YEARS > 2) & (INCOME > DEBT))
    terms = found(keys((INCOME, DEBT, YEARS), wanted, Kind.BOOL), Effort())
    assert bits(terms[0]) <= 42, show(terms[0])


def test_a_table_is_the_last_resort_and_has_no_more_entries_beside_its_default_than_allowed():
    wanted = np.random.default_rng(3).integers(0, 9, 24)
    noise = keys((np.arange(24),), wanted, Kind.INT)
    entries = 24 - int(np.bincount(wanted).max())
    (term,) = found(noise, Effort(3, 300, entries=entries, meeting=100))
    assert isinstance(term, Call)
    assert term.op == "lookup"
    assert found(noise, Effort(3, 300, entries=entries - 1, meeting=100)) == []
    rule = found(keys((np.arange(24),), np.arange(24) % 5, Kind.INT), Effort(3, 300, entries=24, meeting=100))
    assert show(rule[0]) == "k0 % 5"


def test_symbols_are_explained_by_their_names():
    letters, flags = np.array([0, 1, 2, 0, 1, 2]), np.array([0, 0, 0, 1, 1, 1], bool)
    wanted = np.where(flags, letters, 1)
    terms = found(keys((letters, flags), wanted, Kind.SYMBOL, (Kind.SYMBOL, Kind.BOOL)))
    assert show(terms[0]) == 'k0 if k1 else #"b"'


def test_integers_answer_as_the_symbols_they_are():
    numbers = np.array([3, 3, 4, 5])
    wanted = np.array([2, 2, 3, 3])  # the codes of 3 and of None
    assert found(keys((numbers,), wanted, Kind.SYMBOL))


def test_keys_are_distinct_and_have_their_most_frequent_answer():
    columns = (np.array([1, 0, 1, 1, 0, 2]), np.array([True, False, True, True, False, True]))
    of = keys(columns, np.array([5, 7, 6, 5, 7, 1]), Kind.INT, (Kind.INT, Kind.BOOL))
    assert [c.tolist() for c in of.columns] == [[0, 1, 2], [False, True, True]]
    assert of.wanted.tolist() == [7, 5, 1]


def test_equal_seeds_give_equal_terms():
    columns, wanted, _ = RULES["decision list"]
    once, again = (explain(keys(columns, wanted, Kind.INT), QUICK, np.random.default_rng(4)) for _ in range(2))
    assert once == again


@st.composite
def maps(draw: st.DrawFn) -> Keys:
    """Give a random finite map of one to three keys."""
    kinds = draw(st.lists(st.sampled_from([Kind.INT, Kind.SYMBOL, Kind.BOOL, Kind.REAL]), min_size=1, max_size=3))
    kind = draw(st.sampled_from(list(Kind)))
    rng, size = np.random.default_rng(draw(st.integers(0, 2**32 - 1))), draw(st.integers(1, 14))

    def column(of: Kind) -> np.ndarray:
        drawn = rng.integers(-1 if of is Kind.INT else 0, len(SYMBOLS), size)
        return {Kind.BOOL: drawn % 2 == 1, Kind.REAL: drawn / 4}.get(of, drawn)

    columns = [column(k) for k in kinds]
    wanted = column(kind)
    if draw(st.booleans()) and kind in kinds:  # something to find
        wanted = np.where(rng.random(size) < 0.2, wanted, columns[kinds.index(kind)])
    return keys(columns, wanted, kind, kinds)


@settings(max_examples=40)
@given(maps())
def test_whatever_is_found_agrees_with_the_map(of: Keys):
    found(of, TINY)
