"""The engine: compiled code, numpy and plain sets keep the same columns in the same order."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dsl.evaluate import Cases
from dsl.primitives import PRIMITIVES
from dsl.printer import show
from dsl.terms import Input
from dsl.types import Axis, Kind, Type
from synthesis.bank import Bank
from synthesis.engine import Engine, Level, Store, extend
from synthesis.engine.words import fingerprints, fitting, narrowest, reach, restored, width, worded
from synthesis.grow import grow, seed
from synthesis.vocabulary import Vocabulary

CONTEXT = Cases({}, np.ones((1, 1), dtype=bool)).context()
WEIGHTS = np.random.default_rng(0).integers(1, 2**63, size=2048, dtype=np.uint64) | np.uint64(1)
BOOL, INT, REAL = (np.dtype(t) for t in (np.bool_, np.int64, np.float64))
ON_INTEGERS = ("add", "sub", "mul", "min", "max", "floordiv", "mod")
RESULTS = {
    **{(op, INT): INT for op in ON_INTEGERS},
    **{(op, kind): BOOL for op in ("eq", "ne", "lt", "le") for kind in (INT, REAL)},
    **{(op, BOOL): BOOL for op in ("and", "or", "ne", "eq")},
    **{(op, kind): REAL for op in ("div",) for kind in (INT, REAL)},
    **{(op, REAL): REAL for op in ("min", "max")},
}
EDGES = (0, 1, -1, 127, -128, 128, 32767, -32769, 2**31, -(2**40))


@st.composite
def columns(draw: st.DrawFn, dtype: np.dtype, cells: int) -> np.ndarray:
    """Few distinct values, so that many results are equal; now and then one at the edge of a type."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    count = draw(st.integers(1, 12))
    if dtype == BOOL:
        return rng.integers(0, 2, (count, cells)).astype(bool)
    found = rng.integers(-2, 3, (count, cells))
    if dtype == REAL:
        return found / 4 * draw(st.sampled_from((1.0, -1.0)))
    found[rng.integers(count), rng.integers(cells)] = draw(st.sampled_from(EDGES))
    return found


@st.composite
def levels(draw: st.DrawFn) -> Level:
    op, dtype = draw(st.sampled_from(sorted(RESULTS, key=str)))
    cells = draw(st.sampled_from((1, 3, 8, 63, 64, 65, 130)))
    left = draw(columns(dtype, cells))
    right = left if draw(st.booleans()) else draw(columns(dtype, cells))
    return Level(CONTEXT, op, left, right, RESULTS[op, dtype])


def empty(level: Level, **options: int) -> Store:
    first = np.dtype(np.int8) if level.result == INT else level.result
    return Store(level.left.shape[1], first, WEIGHTS, **options)


def plainly(level: Level, room: int | None) -> list[tuple[int, int]]:
    """The new ones of a level, by Python sets of the values' bytes."""
    seen, found = set(), []
    for j, r in enumerate(level.right):
        if room is not None and len(found) >= room:
            break
        for i, left in enumerate(level.left):
            with np.errstate(over="ignore"):
                value = PRIMITIVES[level.op].evaluate(CONTEXT, left, r)
            key = (np.round(value, 9) + 0.0 if level.result == REAL else value).tobytes()
            if key not in seen:
                seen.add(key)
                found.append((i, j))
    return found


def pairs(level: Level, engine: Engine, room: int | None) -> tuple[list[tuple[int, int]], Store, int]:
    store = empty(level)
    found = extend(level, store, room=room, engine=engine)
    return list(zip(found.left.tolist(), found.right.tolist(), strict=True)), store, found.examined


@settings(max_examples=150, deadline=None)
@given(levels(), st.one_of(st.none(), st.integers(1, 40)))
def test_every_way_keeps_the_same_columns_in_the_same_order_with_the_same_keys(level: Level, room: int | None):
    pytest.importorskip("numba")
    by_array, array, tried = pairs(level, Engine.ARRAY, room)
    compiled, machine, looked = pairs(level, Engine.COMPILED, room)
    assert by_array == compiled == plainly(level, room)
    assert tried == looked
    assert array.count == machine.count == len(compiled)
    stored = [s.words[: s.count] for s in (array, machine)]
    assert np.array_equal(*stored)
    assert np.array_equal(*(fingerprints(words, WEIGHTS) for words in stored))


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_columns_come_back_from_their_words(data: st.DataObject):
    dtype = data.draw(st.sampled_from((BOOL, INT)))
    cells = data.draw(st.sampled_from((1, 7, 64, 100)))
    values = data.draw(columns(dtype, cells))
    words = worded(values, fitting(values))
    assert words.shape[1] == width(cells, fitting(values))
    assert np.array_equal(restored(words, cells, fitting(values)), values)


