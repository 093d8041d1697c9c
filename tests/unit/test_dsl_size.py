"""Description length: what costs, what is free, what is paid once."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsl import Kind, Program, Table, bits, call, integer, nodes, parse_expr
from dsl.size import CALL_BITS, INPUT_BITS, REFERENCE_BITS, SYMBOL_BITS, literal_bits
from tests.strategies import INPUTS, programs

TOK, X, *_ = INPUTS


def size(text: str) -> float:
    return bits(parse_expr(text, INPUTS))


def test_sums() -> None:
    assert size("x") == INPUT_BITS
    assert size("x + 1") == INPUT_BITS + 4 + 2.5
    assert size("x + x") == INPUT_BITS + 4 + INPUT_BITS
    assert size("(x + 1) * (x + 1)") == size("x + 1") + 4 + REFERENCE_BITS
    assert size("scan(0, state + x)") == CALL_BITS["scan"] + 1 + 4 + 2 * INPUT_BITS
    assert nodes(parse_expr("(x + 1) * (x + 1)", INPUTS)) == 4


def test_tables_pay_for_what_is_not_the_default() -> None:
    base = size("lookup(x, {(int) else 0})")
    assert base == CALL_BITS["lookup"] + INPUT_BITS + 1
    assert size("lookup(x, {1: 0, else 0})") == base
    assert size("lookup(x, {1: 2, else 0})") == round(base + 2.5 + 3.38, 2)
    assert (
        size('lookup(tok, {#"a": #"a", #"b": #"c", else #null})') == CALL_BITS["lookup"] + INPUT_BITS + 5 * SYMBOL_BITS
    )


def test_small_numbers_are_cheap() -> None:
    sizes = [literal_bits(n, Kind.INT) for n in (0, 1, 2, 7, -7, 40, 4001, 2**62)]
    assert sizes == sorted(set(sizes))
    assert sizes[0] == 1
    assert sizes[-1] < 100


def test_simple_reals_are_cheap() -> None:
    assert literal_bits(1 / 3, Kind.REAL) < literal_bits(-1 / 3, Kind.REAL) < 10
    assert literal_bits(0.5, Kind.REAL) < literal_bits(0.37, Kind.REAL) < literal_bits(0.3728, Kind.REAL)
    assert literal_bits(0.37281936450182, Kind.REAL) > 40


@given(st.floats())
def test_every_real_has_a_size(value: float) -> None:
    assert 0 < literal_bits(value, Kind.REAL) < 120


@given(programs())
def test_naming_is_free(program: Program) -> None:
    assert bits(program) == bits(program.result)
    assert nodes(program) == nodes(program.result)


def test_sharing_a_table_is_sharing_its_call() -> None:
    looked = call("lookup", X, Table((((5,), 1),), 0, (Kind.INT,), Kind.INT))
    assert bits(call("add", looked, looked)) == pytest.approx(bits(looked) + 4 + REFERENCE_BITS)
    assert bits(call("add", looked, integer(1))) == pytest.approx(bits(looked) + 4 + 2.5)
