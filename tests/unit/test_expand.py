"""Expansions: what is spelt out computes the same, of the same type, with nothing left to spell out."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dsl import Call, Cases, Expr, Kind, TypeMismatch, check, evaluate, parse_expr, show, subterms
from dsl.expand import ATTENDING, RECURRENT, expand, moves
from tests.strategies import INPUTS, calls, cases, random_column, real_values, terms

TABLES = {"attending": ATTENDING, "recurrent": RECURRENT}
OPERATIONS = [(table, op) for table, known in TABLES.items() for op in known]


def is_well_typed(term: Call) -> bool:
    try:
        check(term)
    except TypeMismatch:
        return False
    return True


APPLIED = [
    (table, term)
    for table, op in OPERATIONS
    for term in (Call(op, ()), *(Call(op, (i,)) for i in INPUTS))
    if is_well_typed(term)
]


def spelt_out(text: str, table: str) -> Expr:
    return expand(parse_expr(text, INPUTS), TABLES[table])


def batch(rows: int, length: int, seed: int = 0) -> Cases:
    """Give rows of all lengths, in which many values are equal."""
    rng = np.random.default_rng(seed)
    mask = np.arange(length) < rng.integers(1, length + 1, rows)[:, None]
    return Cases({i.name: random_column(rng, i.type, mask.shape) for i in INPUTS}, mask, ("a", "b", "<eos>", 2, 5))


@pytest.mark.parametrize(("table", "op"), OPERATIONS, ids=[op for _, op in OPERATIONS])
@settings(max_examples=25)
@given(data=st.data())
def test_an_expansion_computes_the_same(table: str, op: str, data: st.DataObject):
    term, columns = data.draw(calls(op)), data.draw(cases())
    spelt = expand(term, TABLES[table])
    assert check(spelt) == check(term)
    assert np.array_equal(real_values(spelt, columns), real_values(term, columns)), show(spelt)


@pytest.mark.parametrize("table", TABLES)
@settings(max_examples=40)
@given(term=terms(), columns=cases())
def test_what_is_expanded_anywhere_in_a_term_leaves_its_values(table: str, term: Expr, columns: Cases):
    spelt = expand(term, TABLES[table])
    assert check(spelt) == check(term)
    assert np.array_equal(real_values(spelt, columns), real_values(term, columns))


@pytest.mark.parametrize(("table", "term"), APPLIED, ids=[show(t) for _, t in APPLIED])
def test_every_kind_that_an_operation_takes_is_spelt_out(table: str, term: Call):
    columns, spelt = batch(40, 7), expand(term, TABLES[table])
    if term.op in ("running_max", "running_min") and check(term).kind is Kind.REAL:
        assert spelt is term  # there is no real number to start from
        return
    assert check(spelt) == check(term)
    assert not any(isinstance(t, Call) and t.op in TABLES[table] for t in subterms(spelt))
    assert np.array_equal(real_values(spelt, columns), real_values(term, columns))


@pytest.mark.parametrize(
    ("text", "table", "said"),
    [
        ("from_end() + x", "attending", "length() - 1 - index() + x"),
        ("from_end() + x", "recurrent", "from_end() + x"),
        ("running_sum(x) % 2", "recurrent", "scan(0, state + x) % 2"),
        ("running_sum(x) % 2", "attending", "running_sum(x) % 2"),
        ("running_count(flag)", "recurrent", "scan(0, state + int(flag))"),
        ("running_any(not flag)", "recurrent", "scan(false, state or not flag)"),
        ("running_every(x > 0)", "recurrent", "scan(true, state and x > 0)"),
        ("since(flag)", "recurrent", "scan(0, 0 if flag else state + 1)"),
        ("running_sum(running_sum(x))", "recurrent", "scan(0, state + scan(0, state + x))"),
        ("running_max(r)", "recurrent", "running_max(r)"),
    ],
)
def test_what_an_expansion_says(text: str, table: str, said: str):
    assert show(spelt_out(text, table)) == said


def test_what_has_nothing_to_expand_is_the_same_term():
    for text in ("x + k", "shift(x, 1, 0)", "count(key(x) == query(x))", "scan(0, state + x)"):
        for table in TABLES:
            assert spelt_out(text, table) is parse_expr(text, INPUTS)


def test_equal_values_are_sorted_from_left_to_right_and_padding_is_not_among_them():
    mask = np.array([[True, True, True, False], [True, True, True, True]])
    columns = Cases({"x": np.array([[2, 1, 2, -9], [0, 0, -5, 0]])}, mask)
    found = evaluate(spelt_out("sorted(x)", "attending"), columns)
    assert found[0, :3].tolist() == [1, 2, 2]
    assert found[1].tolist() == [-5, 0, 0, 0]


def test_the_largest_so_far_may_be_as_low_as_a_float_tells():
    columns = Cases({"x": np.array([[1 - 2**53, 2 - 2**53]])}, np.ones((1, 2), bool))
    assert evaluate(spelt_out("running_max(x)", "recurrent"), columns).tolist() == [[1 - 2**53, 2 - 2**53]]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("shift(x, 1, 0)", True),
        ("sorted(x)", True),
        ("length()", True),
        ("sum_all(x)", True),
        ("running_sum(x)", True),
        ("count(key(x) == query(x))", True),
        ("scan(0, state + x)", True),
        ("index()", False),
        ("x + 1", False),
        ("lookup(x, {1: 2, else 3})", False),
        ("x if flag else k", False),
    ],
)
def test_what_brings_values_from_one_position_to_another(text: str, said: bool):
    term = parse_expr(text, INPUTS)
    assert isinstance(term, Call)
    assert moves(term) is said
