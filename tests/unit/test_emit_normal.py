"""Normal forms: a table of rewrites, and the law that they keep every value on the domain."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from distill.emit import emit
from distill.emit.facts import Facts
from distill.emit.missing import absent
from distill.emit.normal import normal
from dsl import check, evaluate, parse_expr, show
from dsl.domains import Domain, Numbers, Tokens
from dsl.terms import Expr, Program
from dsl.types import Axis, Kind, Type
from tests.strategies import Scope, terms
from tests.unit.test_emit_laws import ABOUT, DOMAINS, EXTRA, LAW, POINT, load, signature_of

LETTERS = Tokens(("a", "b", "c", "<bos>"), ("a", "b", "c"), (1, 7), ("<bos>",))
DIGITS = Tokens((0, 1, 2, 3, 4, "<bos>"), (0, 1, 2, 3, 4), (1, 5), ("<bos>",))
BITS = Numbers(2, (0, 0), (1, 1), (1, 6), ("x", "y"))
MIXED = Tokens((0, 1, 2, 3, "<bos>", "<sep>"), (0, 1, 2, 3, "<sep>"), (1, 5), ("<bos>",))
STREAM = Numbers(1, (0,), (19,), (1, 6))
NEXT, BEFORE = "shift(token, -1, -1)", "shift(token, 1, -1)"
RANK = "count(key(token) < query(token) or key(token) == query(token) and before())"

TABLE = [
    (BITS, "int(x != abs(y - shift(x, 1, 0)))", "(x + y + shift(x, 1, 0)) % 2"),
    (
        BITS,
        "int(y != abs(shift(scan(0, (state + x + y) // 2), 1, 0) - x))",
        "(y + shift(scan(0, (state + x + y) // 2), 1, 0) + x) % 2",
    ),
    (BITS, "lookup(x, {0: 1, else -1}) != lookup(y, {0: 1, else -1})", "x != y"),
    (STREAM, "lookup(x, {0: 1, else -1}) == lookup(x % 3, {0: 1, else -1})", None),
    (STREAM, "lookup(max(x, 1), {1: true, 4: true, else false})", "lookup(x, {0: true, 1: true, 4: true, else false})"),
    (STREAM, "lookup(x % 3, {1: true, else false})", None),
    (STREAM, "running_sum(x) - shift(running_sum(x), 2, 0)", "x + shift(x, 1, 0)"),
    (STREAM, "x + shift(x + shift(x, 1, 0), 1, 0)", "shift(x, 1, 0) + shift(x, 2, 0) + x"),
    (STREAM, "index() - since(x > 3) - 1 - since(x > 3)", "index() - since(x > 3) * 2 - 1"),
    (STREAM, "lookup(x, {5: 1, 6: 2, else 0}) > 0", "lookup(x, {5: true, 6: true, else false})"),
    (STREAM, "lookup(x, {5: 1, else 0}) == 1", "x == 5"),
    (STREAM, "running_max(int(x > 4)) == 1", "running_any(x > 4)"),
    (STREAM, "running_max(lookup(x, {5: 1, else 0})) < 1", "running_every(x != 5)"),
    (STREAM, "max_all(lookup(x, {5: 1, else 0})) > 0", "any_all(x == 5)"),
    (STREAM, "running_max(x) > 3", None),
    (
        STREAM,
        "lookup(running_max(lookup(x, {4: -1, 5: 1, else 0})), {1: 7, else 9})",
        "7 if running_any(x == 5) else 9",
    ),
    (
        STREAM,
        "lookup(running_min(lookup(x, {4: -1, 5: 1, else 0})), {1: 7, else 9})",
        "7 if running_every(x == 5) else 9",
    ),
    (STREAM, "lookup(running_max(lookup(x, {4: -1, 5: 1, else 0})), {0: 7, else 9})", None),
    (STREAM, "running_max(lookup(x, {4: -1, 5: 1, else 0})) == 0", "running_any(x != 4) and running_every(x != 5)"),
    (STREAM, "length() - since(x > 3) < since(x > 3)", "length() < since(x > 3) * 2"),
    (STREAM, "x % 2 == 0 and x // 2 % 3 == 0", "x % 6 == 0"),
    (STREAM, "count(key(x > 3)) + 1", "count_all(x > 3) + 1"),
    (STREAM, "not any_all(x < shift(x, 1, 0))", "every_all(x == sorted(x))"),
    (STREAM, "lookup(x, index(), {(1, 2): true, else false})", "index() == 2 and x == 1"),
    (STREAM, "lookup(x, index(), {(1, 2): 7, else 9})", "7 if index() == 2 and x == 1 else 9"),
    (STREAM, "min(x, index()) == 0", "index() == 0 or x == 0"),
    (STREAM, "max(x, index()) == 0", None),
    (STREAM, "7 if x % 3 == 1 else 8 if x > 3 else 7", "8 if x % 3 != 1 and x > 3 else 7"),
    (STREAM, "first_of(key(index()) == query(x), x, 0)", "gather(x, x, 0)"),
    (STREAM, "first_of(key(from_end()) == query(index()), x, 0)", "gather(x, from_end(), 0)"),
    (STREAM, "max(shift(x, 1, -2), -1)", "shift(x, 1, -1)"),
    (STREAM, "max(shift(x, 1, -2), 1)", None),
    (MIXED, "number == 3", "token == #3"),
    (STREAM, "x % 2 != 0", "x % 2 == 1"),
    (STREAM, "0 if x > 19 else 1", "1"),
    (STREAM, "every_all(shift(x, 1, 0) <= x)", "every_all(x == sorted(x))"),
    (STREAM, "every_all(shift(x, 1, 5) <= x)", None),
    (STREAM, "max_of(key(x > 3), index(), -1)", "last_of(key(x > 3), index(), -1)"),
    (STREAM, "max_all(shift(sorted(x), 1, 0))", "at(sorted(x), length() - 2, 0)"),
    (STREAM, "max_all(shift(sorted(x), 1, 7))", None),
    (DIGITS, f"first_of(key({RANK}) == query(index()), token, 0)", "sorted(token)"),
    (DIGITS, f"first_of(key({RANK}) == 1, token, 0)", "at(sorted(token), 1, 0)"),
    (DIGITS, f"first_of(key({RANK}) == query(token), token, 0)", "gather(sorted(token), token, 0)"),
    (DIGITS, '#"none" if length() == 1 else symbol(at(token, 1, 0))', 'at(symbol(token), 1, #"none")'),
    (
        DIGITS,
        f"5 if token < {NEXT} else 6 if {NEXT} == -1 else 7",
        f"6 if {NEXT} == -1 else 5 if token < {NEXT} else 7",
    ),
    (DIGITS, f"5 if token > {NEXT} else 6 if {NEXT} == -1 else 7", None),
    (
        LETTERS,
        'sum_all(lookup(token, {#"a": 1, #"b": -1, else 0})) == 0',
        'count_all(token == #"a") == count_all(token == #"b")',
    ),
    (
        LETTERS,
        "gather(token, index() + lookup(index() % 2, {0: 1, else -1}), #null)",
        "shift(token, -1, #null) if index() % 2 == 0 else shift(token, 1, #null)",
    ),
]


@pytest.mark.parametrize(("domain", "text", "expected"), TABLE, ids=[text for _, text, _ in TABLE])
def test_normal_form(domain: Domain, text: str, expected: str | None) -> None:
    term = parse_expr(text, domain.inputs)
    found = normal(term, Facts(signature_of(domain, "each", check(term).kind)))
    assert found is (term if expected is None else parse_expr(expected, domain.inputs)), show(found)


@given(data=st.data())
@settings(LAW, max_examples=400)
def test_normal_forms_have_the_same_values_on_the_domain(data: st.DataObject) -> None:
    domain = {**DOMAINS, "point": POINT, "bits": BITS}[data.draw(st.sampled_from([*sorted(DOMAINS), "point", "bits"]))]
    axis = data.draw(st.sampled_from([Axis.ROW, Axis.POSITION])) if domain is not POINT else Axis.ROW
    term = data.draw(
        terms(Type(data.draw(st.sampled_from(list(Kind))), axis), 4, Scope(domain.inputs, local=domain is POINT))
    )
    agree(domain, term)


def agree(domain: Domain, term: Expr) -> None:
    found = normal(term, Facts(signature_of(domain, "each", check(term).kind)))
    assert check(found).kind is check(term).kind
    cases = domain.cases(domain.sample(40, np.random.default_rng(0)), EXTRA)
    ours, theirs = (
        np.broadcast_to(evaluate(t, cases), cases.mask.shape)[np.asarray(cases.mask)] for t in (found, term)
    )
    assert np.array_equal(ours, theirs, equal_nan=ours.dtype.kind == "f"), show(found)


MISSING = [
    (f"0 if {NEXT} == -1 else {NEXT}", True),
    (f"0 if {NEXT} == -1 else {NEXT} + 1", True),
    (f"0 if {NEXT} == -1 else ({NEXT} + 1) * ({NEXT} + 1)", False),  # computed before the test, as it is used twice
    (f"{NEXT} + 1 if {NEXT} != -1 else 0", True),
    (f"0 if {NEXT} == -1 or {BEFORE} == -1 else {NEXT} + 1", True),
    (f"0 if {NEXT} == -1 and token == 1 else {NEXT} + 1", False),
    (f"0 if token < {NEXT} else 1 if {NEXT} == -1 else 2", False),
    (f"0 if token == {NEXT} else 1 if {NEXT} == -1 else 2", True),
    ("0 if shift(token, 1, 0) == 0 else 1", False),
    (NEXT, False),
]


@pytest.mark.parametrize(("text", "told"), MISSING)
def test_a_default_is_none_where_it_only_says_that_there_is_nothing(text: str, told: bool) -> None:
    term = parse_expr(text, DIGITS.inputs)
    found = absent([term], Facts(signature_of(DIGITS, "each", check(term).kind)))
    assert (parse_expr(NEXT, DIGITS.inputs) in found) is told


def test_normal_forms_hold_of_longer_inputs_too() -> None:
    term = parse_expr("0 if index() > 7 else 1", STREAM.inputs)
    signature = signature_of(STREAM, "each", Kind.INT)
    assert normal(term, Facts(signature)) is parse_expr("1", STREAM.inputs)
    assert normal(term, Facts(signature, longer=True)) is term
    space = load(emit(Program(STREAM.inputs, (), term), signature, ABOUT))
    assert space["predict"]([3] * 9, strict=False) == [1] * 8 + [0]
