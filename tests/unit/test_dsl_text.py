"""The printer and the parser: a table of texts, the law that one undoes the other, and what is said of bad text."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dsl import (
    Axis,
    Expr,
    Input,
    Kind,
    Literal,
    ParseError,
    Program,
    Table,
    Type,
    TypeMismatch,
    call,
    integer,
    parse,
    parse_expr,
    parse_program,
    show,
    subterms,
    symbol,
)
from tests.strategies import INPUTS, programs, terms

TOK, X, FLAG, R, K = INPUTS
ONE = integer(1)

TEXTS = [
    (call("add", X, ONE), "x + 1"),
    (call("sub", X, call("sub", X, ONE)), "x - (x - 1)"),
    (call("mul", call("add", X, ONE), K), "(x + 1) * k"),
    (call("neg", call("neg", X)), "--x"),
    (call("neg", integer(5)), "neg(5)"),
    (call("sub", X, integer(-5)), "x - -5"),
    (call("not", call("eq", TOK, symbol("a"))), 'not tok == #"a"'),
    (call("eq", call("not", FLAG), FLAG), "(not flag) == flag"),
    (call("and", FLAG, call("or", FLAG, FLAG)), "flag and (flag or flag)"),
    (call("lt", integer(3), X), "x > 3"),
    (call("le", integer(3), integer(4)), "3 <= 4"),
    (
        call("if", FLAG, call("if", FLAG, X, ONE), call("if", FLAG, X, ONE)),
        "(x if flag else 1) if flag else x if flag else 1",
    ),
    (call("shift", TOK, ONE, symbol(None)), "shift(tok, 1, #null)"),
    (call("count", call("before")), "count(before())"),
    (symbol(frozenset({"b", "a", 1, None})), '#{null, 1, "a", "b"}'),
    (symbol(frozenset()), "#{}"),
    (symbol('say "hi"\n'), '#"say \\"hi\\"\\n"'),
    (Literal(1e-7, Kind.REAL), "1e-07"),
    (Literal(float("-inf"), Kind.REAL), "-inf"),
    (
        call("scan", integer(0), call("mod", call("add", Input("state", X.type), X), integer(5))),
        "scan(0, (state + x) % 5)",
    ),
    (
        call("lookup", TOK, X, Table((((("a"), 1), 5), (("b", -2), 7)), 0, (Kind.SYMBOL, Kind.INT), Kind.INT)),
        'lookup(tok, x, {(#"a", 1): 5, (#"b", -2): 7, else 0})',
    ),
    (call("lookup", R, Table((), 0.5, (Kind.REAL,), Kind.REAL)), "lookup(r, {(real) else 0.5})"),
]

PROGRAM = """\
input x: int@position
input $"a b": bool@row
carry = running_sum(x + 1) % 2
out = carry * 2 if $"a b" else 3
return out + carry
"""


@pytest.mark.parametrize(("term", "text"), TEXTS, ids=[text for _, text in TEXTS])
def test_text(term: Expr, text: str) -> None:
    assert show(term) == text
    assert parse(text, INPUTS) is term


@given(terms(depth=4))
def test_parse_undoes_show(term: Expr) -> None:
    assert parse(show(term), INPUTS) is term


@given(programs())
def test_parse_undoes_show_of_programs(program: Program) -> None:
    assert parse(show(program)) == program


scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text()


@settings(max_examples=60)
@given(scalars | st.frozensets(scalars, max_size=4), st.integers(-(2**63), 2**63 - 1), st.floats())
def test_parse_undoes_show_of_constants(value, number: int, real: float) -> None:
    for literal in (symbol(value), integer(number), Literal(real, Kind.REAL)):
        assert parse(show(literal)) is literal


@given(st.text(min_size=1), st.sampled_from(Kind), st.sampled_from(Axis))
def test_any_name_can_be_an_input(name: str, kind: Kind, axis: Axis) -> None:
    item = Input(name, Type(kind, axis))
    assert parse(show(item), [item]) is item


@settings(max_examples=200)
@given(st.text(alphabet='x1 +-*/%()=<>!,:{}#"$.@\nabeifnotrdl\\') | st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        found = parse(text, INPUTS)
    except (ParseError, TypeMismatch):
        return
    assert parse(show(found), INPUTS) in (found,)


def test_program_text() -> None:
    program = parse_program(PROGRAM)
    assert show(program) == PROGRAM
    assert [name for name, _ in program.steps] == ["carry", "out"]
    assert program.steps[0][1] in list(subterms(program.steps[1][1]))


def test_spelling_is_free() -> None:
    assert parse(" x+1 >=\t3\n", INPUTS) is parse("le(3, add(x, 1))", INPUTS)
    assert parse_program("\r\n\na = x\r\n\r\nreturn a\r\n", INPUTS).result is X


BAD = [
    ("x +", "1:4: expected a term, got the end of the text\n    x +\n       ^"),
    ("x + )", "1:5: expected a term, got `)`"),
    ("x @ 1", "1:3: expected an operator or the end of the line or `(` or `=`, got `@`"),
    ("x ? 1", "1:3: no word begins with '?'"),
    ("1 < x < 2", "1:7: expected"),
    ("x if flag", "1:10: expected `else` or `or`, got the end of the text"),
    ("cont(flag)", "1:1: no primitive 'cont'; did you mean 'count'?"),
    ("flga", "1:1: no input or step 'flga'; did you mean 'flag'?"),
    ("index", "1:1: no input or step 'index'; there are tok, x, flag, r, k"),
    ('tok == "a"', '1:8: a symbol is written #"a"'),
    ("scan(x, state)", "1:6: a scan starts from a constant"),
    ("state", "1:1: no input or step 'state'"),
    ("add({1: 2, else 3}, 1)", "1:6: a table stands only in a lookup"),
    ("lookup(x, {1: 2, 2: 0.5, else 3})", "1:18: all entries of a table have the same kinds"),
    ("lookup(x, {else 3})", "1:17: an empty table says the kinds"),
    ("lookup(x, {(whole) else 3})", "1:13: no kind whole; it is bool or int or real or symbol"),
    ('#"\\q"', "1:2: not a JSON string"),
    ("input y: int@cell\nreturn y", "1:7: no type int@cell; it is bool or int or real or symbol, then @"),
    ("x = 1\nreturn x", "1:1: the name 'x' is taken; choose another"),
    ("a = 1\n", "2:1: expected a name or `input` or `return`, got the end of the text"),
    ("9" * 5000, "1:1: an integer of 5000 digits"),
]


@pytest.mark.parametrize(("text", "message"), BAD, ids=[text[:30] for text, _ in BAD])
def test_bad_text(text: str, message: str) -> None:
    with pytest.raises(ParseError) as caught:
        parse(text, INPUTS)
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(
    "text", ["(" * 9999 + "x" + ")" * 9999, "-" * 9999 + "x", "x" + "+x" * 9999, "not " * 999 + "flag"]
)
def test_deep_text_is_read_or_refused_but_never_overflows(text: str) -> None:
    try:
        assert parse(text, INPUTS) is X
    except ParseError as error:
        message = str(error)
    else:
        return
    assert "nested more than 200 levels deep" in message
    assert len(message) < 300


def test_steps_do_not_hide_depth() -> None:
    lines = ["a0 = x", *(f"a{k + 1} = a{k} + 1" for k in range(300)), "return a300"]
    with pytest.raises(ParseError, match="the steps it uses included"):
        parse("\n".join(lines), INPUTS)


def test_type_errors_have_a_place() -> None:
    with pytest.raises(TypeMismatch) as caught:
        parse("input flag: bool@position\n\ncarry = 1 + (2 + flag)\nreturn carry")
    message = "3:14, step 'carry': add expects int or real, got bool@position in `2 + flag`; wrap it in int(...)"
    assert str(caught.value) == message


def test_wanted_form() -> None:
    with pytest.raises(ParseError, match="expected a program"):
        parse_program("x", INPUTS)
    with pytest.raises(ParseError, match="expected a term"):
        parse_expr("return x", INPUTS)