@given(st.sampled_from(ON_INTEGERS), st.integers(0, 300), st.integers(0, 300), st.integers(0, 2**32))
def test_results_stay_within_the_bound(op: str, left: int, right: int, drawn: int):
    rng = np.random.default_rng(drawn)
    a, b = rng.integers(-left, left + 1, 200), rng.integers(-right, right + 1, 200)
    assert np.abs(PRIMITIVES[op].evaluate(CONTEXT, a, b)).max() <= reach(CONTEXT, op, left, right)


@pytest.mark.parametrize("op", [p.name for p in PRIMITIVES.values() if p.packed])
def test_packed_meanings_are_the_primitives_own(op: str):
    a, b = np.random.default_rng(0).integers(0, 2, (2, 5, 130)).astype(bool)
    packed = PRIMITIVES[op].packed
    assert packed is not None
    expected = PRIMITIVES[op].evaluate(CONTEXT, a, b)
    assert np.array_equal(packed(worded(a, BOOL), worded(b, BOOL)), worded(expected, BOOL))


def test_types_are_the_narrowest_that_hold_the_values():
    assert [narrowest(-n - 1, n) for n in (127, 128, 2**15, 2**31)] == [np.int8, np.int16, np.int32, np.int64]


@pytest.mark.parametrize("compiled", [False, True])
def test_columns_of_one_key_are_told_apart(compiled: bool):
    if compiled:
        pytest.importorskip("numba")
    store = Store(128, BOOL, np.zeros(2, dtype=np.uint64))  # with no weights every key is the same
    words = np.random.default_rng(0).integers(0, 4, (200, 2), dtype=np.uint64)
    found = store.admit_words(words, compiled=compiled)
    distinct = np.sort(np.unique(words, axis=0, return_index=True)[1])
    assert found.new.tolist() == distinct.tolist()


@pytest.mark.parametrize("engine", [Engine.ARRAY, Engine.COMPILED])
def test_a_store_stops_within_its_budget(engine: Engine):
    if engine is Engine.COMPILED:
        pytest.importorskip("numba")
    rng = np.random.default_rng(0)
    left, right = rng.integers(0, 2, (2, 60, 256)).astype(bool)
    store = Store(256, BOOL, WEIGHTS, budget=2**16)
    found = extend(Level(CONTEXT, "and", left, right, BOOL), store, engine=engine)
    assert store.full
    assert store.nbytes <= 2**16
    assert len(found.left) == store.count < 3600


def test_columns_are_known_again_when_the_type_widens():
    store = Store(20, np.dtype(np.int8), WEIGHTS)
    narrow = np.random.default_rng(0).integers(-5, 6, (50, 20))
    assert len(store.admit(narrow).new) == 50
    assert store.admit(np.concatenate([narrow, narrow[:1] + 1000])).new.tolist() == [50]
    assert store.dtype == np.int16


def test_a_bank_grows_alike_on_both_paths():
    pytest.importorskip("numba")
    inputs = [Input(name, Type(kind, Axis.ROW)) for name, kind in (("a", Kind.INT), ("b", Kind.INT), ("c", Kind.BOOL))]
    rng = np.random.default_rng(0)
    values = {i.name: rng.integers(0, 2 if i.name == "c" else 9, (70, 1)) for i in inputs}
    values["c"] = values["c"].astype(bool)
    cases = Cases(values, np.ones((70, 1), dtype=bool))
    banks = [Bank(cases, np.random.default_rng(1), engine=engine) for engine in (Engine.ARRAY, Engine.COMPILED)]
    for bank in banks:
        words = Vocabulary(causal=True, sequence=False)
        seed(bank, inputs, words)
        for size in (2, 3, 4):
            grow(bank, words, size, 3000)
    ours, theirs = ([(show(c.term), c.size, c.values.tobytes()) for c in bank.columns] for bank in banks)
    assert ours == theirs
    assert banks[0].tried == banks[1].tried


def test_growth_stops_within_the_banks_budget():
    a = Input("a", Type(Kind.INT, Axis.ROW))
    cases = Cases({"a": np.arange(64)[:, None]}, np.ones((64, 1), dtype=bool))
    bank, words = Bank(cases, np.random.default_rng(0), budget=2**17), Vocabulary(causal=True, sequence=False)
    seed(bank, [a], words)
    for size in (2, 3, 4, 5):
        grow(bank, words, size, 10**6)
    assert sum(c.values.nbytes for c in bank.columns) <= 2**17


def test_without_numba_large_levels_go_through_numpy(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "numba", None)
    monkeypatch.setattr("synthesis.engine.level.REPAYS", 0)
    values = np.random.default_rng(0).integers(0, 2, (20, 64)).astype(bool)
    level = Level(CONTEXT, "and", values, values, BOOL)
    assert pairs(level, Engine.AUTO, None)[0] == pairs(level, Engine.ARRAY, None)[0]
