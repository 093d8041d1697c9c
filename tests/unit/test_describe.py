"""Descriptions: a table of terms and their sentences, and the laws of every sentence."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from distill.describe import describe
from dsl import PRIMITIVES, Axis, Expr, Input, Kind, Literal, Table, Type, call, integer, parse_expr, symbol
from tests.strategies import Scope, literals, lookups, terms
from tests.unit.test_emit_laws import DOMAINS, signature_of

LIMIT = 250
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
RULE = "starts at 0 and at each step becomes (x0 + x1 + carry) // 4"
RANK = "count(key(x) < query(x) or key(x) == query(x) and before())"

SEQUENCES = [
    ("running_sum(x) % 5", "the remainder of the running sum of x divided by 5"),
    ("scan(0, (state + x) % 5)", "the remainder of the running sum of x divided by 5"),
    ("running_sum(x) % 2", "the parity of the running sum of x"),
    (BALANCE, "the running count of 'a' minus that of 'b'"),
    ('running_count(token == #"a") - running_count(token == #"b")', "the running count of 'a' minus that of 'b'"),
    ('running_mean(token == #"a")', "the share of 'a' so far"),
    ("running_count(x > 3)", "the number of positions so far where x is above 3"),
    ("count(key(token) == query(token))", "the number of positions with the same symbol"),
    ("count(before() and key(token) == query(token))", "the number of earlier positions with the same symbol"),
    ("count(key(x) < query(x)) + 1", "one more than the number of positions with a smaller x"),
    ("sum(not upto() and key(x) == 3, x0)", "the sum of x0 at later positions where x is 3"),
    (
        'last_of(before() and key(token == #"a"), x, 0)',
        "x at the latest earlier position with 'a', or 0 where there is none",
    ),
    ("any_of(before() and key(token) == query(token))", "whether the symbol occurred before"),
    ("not any_of(before() and key(token) == query(token))", "whether the symbol did not occur before"),
    ("count(before() and key(token) == query(token)) > 1", "whether the symbol occurred more than once before"),
    ("count(key(token) == query(token)) <= 2", "whether the symbol occurs at most twice"),
    (
        "count(key(count(key(token) == query(token)) <= 2))",
        "the number of positions where the symbol occurs at most twice",
    ),
    (
        "count(key(count(key(token) == query(token))) == query(count(key(token) == query(token))))",
        "the number of positions whose symbol occurs as often as the symbol here",
    ),
    (
        "last_of(before() and key(token) == query(token), index(), -1)",
        "the latest earlier position with the same symbol, or -1 where there is none",
    ),
    (
        "index() - last_of(before() and key(token) == query(token), index(), -1)",
        "the distance to the latest earlier position with the same symbol",
    ),
    (
        "last_of(before() and key(shift(token, 1, #null)) == query(token), token, #null)",
        "the latest earlier symbol whose previous symbol is the symbol here",
    ),
    (
        "first_of(not upto() and key(token) != query(token), token, #null)",
        "the symbol at the next position with another symbol",
    ),
    ("max_of(upto(), x, 0)", "the largest x so far"),
    (
        "min_of(before() and query(x) < key(x), x, 0)",
        "the smallest earlier x above the x here, or 0 where there is none",
    ),
    (
        "max_of(before() and key(x0 > 1), x, 0)",
        "the largest x among earlier positions where x0 is above 1, or 0 where there is none",
    ),
    ("mode_of(key(x) == query(x), token, #null)", "the most frequent symbol at positions with the same x"),
    (f"first_of(key({RANK}) == 2, x, 0)", "x at the first position where the rank of x is 2, or 0 where there is none"),
    ("count(before() and key(x) == query(x)) == 0", "whether there are no earlier positions with the same x"),
    ("shift(token, 1, #null)", "the previous symbol"),
    ("shift(x, -2, 0)", "x two positions after, or 0 where there is none"),
    ("gather(token, x, #null)", "the symbol at the position given by x (positions count from 0)"),
    ("shift(flag, 1, false)", "whether flag holds one position before"),
    ('since(not token == #"b")', "the length of the current run of 'b'"),
    ('since(token == #"b")', "the number of positions since the last 'b'"),
    ("since(x == shift(x, 1, 0)) > 2", "whether x differs from the previous x at each of the last 3 positions"),
    ('since(token == #"b") >= 2', "whether there is no 'b' among the last 2 positions"),
    ("since(x != 3)", "the number of positions in a row where x is 3"),
    ("token == gather(token, from_end(), #null)", "whether the symbol equals the symbol at the mirrored position"),
    ("abs(x - shift(x, 1, 0))", "the absolute difference of x and the previous x"),
    ("x > shift(x, 1, 0) and x > 2", "whether x is above 2 and above the previous x"),
    ('lookup(token, {#"a": true, #"b": true, else false})', "whether the symbol is 'a' or 'b'"),
    ('token != #"a" and token != #"b"', "whether the symbol is neither 'a' nor 'b'"),
    ("x0 % 3 == 0 or index() == 0", "whether x0 is divisible by 3 or it is the first position"),
    ('running_count(token == #"a") == 0', "whether 'a' has not occurred so far"),
    (CARRY, f"the carry, which {RULE}"),
    (f"(x0 + shift({CARRY}, 1, 0)) % 4", f"(x0 + previous carry) % 4, where the carry {RULE}"),
    (
        "scan(false, flag != state)",
        "whether the state holds, "
        "where the state starts at false and at each step becomes whether flag holds or the state holds, not both",
    ),
    (
        "scan(0, max(state - 1, x))",
        "the state, which starts at 0 and at each step becomes the larger of x and (state - 1)",
    ),
    (
        'scan(0, lookup(state, token, {(0, #"a"): 1, (1, #"b"): 2, (1, #"c"): 2, (2, #"a"): 2, else 0})) == 2',
        "whether the state is 2, where the state starts at 0 and goes from 0 to 1 at 'a', from 1 to 2 at 'b' or 'c', "
        "stays 2 at 'a', and otherwise goes to 0",
    ),
    ("scan(0, x + state // 4) % 4", "total % 4, where the total starts at 0 and at each step becomes x + total // 4"),
    ("int(x > 3)", "1 where x is above 3, else 0"),
    ("running_mean(x > 3) > 0.5", "whether x is above 3 at more than half of the positions so far"),
    ("2 * running_count(x > 3) >= index() + 1", "whether x is above 3 at half or more of the positions so far"),
    ("running_sum(x) - shift(running_sum(x), 5, 0)", "the sum of x over the last 5 positions"),
    ("x + shift(x, 1, 0) + shift(x, 2, 0)", "the sum of x over the last 3 positions"),
]
CHOICES = [
    (
        f'lookup({BALANCE}, {{0: #{{"a", "<eos>"}}, 1: #{{"a", "b"}}, else #{{"b"}}}})',
        "{'<eos>', 'a'} where the running count of 'a' minus that of 'b' is 0, {'a', 'b'} where it is 1, else {'b'}",
    ),
    ("lookup(x, {1: 5, 2: 5, 3: 6, else 0})", "5 where x is 1 or 2, 6 where it is 3, else 0"),
    ("lookup(index() % 2, {0: 5, else 6})", "5 where the position (counted from 0) is even, else 6"),
    ('lookup(token, x, {(#"a", 1): 2, else 3})', "2 where the symbol is 'a' and x is 1, else 3"),
    ("0 if index() == 0 else x0", "0 at the first position, else x0"),
    (
        "token if from_end() < index() else #null",
        "the symbol where fewer positions follow than come before, else nothing",
    ),
    (
        "5 if x < shift(x, 1, 0) else 6 if x == shift(x, 1, 0) else 7",
        "5 where x is below the previous x, 6 where it equals the previous x, else 7",
    ),
    ("0 if flag else 1 if x > 2 else x0", "0 where flag holds, 1 where x is above 2, else x0"),
]
ROWS = [
    ('count_all(token == #"a") == count_all(token == #"b")', "Whether there are as many 'a' as 'b'"),
    ("gather(token, from_end(), #null)", "The sequence reversed"),
    ("gather(token, length() - 1 - index(), #null)", "The sequence reversed"),
    ("token", "The sequence unchanged"),
    ("max_all(x + 1) - min_all(x)", "The largest value of (x + 1) minus the smallest x"),
    ("at(x, 2, 0)", "The value of x at position 2 (counted from 0), or 0 where there is none"),
    ("at(sorted(x), 1, 0)", "The second smallest x, or 0 where there is none"),
    ("at(sorted(x), length() - 2, 0)", "The second largest x, or 0 where there is none"),
    ("every_all(token == gather(token, from_end(), #null))", "Whether the sequence reads the same backwards"),
    ("every_all(x == sorted(x))", "Whether x is in ascending order"),
    ("min_all(running_sum(x)) >= 0", "Whether the running sum of x is never below 0"),
    ("distinct_all(token)", "The number of different symbols"),
    ("length()", "The length of the sequence"),
    ("last(flag)", "Whether flag holds at the last position"),
]
POINTS = [
    ("debt < income and year > 2 or day >= 7", "Whether debt is below income and year is above 2 or day is at least 7"),
    (
        "day <= lookup(month, {11: 30, 2: 29, 4: 30, 6: 30, 9: 30, else 31})",
        "Whether day is at most a bound that depends on month (29 for 2, 30 for 4, 6, 9 or 11, else 31)",
    ),
    ("(x + y) % 7", "The value of (x + y) % 7"),
    ("max(max(x, z), y)", "The largest of x, y and z"),
    ("int(x <= y and 0 <= x and y < z)", "1 if 0 <= x <= y < z, else 0"),
    ("p != q", "Whether p holds or q holds, not both"),
    ("not (p and q)", "Whether p does not hold or q does not hold"),
    ('#"yes" if income > 3 else #"no"', "'yes' if income is above 3, else 'no'"),
    ("5", "Always 5"),
]


@pytest.mark.parametrize(
    ("inputs", "text", "sentence"),
    [
        *((WORDS, text, f"At each position, {said}") for text, said in SEQUENCES),
        *((WORDS, text, f"At each position: {said}") for text, said in CHOICES),
        *((WORDS, text, said) for text, said in ROWS),
        *((POINT, text, said) for text, said in POINTS),
        (NUMBERS, "symbol(sorted(token))", "The numbers in ascending order"),
        (NUMBERS, "gather(sorted(token), from_end(), 0)", "The numbers in descending order"),
        (NUMBERS, "token + 1", "At each position, number + 1"),
        (NUMBERS, "max_all(token) - token", "At each position, the largest number minus the number"),
    ],
)
def test_sentence(inputs: tuple[Input, ...], text: str, sentence: str) -> None:
    assert describe(parse_expr(text, inputs)) == sentence


def test_what_does_not_fit_is_abbreviated_to_what_it_depends_on() -> None:
    big: Expr = POINT[0]
    for k, other in enumerate(POINT[1:8]):
        big = call("mul", call("max", big, call("add", other, integer(k))), call("abs", other))
    said = describe(call("le", big, integer(3)))
    assert "the product (of income, debt, year and 2 more)" in said
    assert said.endswith("and (z + 6) times the absolute value of z is at most 3")


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


@LAW
@given(data=st.data())
def test_law_every_term_has_a_sentence_on_a_domain(data: st.DataObject) -> None:
    domain = DOMAINS[data.draw(st.sampled_from(sorted(DOMAINS)))]
    scope = Scope(domain.inputs)
    kind, axis = data.draw(st.sampled_from(list(Kind))), data.draw(st.sampled_from([EACH, WHOLE]))
    term = data.draw(terms(Type(kind, axis), 4, scope))
    scored = data.draw(st.none() | terms(Type(Kind.BOOL, EACH), 2, scope))
    check_sentence(describe(term, signature_of(domain, data.draw(st.sampled_from(["each", "last"])), kind, scored)))


SCORED = [
    ('token == #"a"', "At each 'a', the symbol"),
    ('token != #"<eos>"', "At each symbol but '<eos>', the symbol"),
    ('running_any(token == #"a")', "From 'a' on, the symbol"),
    ('running_any(token == #"a") and token != #"<eos>"', "From 'a' on, but not at '<eos>', the symbol"),
    ("index() > 2", "Where the position (counted from 0) is above 2, the symbol"),
]


@pytest.mark.parametrize(("scored", "sentence"), SCORED)
def test_a_sentence_says_where_outputs_count(scored: str, sentence: str) -> None:
    domain = DOMAINS["words"]
    signature = signature_of(domain, "each", Kind.SYMBOL, parse_expr(scored, domain.inputs))
    assert describe(domain.inputs[0], signature) == sentence


DOMAIN_WISE = [  # what the domain makes plainer
    (
        "digits",
        "0 if shift(token, -1, 0) == 0 else token",
        "each",
        "At each position: 0 at the last position, else the number",
    ),
    (
        "digits",
        "0 if max_of(key(token) < query(token), token, 0) == 0 else max_of(key(token) < query(token), token, 0)",
        "each",
        "At each position, the largest number below the number here, or 0 where there is none",
    ),
    ("digits", "running_max(token)", "last", "The largest number"),
    ("steps", "int(lookup(income, {-2: true, else false}) != lookup(debt, {0: true, else false}))", "each", None),
]


@pytest.mark.parametrize(("domain", "text", "at", "sentence"), DOMAIN_WISE)
def test_a_sentence_on_a_domain(domain: str, text: str, at: str, sentence: str | None) -> None:
    term = parse_expr(text, DOMAINS[domain].inputs)
    said = describe(term, signature_of(DOMAINS[domain], at, Kind.INT))
    assert said == sentence if sentence else "function" not in said
