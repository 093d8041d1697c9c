"""Every primitive: its type is what it evaluates to, numpy and torch agree, padding does not matter."""

import array_api_compat
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from dsl import (
    PRIMITIVES,
    STATE,
    Axis,
    Call,
    Cases,
    Expr,
    Input,
    Kind,
    Type,
    call,
    check,
    evaluate,
    integer,
    parse,
    show,
)
from tests.strategies import INPUTS, calls, cases, lookups, real_values, scans, scramble, terms

DTYPES = {Kind.BOOL: np.dtype(bool), Kind.REAL: np.dtype("float64")}
FORMS = [*PRIMITIVES, "lookup", "scan"]


def call_of(name: str) -> st.SearchStrategy[Call]:
    if name == "lookup":
        return st.builds(Type, st.sampled_from(Kind), st.sampled_from([Axis.ROW, Axis.POSITION])).flatmap(lookups)
    return st.sampled_from(Kind).flatmap(scans) if name == "scan" else calls(name)


def on_torch(batch: Cases) -> Cases:
    return Cases({n: torch.from_numpy(v) for n, v in batch.inputs.items()}, torch.from_numpy(batch.mask), batch.symbols)


def assert_shape(term: Expr, batch: Cases, values: np.ndarray) -> None:
    rows, length = batch.mask.shape
    allowed = {
        Axis.ROW: [(1, rows), (1,)],
        Axis.POSITION: [(rows,), (length,)],
        Axis.PAIR: [(1, rows), (1, length), (1, length)],
    }[check(term).axis]
    assert values.ndim == len(allowed)
    assert all(size in sizes for size, sizes in zip(values.shape, allowed, strict=True)), values.shape


@pytest.mark.parametrize("name", FORMS)
@settings(max_examples=8)
@given(data=st.data(), batch=cases())
def test_primitive(name: str, data: st.DataObject, batch: Cases) -> None:
    term = data.draw(call_of(name))
    type_ = check(term)
    values = evaluate(term, batch)
    assert values.dtype == DTYPES.get(type_.kind, np.dtype("int64"))
    assert_shape(term, batch, values)
    assert parse(show(term), INPUTS) is term

    other = evaluate(term, on_torch(batch))
    assert array_api_compat.is_torch_array(other)
    assert other.numpy().dtype == values.dtype
    assert other.shape == values.shape
    found, again = real_values(term, batch, values), real_values(term, batch, other.numpy())
    assert np.allclose(found, again, rtol=1e-12, atol=0) if type_.kind is Kind.REAL else np.array_equal(found, again)

    scrambled = scramble(batch, seed=7)
    assert np.array_equal(found, real_values(term, batch, evaluate(term, scrambled)))


@given(term=terms(depth=4), batch=cases(), seed=st.integers(0, 99))
def test_padding_never_matters(term: Expr, batch: Cases, seed: int) -> None:
    found = real_values(term, batch)
    assert np.array_equal(found, real_values(term, batch, evaluate(term, scramble(batch, seed))))


@given(term=terms(depth=4), batch=cases())
def test_rows_are_independent(term: Expr, batch: Cases) -> None:
    alone = Cases({n: v[:1] for n, v in batch.inputs.items()}, batch.mask[:1], batch.symbols)
    assert np.array_equal(real_values(term, alone, evaluate(term, batch)[:1]), real_values(term, alone))


def test_each_primitive_has_a_call_of_each_overload() -> None:
    for primitive in PRIMITIVES.values():
        axes = primitive.axes[0] if primitive.axes else (Axis.POSITION,) * len(primitive.overloads[0].params)
        assert all(len(o.params) == len(axes) for o in primitive.overloads), primitive.name


def test_scan_carries_its_state() -> None:
    x, state = INPUTS[1], Input(STATE, Type(Kind.INT, Axis.POSITION))
    batch = Cases({"x": np.array([[1, 2, 3], [4, 5, 9]])}, np.array([[1, 1, 1], [1, 1, 0]], bool))
    values = evaluate(call("scan", integer(1), call("mul", call("add", state, x), integer(2))), batch)
    assert values[0].tolist() == [4, 12, 30]
    assert values[1, :2].tolist() == [10, 30]


def test_scans_nest() -> None:
    term = parse("scan(0, state + scan(1, state * 2))")
    assert isinstance(term, Expr)
    assert evaluate(term, Cases({}, np.ones((1, 4), bool))).tolist() == [[2, 6, 14, 30]]
