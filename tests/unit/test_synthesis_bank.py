"""The bank: terms and values agree, no column stands twice, and causal banks do not look ahead."""

from functools import lru_cache

import numpy as np
import pytest

from dsl.check import check
from dsl.evaluate import Cases, Interpreter
from dsl.primitives import PRIMITIVES
from dsl.printer import show
from dsl.terms import Call, Input, call, integer
from dsl.types import Axis, Kind, Type
from synthesis.bank import Bank, Column
from synthesis.grow import grow, seed
from synthesis.problem import Problem, Target
from synthesis.vocabulary import vocabulary

ROWS, LONGEST = 12, 6
X, FLAG = Input("x", Type(Kind.INT, Axis.POSITION)), Input("flag", Type(Kind.BOOL, Axis.POSITION))
TOKEN, REAL = Input("token", Type(Kind.SYMBOL, Axis.POSITION)), Input("r", Type(Kind.REAL, Axis.POSITION))
A, B, C = (Input(name, Type(kind, Axis.ROW)) for name, kind in (("a", Kind.INT), ("b", Kind.INT), ("c", Kind.SYMBOL)))
INPUTS = {
    "integers": (X,),
    "symbols": (TOKEN,),
    "several": (X, TOKEN, FLAG, REAL, A),
    "rows": (A, B, C),
}
KINDS = [(name, causal) for name in INPUTS for causal in (True, False) if name != "rows" or causal]
CAPACITIES = ((500, 600), (50, 70, 1200))  # at sizes 2, 3, ...: most of the small columns, some of the large ones


def drawn(inputs: tuple[Input, ...], rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Draw columns, padding as arbitrary as the rest."""

    def column(type_: Type) -> np.ndarray:
        shape = (ROWS, LONGEST if type_.axis is Axis.POSITION else 1)
        match type_.kind:
            case Kind.BOOL:
                return rng.integers(0, 2, shape).astype(bool)
            case Kind.REAL:
                return rng.integers(-8, 9, shape) / 4
            case Kind.SYMBOL:
                return rng.integers(0, 3, shape)
        return rng.integers(-2, 4, shape)

    return {i.name: column(i.type) for i in inputs}


def ragged(inputs: tuple[Input, ...], rng: np.random.Generator) -> Cases:
    wide = any(i.type.axis is Axis.POSITION for i in inputs)
    lengths = rng.integers(1, LONGEST + 1, ROWS) if wide else np.ones(ROWS, int)
    mask = np.arange(LONGEST if wide else 1) < lengths[:, None]
    return Cases(drawn(inputs, rng), mask, ("a", "b", 2))


@lru_cache
def grown(name: str, causal: bool) -> tuple[Bank, ...]:
    """Grow banks on random rows whose answers are random too."""
    rng = np.random.default_rng(7)
    cases = ragged(INPUTS[name], rng)
    target = Target(rng.integers(0, 3, cases.mask.shape), cases.mask, Kind.INT)
    problem = Problem(INPUTS[name], cases, target, causal)
    banks, words = [], vocabulary(problem)
    for capacities in CAPACITIES:
        banks.append(Bank(cases, rng, target.scored))
        seed(banks[-1], problem.inputs, words)
        for size, capacity in enumerate(capacities, start=2):
            grow(banks[-1], words, size, capacity)
    return tuple(banks)


def agrees(column: Column, evaluate: Interpreter) -> bool:
    """Say whether a term has the type and, at real positions, the values that it is stored with."""
    mask, found = evaluate.cases.mask, np.asarray(evaluate(column.term))
    if column.type.axis is Axis.ROW:
        found = np.broadcast_to(found, (len(mask), 1))[:, 0]
    else:
        found = np.broadcast_to(found, mask.shape)[mask]
    same = found.dtype == column.values.dtype and np.array_equal(found, column.values)
    return same and check(column.term) == column.type


@pytest.mark.parametrize(("name", "causal"), KINDS)
def test_every_column_is_what_its_term_evaluates_to(name: str, causal: bool):
    for bank in grown(name, causal):
        evaluate = Interpreter(bank.layout.cases)
        assert [show(c.term) for c in bank.columns if not agrees(c, evaluate)] == []


@pytest.mark.parametrize(("name", "causal"), KINDS)
def test_no_two_columns_are_equal(name: str, causal: bool):
    for bank in grown(name, causal):
        seen = [(c.type, c.values.tobytes()) for c in bank.columns]
        assert len(set(seen)) == len(seen) > 100
        assert len({c.term for c in bank.columns}) == len(seen)


@pytest.mark.parametrize("name", [name for name in INPUTS if name != "rows"])
def test_a_causal_bank_does_not_look_ahead(name: str):
    for bank in grown(name, True):
        past, rng = bank.layout.cases, np.random.default_rng(3)
        cut = rng.integers(1, past.mask.sum(axis=1) + 1)  # from here on all is another, and there is more or less of it
        kept = np.arange(LONGEST) < cut[:, None]
        other = drawn(INPUTS[name], rng)
        inputs = {k: np.where(kept, v, other[k]) if v.shape == kept.shape else v for k, v in past.inputs.items()}
        mask = np.arange(LONGEST) < rng.integers(cut, LONGEST + 1)[:, None]
        evaluate = Interpreter(Cases(inputs, mask, past.symbols))
        for column in bank.columns:
            found = np.broadcast_to(evaluate(column.term), kept.shape)[kept]
            wanted = np.broadcast_to(bank.layout.square(column), kept.shape)[kept]
            assert np.array_equal(found, wanted), show(column.term)


@pytest.mark.parametrize(("name", "causal"), KINDS)
def test_growth_uses_every_family_it_may(name: str, causal: bool):
    terms = [c.term for bank in grown(name, causal) for c in bank.columns]
    used = {PRIMITIVES[t.op].family for t in terms if isinstance(t, Call) and t.op in PRIMITIVES}
    wanted = {"elementwise"} if name == "rows" else {"elementwise", "positions", "running", "select"}
    assert used == wanted | ({"reduce"} if name != "rows" or not causal else set())


def test_growth_stops_at_its_capacity():
    rng = np.random.default_rng(0)
    cases = ragged((X,), rng)
    problem = Problem((X,), cases, Target(cases.inputs["x"], cases.mask, Kind.INT), causal=False)
    bank, words = Bank(cases, rng), vocabulary(problem)
    seed(bank, (X,), words)
    assert grow(bank, words, 2, 10_000)
    before = len(bank.columns)
    assert not grow(bank, words, 3, before + 20)
    assert before + 20 <= len(bank.columns) < 2 * before + 200


def test_columns_of_another_type_are_not_the_same():
    bank = Bank(ragged((X,), np.random.default_rng(0)), np.random.default_rng(0))
    ones = np.ones(int(bank.layout.mask.sum()))
    kinds = [Type(kind, Axis.POSITION) for kind in (Kind.BOOL, Kind.INT, Kind.REAL)]
    assert all(isinstance(bank.offer(integer(k), t, 1, ones), Column) for k, t in enumerate(kinds))
    assert all(bank.offer(integer(k), t, 1, ones) is None for k, t in enumerate(kinds))


def test_values_that_are_not_finite_are_left_out():
    bank = Bank(ragged((X,), np.random.default_rng(0)), np.random.default_rng(0))
    values = np.ones(int(bank.layout.mask.sum()))
    values[0] = np.nan
    assert bank.offer(call("index"), Type(Kind.REAL, Axis.POSITION), 1, values) is None
