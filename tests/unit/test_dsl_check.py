"""The type checker and the terms it checks: what has a type, and what is said of what has none."""

import copy
import pickle

import numpy as np
import pytest
from hypothesis import given

from dsl import (
    STATE,
    Axis,
    Call,
    Expr,
    Input,
    Kind,
    Literal,
    Program,
    Table,
    Type,
    TypeMismatch,
    call,
    check,
    integer,
    parse_expr,
    substitute,
    subterms,
    symbol,
)
from dsl.check import free_state
from tests.strategies import INPUTS, terms

TOK, X, FLAG, R, K = INPUTS
STATE_INT = Input(STATE, Type(Kind.INT, Axis.POSITION))

TYPED = [
    ("x + 1", "int@position"),
    ("k + 1", "int@row"),
    ("x + 0.5", "real@position"),
    ("x / k", "real@position"),
    ("1 if flag else 0.5", "real@position"),
    ("tok == #5", "bool@position"),
    ("key(x) < query(x) and before()", "bool@pair"),
    ("key(x) + k", "int@pair"),
    ("count(key(flag))", "int@position"),
    ("mean(upto(), x, 0)", "real@position"),
    ("last(running_sum(k))", "int@row"),
    ("shift(x, 1, 0.5)", "real@position"),
    ("at(tok, length() - 1, #null)", "symbol@row"),
    ("lookup(k, true, {(1, true): #5, else #null})", "symbol@row"),
    ("lookup(x, {(real) else 0.5})", "real@position"),
    ("scan(false, state != flag)", "bool@position"),
    ("scan(0.5, r)", "real@position"),
    ("scan(0, scan(0, state + 1) + state)", "int@position"),
]


@pytest.mark.parametrize(("text", "type_"), TYPED, ids=[text for text, _ in TYPED])
def test_type(text: str, type_: str) -> None:
    assert str(check(parse_expr(text, INPUTS))) == type_


BAD = [
    (call("add", X, FLAG), "add expects int or real, got bool@position in `x + flag`; wrap it in int(...)"),
    (call("and", FLAG, X), "and expects bool, got int@position in `flag and x`; compare it, as in `... > 0`"),
    (call("add", TOK, X), "add expects int or real, got symbol@position in `tok + x`; look its number up in a table"),
    (call("mod", X, R), "mod expects int, got real@position in `x % r`"),
    (call("eq", TOK, X), "eq expects values of one kind, got symbol@position, int@position in `tok == x`"),
    (call("min", X), "min takes 2 arguments, got 1 in `min(x)`"),
    (call("index", X), "index takes 0 arguments, got 1 in `index(x)`"),
    (call("plus", X, X), "no primitive 'plus' in `plus(x, x)`"),
    (call("add", call("key", X), X), "add mixes int@pair and int@position in `key(x) + x`; spread `x` over pairs"),
    (
        call("count", FLAG),
        "argument 1 of count varies over pair, got bool@position in `count(flag)`; spread it over pairs",
    ),
    (call("any_of", Literal(True, Kind.BOOL)), "argument 1 of any_of varies over pair, got bool@row"),
    (
        call("last", call("key", X)),
        "argument 1 of last varies over position, got int@pair in `last(key(x))`; aggregate",
    ),
    (call("shift", X, X, K), "argument 2 of shift varies over row, got int@position in `shift(x, x, k)`; reduce it"),
    (call("shift", X, K, integer(0)), "argument 2 of shift is `k` in `shift(x, k, 0)`; it must be a constant"),
    (call("scan", X, STATE_INT), "scan takes a constant to start from and a step, got `scan(x, state)`"),
    (
        call("scan", integer(0), FLAG),
        "the step of a scan that starts from `0` must give int a position, got bool@position",
    ),
    (
        call("scan", Literal(False, Kind.BOOL), call("eq", STATE_INT, X)),
        "the state starts as `false` but is read as int",
    ),
    (call("scan", integer(0), call("running_sum", STATE_INT)), "running_sum looks at other positions"),
    (call("add", STATE_INT, Input(STATE, R.type)), "the state is read as int@position and as real@position"),
    (call("lookup", X), "lookup takes one or more keys and then a table, got `lookup(x)`"),
    (call("lookup", Table((), 0, (), Kind.INT)), "lookup takes one or more keys"),
    (
        call("lookup", X, X, Table((), 0, (Kind.INT,), Kind.INT)),
        "the table of `lookup(x, x, {(int) else 0})` has 1 keys",
    ),
    (call("lookup", X, Table((), 0, (Kind.SYMBOL,), Kind.INT)), "the table expects symbol, got int@position in `x` of"),
    (call("lookup", call("key", X), Table((), 0, (Kind.INT,), Kind.INT)), "`key(x)` is over pairs; look it up before"),
    (call("lookup", X, Table((((1,), 2), ((1,), 3)), 0, (Kind.INT,), Kind.INT)), "key (1,) stands twice"),
    (call("lookup", X, Table((((1, 2), 2),), 0, (Kind.INT,), Kind.INT)), "entry (1, 2) of a table with 1 keys"),
    (call("lookup", X, Table((), "a", (Kind.INT,), Kind.INT)), "a constant of kind int cannot be 'a' of class str"),
    (call("not", Table((), 0, (Kind.INT,), Kind.INT)), "a table stands only in a lookup"),
    (Literal(5, Kind.REAL), "a constant of kind real cannot be 5 of class int"),
    (Literal(True, Kind.INT), "a constant of kind int cannot be True of class bool"),
    (Literal(np.float64(0.5), Kind.REAL), "a constant of kind real cannot be np.float64(0.5) of class float64"),
    (integer(2**63), "the integer 9223372036854775808 does not fit in 64 bits"),
    (Program((X,), (("x", X),), X), "the name 'x' is given twice; choose another"),
    (Program((), (("state", K),), K), "the name 'state' is what a scan carries; choose another"),
    (Program((X,), (("a", call("add", X, FLAG)),), X), "step 'a': add expects int or real, got bool@position"),
    (Program((X,), (), FLAG), "step 'result' reads flag: bool@position; the inputs are x: int@position"),
    (Program((X,), (("a", call("add", STATE_INT, X)),), X), "step 'a' reads the state of a scan it stands outside of"),
]


@pytest.mark.parametrize(("term", "message"), BAD, ids=[message[:40] for _, message in BAD])
def test_mismatch(term: Expr | Program, message: str) -> None:
    with pytest.raises(TypeMismatch) as caught:
        check(term)
    assert str(caught.value).startswith(message)
    with pytest.raises(TypeMismatch):  # a refusal is not remembered as an answer
        check(term)


def test_free_state() -> None:
    step = call("add", STATE_INT, X)
    assert free_state(step) is STATE_INT.type
    assert free_state(call("scan", integer(0), step)) is None


@given(terms(depth=3))
def test_equal_terms_are_one_object(term: Expr) -> None:
    rebuilt = {n: Call(n.op, n.args) if isinstance(n, Call) else n for n in subterms(term)}
    assert all(new is old for old, new in rebuilt.items())
    assert substitute(term, {}) is term
    assert pickle.loads(pickle.dumps(term)) is term
    assert copy.deepcopy(term) is term


def test_constants_are_told_apart_by_class() -> None:
    assert len({symbol(1), symbol(True), symbol(1.0), symbol("1")}) == 4
    assert symbol(frozenset({1})) is not symbol(frozenset({True}))
    assert Literal(0.0, Kind.REAL) is not Literal(-0.0, Kind.REAL)
    assert Literal(float("nan"), Kind.REAL) is Literal(float("nan"), Kind.REAL)
