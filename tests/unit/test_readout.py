"""The readout: answers and margins from raw outputs, and logits that read as given answers."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from distill.errors import BadInput
from distill.readout import Readout
from dsl.rows import Rows
from dsl.types import Kind

ROWS = Rows(np.zeros((2, 3), np.int64), np.array([3, 1]))
STEPS = Rows(np.zeros((2, 4)))


def test_argmax_takes_the_best_column():
    outputs = np.array([[[3, 1], [0, 2.5], [1, 1]], [[0, 4], [9, 9], [np.nan, 9]]])
    answers = Readout("argmax", "each", ("x", "y"), "net").answers(outputs, ROWS)
    assert answers.values.tolist() == [[0, 1, 0], [1, 0, 0]]
    assert answers.values.dtype == np.int64
    assert answers.margins.tolist() == [[2, 2.5, 0], [4, np.inf, np.inf]]


def test_the_last_real_position_answers_for_the_row():
    outputs = np.array([[[3, 1], [0, 2.5], [1, 4]], [[5, 4], [0, 9], [0, 9]]])
    answers = Readout("argmax", "last", ("x", "y"), "net").answers(outputs, ROWS)
    assert answers.values.tolist() == [[1], [0]]
    assert answers.margins.tolist() == [[3], [1]]


def test_multilabel_codes_are_sets():
    readout = Readout("multilabel", "whole", ("a", 1, True), "net")
    answers = readout.answers(np.array([[1.0, -2, 3], [-1, -1, -0.5]]), STEPS)
    assert answers.values.tolist() == [[0b101], [0]]
    assert answers.margins.tolist() == [[1], [0.5]]
    assert readout.value(answers.values[0, 0]) == frozenset(["a", True])
    assert readout.value(0) == frozenset()
    assert readout.kind is Kind.SYMBOL


def test_multilabel_holds_62_columns():
    readout = Readout("multilabel", "whole", tuple(range(62)), "net")
    codes = readout.answers(np.ones((2, 62)), STEPS).values
    assert readout.value(codes[0, 0]) == frozenset(range(62))


@pytest.mark.parametrize("shape", [(2, 3), (2, 3, 1)])
def test_one_column_needs_no_axis(shape):
    outputs = np.array([1.25, -2.5, 3.0, 0.4, 0, 0]).reshape(shape)
    rounded = Readout("round", "each", (), "net").answers(outputs, ROWS)
    assert rounded.values.tolist() == [[1, -2, 3], [0, 0, 0]]
    assert np.allclose(rounded.margins[0], [0.25, 0, 0.5])
    signs = Readout("sign", "each", (), "net").answers(outputs, ROWS)
    assert signs.values.tolist() == [[True, False, True], [True, False, False]]
    assert signs.margins[0].tolist() == [1.25, 2.5, 3]
    reals = Readout("real", "each", (), "net").answers(outputs, ROWS)
    assert reals.values[0].tolist() == [1.25, -2.5, 3]
    assert np.isinf(reals.margins).all()


@pytest.mark.parametrize(
    ("readout", "outputs", "found"),
    [
        (Readout("argmax", "each", ("x", "y"), "net"), np.zeros((2, 3, 3)), "outputs of shape [2, 3, 3]"),
        (Readout("argmax", "whole", ("x", "y"), "net"), np.zeros((2, 3, 2)), "outputs of shape [2, 3, 2]"),
        (Readout("argmax", "each", ("x", "y"), "net"), np.zeros((2, 2)), "outputs of shape [2, 2]"),
        (Readout("real", "each", (), "net"), np.full((2, 3), np.nan), "nan in row 0, position 0, column 0"),
        (Readout("sign", "whole", (), "net"), np.array([1, np.inf]), "inf in row 1"),
        (Readout("round", "whole", (), "net"), np.array([1, 1e30]), "an output of 1e+30"),
    ],
)
def test_outputs_that_cannot_be_read(readout, outputs, found):
    with pytest.raises(BadInput) as error:
        readout.answers(outputs, ROWS)
    assert found in str(error.value)


@given(
    name=st.sampled_from(["argmax", "multilabel", "sign", "round", "real"]),
    at=st.sampled_from(["each", "whole"]),
    seed=st.integers(0, 200),
)
def test_logits_read_as_the_answers(name, at, seed):
    rng = np.random.default_rng(seed)
    symbols = ("x", "y", "z") if name in ("argmax", "multilabel") else ()
    readout = Readout(name, at, symbols, "net")
    full = Rows(np.zeros((4, 3), np.int64), np.full(4, 3))
    outputs = rng.normal(size=(4, 3, len(symbols) or 1)).astype(np.float32)
    answers = readout.answers(outputs if at == "each" else outputs[:, 0], full)
    again = readout.answers(readout.logits(answers.values), full)
    assert np.array_equal(answers.values, again.values)
    assert all(type(readout.value(v)) in (str, frozenset, bool, int, float) for v in answers.values.flat)


def test_no_answer_has_no_logits():
    assert not Readout("argmax", "each", ("x", "y"), "net").logits(np.array([[-1]])).any()
    assert not Readout("multilabel", "each", ("x", "y"), "net").logits(np.array([[-1]])).any()
