"""Descriptions: a table of terms and their sentences, and the laws of every sentence."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from distill.describe import describe
from dsl import PRIMITIVES, Axis, Expr, Input, Kind, Literal, Table, Type, call, integer, parse_expr, symbol
from tests.strategies import literals, lookups, terms

LIMIT = 150
EACH, WHOLE = Axis.POSITION, Axis.ROW
LAW = settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
WORDS = (
    Input("token", Type(Kind.SYMBOL, EACH)),
    Input("flag", Type(Kind.BOOL, EACH)),
    *(Input(name, Type(Kind.INT, EACH)) for name in ("x", "x0", "x1")),
)
NUMBERS = (Input("token", Type(Kind.INT, EACH)),)
POINT = (
    *(Input(name, Type(Kind.INT, WHOLE)) for name in ("income", "debt", "year", "month", "day", "x", "y", "z")),
    *(Input(name, Type(Kind.BOOL, WHOLE)) for name in ("p", "q")),
)
BALANCE = 'running_sum(lookup(token, {#"a": 1, #"b": -1, else 0}))'
CARRY = "scan(0, (state + x0 + x1) // 4)"
RULE = "starts at 0 and at each step becomes (carry + x0 + x1) // 4"

SEQUENCES = [
    ("running_sum(x) % 5", "the remainder of the running sum of x divided by 5"),
    ("scan(0, (state + x) % 5)", "the remainder of the running sum of x divided by 5"),
    ("running_sum(x) % 2", "the parity of the running sum of x"),
    (BALANCE, "the running balance of 'a' over 'b'"),
    ('running_count(token == #"a") - running_count(token == #"b")', "the running balance of 'a' over 'b'"),
    ('running_mean(token == #"a")', "the share of 'a' so far"),
    ("running_count(x > 3)", "the number of positions so far where x is above 3"),
    ("count(key(token) == query(token))", "the number of positions with the same symbol"),
    ("count(before() and key(token) == query(token))", "the number of earlier positions with the same symbol"),
    ("count(key(x) < query(x)) + 1", "(the number of positions with a smaller x) plus 1"),
    ("sum(not upto() and key(x) == 3, x0)", "the sum of x0 over later positions where x is 3"),
    ('last_of(before() and key(token == #"a"), x, 0)', "x at the last of the earlier positions with 'a'"),
    ("any_of(before() and key(token) == query(token))", "whether there are earlier positions with the same symbol"),
    ("count(before() and key(x) == query(x)) == 0", "whether there are no earlier positions with the same x"),
    ("shift(token, 1, #null)", "the previous symbol"),
    ("shift(x, -2, 0)", "x two positions after"),
    ("gather(token, x, #null)", "the symbol at the position given by x"),
    ("shift(flag, 1, false)", "whether flag holds one position before"),
    ('since(not token == #"b")', "the length of the current run of 'b'"),
    ('since(token == #"b")', "the number of positions since 'b'"),
    ("since(x != 3)", "the number of positions in a row where x is 3"),
    ("token == gather(token, from_end(), #null)", "whether the symbol equals the symbol at the mirrored position"),
    ("abs(x - shift(x, 1, 0))", "the absolute difference of x and the previous x"),
    ("x > shift(x, 1, 0) and x > 2", "whether x is above the previous x and x is above 2"),
    ('lookup(token, {#"a": true, #"b": true, else false})', "whether the symbol is 'a' or 'b'"),
    ('token != #"a" and token != #"b"', "whether the symbol is neither 'a' nor 'b'"),
    ("x0 % 3 == 0 or index() == 0", "whether x0 is divisible by 3 or it is the first position"),
    ('running_count(token == #"a") == 0', "whether there is no 'a' so far"),
    (CARRY, f"a carried value that {RULE}"),
    (f"(x0 + shift({CARRY}, 1, 0)) % 4", f"(x0 + previous carry) % 4, where the carry {RULE}"),
    (
        "scan(false, flag != state)",
        "whether the carry holds, "
        "where the carry starts at false and at each step becomes whether flag holds or the carry holds, not both",
    ),
    ("int(x > 3)", "whether x is above 3 (1 or 0)"),
]  # fmt: skip
CHOICES = [
    (
        f'lookup({BALANCE}, {{0: #{{"a", "<eos>"}}, 1: #{{"a", "b"}}, else #{{"b"}}}})',
        "{'<eos>', 'a'} where the running balance of 'a' over 'b' is 0, {'a', 'b'} where it is 1, else {'b'}",
    ),
    ("lookup(x, {1: 5, 2: 5, 3: 6, else 0})", "5 where x is 1 or 2, 6 where it is 3, else 0"),
    ("lookup(index() % 2, {0: 5, else 6})", "5 where the position is even, else 6"),
    ('lookup(token, x, {(#"a", 1): 2, else 3})', "2 where the symbol is 'a' and x is 1, else 3"),
    ("0 if flag else 1 if x > 2 else x0", "0 where flag holds, 1 where x is above 2, else x0"),
]  # fmt: skip
ROWS = [
    ('count_all(token == #"a") == count_all(token == #"b")', "Whether the count of 'a' equals the count of 'b'"),
    ("gather(token, from_end(), #null)", "The sequence reversed"),
    ("gather(token, length() - 1 - index(), #null)", "The sequence reversed"),
    ("token", "The sequence unchanged"),
    ("max_all(x + 1) - min_all(x)", "The largest value of (x + 1) minus the smallest x"),
    ("at(x, 2, 0)", "The value of x at position 2"),
    ("last(flag)", "Whether flag holds at the last position"),
]
POINTS = [
    ("debt < income and year > 2 or day >= 7", "Whether debt is below income and year is above 2 or day is at least 7"),
    (
        "day <= lookup(month, {11: 30, 2: 29, 4: 30, 6: 30, 9: 30, else 31})",
        "Whether day is at most a bound that depends on month (2: 29, 4: 30, ..., else 31)",
    ),
    ("(x + y) % 7", "The value of (x + y) % 7"),
    ("max(max(x, z), y)", "The largest of x, y and z"),
    ("int(x <= y and 0 <= x and y < z)", "Whether 0 <= x <= y < z (1 or 0)"),
    ("p != q", "Whether p holds or q holds, not both"),
    ("not (p and q)", "Whether p does not hold or q does not hold"),
    ('#"yes" if income > 3 else #"no"', "'yes' if income is above 3, else 'no'"),
    ("5", "Always 5"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("inputs", "text", "sentence"),
    [
        *((WORDS, text, f"At each position, {said}") for text, said in SEQUENCES),
        *((WORDS, text, f"At each position: {said}") for text, said in CHOICES),
        *((WORDS, text, said) for text, said in ROWS),
        *((POINT, text, said) for text, said in POINTS),
        (NUMBERS, "symbol(gather(sorted(token), index(), 0))", "The symbols in ascending order"),
        (NUMBERS, "gather(sorted(token), from_end(), 0)", "The symbols in descending order"),
        (NUMBERS, "token + 1", "At each position, symbol + 1"),
    ],
)
def test_sentence(inputs: tuple[Input, ...], text: str, sentence: str) -> None:
    assert describe(parse_expr(text, inputs)) == sentence


def test_what_does_not_fit_is_abbreviated_to_what_it_depends_on() -> None:
    big: Expr = POINT[0]
    for k, other in enumerate(POINT[1:8]):
        big = call("mul", call("max", big, call("add", other, integer(k))), call("abs", other))
    rest = "(z + 6) times the absolute value of z is at most 3"
    assert describe(call("le", big, integer(3))) == (
        f"Whether the larger of a function of income, debt, year and 4 more and {rest}"
    )


def test_a_term_as_large_as_a_search_may_give_is_described_at_once() -> None:
    term: Expr = WORDS[2]
    for _ in range(60):  # shared subterms: written out, it has 2 ** 60 leaves
        term = call("add", call("running_max", term), term)
    assert describe(term).startswith("At each position, ")


@pytest.mark.parametrize("name", sorted(PRIMITIVES))
def test_every_primitive_has_a_phrase(name: str) -> None:
    assert PRIMITIVES[name].phrase


@LAW
@given(terms(depth=4) | lookups(Type(Kind.SYMBOL, EACH)))
def test_law_every_term_has_a_sentence(term: Expr) -> None:
    check_sentence(describe(term))


@LAW
@given(st.text(max_size=60), st.text(max_size=60), literals(Kind.INT))
def test_law_text_of_a_bundle_does_not_get_through_raw(name: str, text: str, value: Literal) -> None:
    token = Input(name or "x", Type(Kind.SYMBOL, EACH))
    table = Table((((text,), frozenset({text, name})),), text, (Kind.SYMBOL,), Kind.SYMBOL)
    for term in (
        call("eq", token, symbol(text)),
        call("lookup", token, table),
        call("shift", token, integer(1), symbol(text)),
    ):
        said = describe(term)
        check_sentence(said)
        assert '"' not in said
    check_sentence(describe(symbol(text)))
    check_sentence(describe(value))


def check_sentence(said: str) -> None:
    assert said
    assert said.isprintable()
    assert len(said) <= LIMIT
    assert not said.endswith(".")
