"""What surrounds `predict` in an emitted module: the domain's check, the command line, names, and how it is run."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from distill.emit import About, Signature, code_lines, emit, run_emitted
from distill.emit.layout import fit
from dsl.check import check
from dsl.domains import Domain, Numbers, Tokens
from dsl.parser import parse_program
from dsl.terms import Call, Expr, Literal, Program, Table, Value, call
from dsl.types import Kind
from tests.unit.test_emit_golden import GOLDEN, PROGRAMS
from tests.unit.test_emit_laws import load, signature_of

ABOUT = About("What it computes", "Where it came from", "What was verified")
LETTERS = Tokens(("a", "b", "<bos>", "<eos>"), ("a", "b"), (1, 3), ("<bos>",), ("<eos>",))
MIXED = Tokens((1, True, 0.5, "x"), (1, 0.5, "x"), (1, 4))
BITS = Numbers(1, (0,), (1,), (1, 4))
DATES = Numbers(2, (1, 1), (12, 31), None, ("month", "day"))
PAIRS = Numbers(2, (0, 0), (3, 3), (1, 4), ("a", "b"))
REALS = Numbers(1, None, None, (1, 4))


def module(domain: Domain, text: str, at: str = "each", symbols: tuple[Value, ...] = (), about: About = ABOUT) -> str:
    program = parse_program(f"return {text}", domain.inputs)
    return emit(program, signature_of(domain, at, check(program.result).kind, None, symbols), about)


@pytest.mark.parametrize(
    ("domain", "text", "wrong", "named"),
    [
        (LETTERS, "token", "abc", "'abc'"),
        (LETTERS, "token", ["<bos>", "a"], "['<bos>', 'a']"),
        (LETTERS, "token", ["<bos>", "<eos>"], "['<bos>', '<eos>']"),
        (LETTERS, "token", ["<bos>", "a", "b", "a", "b", "<eos>"], "'<bos>', 'a', 'b', 'a'"),
        (LETTERS, "token", ["<bos>", "z", "<eos>"], "'z'"),
        (LETTERS, "token", ["<bos>", ["a"], "<eos>"], "['a']"),
        (LETTERS, "token", ["<bos>", {"a": 1}, "<eos>"], "{'a': 1}"),
        (MIXED, "token", [True], "True"),
        (MIXED, "token", [1.0], "1.0"),
        (MIXED, "token", [[1]], "[1]"),
        (BITS, "x", [True], "True"),
        (BITS, "x", [2], "2"),
        (BITS, "x", [0.0], "0.0"),
        (BITS, "x", [], "[]"),
        (BITS, "x", 1, "1"),
        (PAIRS, "a + b", [[1, 2], [1]], "[1]"),
        (PAIRS, "a + b", [[1, 2], [1, 4]], "4"),
        (PAIRS, "a + b", [1, 2], "1"),
        (REALS, "x", [float("nan")], "nan"),
        (REALS, "x", [float("inf")], "inf"),
        (REALS, "x", ["1"], "'1'"),
    ],
)
def test_inputs_outside_the_domain_are_refused_by_value(domain: Domain, text: str, wrong: object, named: str) -> None:
    space = load(module(domain, text))
    with pytest.raises(ValueError, match="is not in the domain") as caught:
        space["predict"](wrong)
    assert named in str(caught.value)
    assert space["DOMAIN"] in str(caught.value)


def test_without_strict_the_domain_is_not_checked() -> None:
    space = load(module(BITS, "running_sum(x)"))
    assert space["predict"]([5, 5, 5, 5, 5, 5], strict=False) == [5, 10, 15, 20, 25, 30]
    assert space["predict_batch"]([[9], [8, 1]], strict=False) == [[9], [8, 9]]


def test_single_steps_are_checked_by_component() -> None:
    predict = load(module(DATES, "day <= 28", at="whole"))["predict"]
    assert predict([2, 28]) is True
    with pytest.raises(ValueError, match="32 is not in the domain: 2 integers: month 1 to 12, day 1 to 31"):
        predict([2, 32])


def answers(source: str, text: str | bytes) -> list[object]:
    """Give what the module writes, line by line, for a text on its standard input."""
    raw = text if isinstance(text, bytes) else text.encode()
    done = subprocess.run([sys.executable, "-I", "-S", "-c", source], input=raw, capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr.decode()
    return [json.loads(line) for line in done.stdout.decode().splitlines()]


def test_a_bad_line_gives_an_error_and_the_rest_go_on() -> None:
    bad = [b"{", b"", b"[[1]]", b"[true]", b"nonsense", b"\xff\xfe[", b'"a"', b"null", b"[" * 100_000, b"[2]"]
    found = answers(module(BITS, "x == 1"), b"\n".join([b"[0, 1]", *bad, b"[1]"]) + b"\n")
    assert found[0] == [False, True]
    assert found[-1] == [True]
    assert len(found) == len(bad) + 2
    assert all(isinstance(f, dict) and list(f) == ["error"] for f in found[1:-1])


def test_sets_are_written_as_lists_in_the_order_of_the_vocabulary() -> None:
    source = module(
        LETTERS, 'lookup(token, {#"a": #{"<eos>", "a", "b"}, else #{"b", "a"}})', symbols=("b", "<eos>", "a")
    )
    assert load(source)["predict"](["<bos>", "a", "<eos>"])[1:] == [
        frozenset({"a", "b", "<eos>"}),
        frozenset({"a", "b"}),
    ]
    assert all(isinstance(s, frozenset) for s in load(source)["predict"](["<bos>", "a", "<eos>"])[1:])
    assert answers(source, '["<bos>", "a", "<eos>"]\n') == [[None, ["b", "<eos>", "a"], ["b", "a"]]]


def test_integers_and_booleans_stay_apart_in_answers() -> None:
    source = module(BITS, "running_count(x == 1)")
    assert all(type(v) is int for v in load(source)["predict"]([1, 0, 1]))
    source = module(BITS, "running_any(x == 1)")
    assert all(type(v) is bool for v in load(source)["predict"]([1, 0, 1]))


def test_a_module_runs_nothing_on_import() -> None:
    tree = ast.parse(module(BITS, "x"))
    kinds = (ast.Import, ast.ImportFrom, ast.Assign, ast.FunctionDef, ast.If, ast.Expr)
    assert all(isinstance(node, kinds) for node in tree.body)
    assert [ast.unparse(n.test) for n in tree.body if isinstance(n, ast.If)] == ["__name__ == '__main__'"]


NASTY = st.text(max_size=12) | st.sampled_from(
    ['"""', "\\", "'", "\n", "{x}", "__import__('os')", "\x00", "\ud800", "def"]
)


@given(symbols=st.lists(NASTY, min_size=2, max_size=4, unique=True), what=NASTY)
@settings(max_examples=60, deadline=None)
def test_symbols_and_descriptions_are_data(symbols: list[str], what: str) -> None:
    """Whatever a vocabulary holds, the module is valid, and it says the symbols again as they are."""
    a, b = symbols[:2]
    domain = Tokens(tuple(symbols), tuple(symbols), (1, 3))
    token = domain.inputs[0]
    kind = check(token).kind
    table = Table((((a,), b),), a, (kind,), Kind.SYMBOL)
    answer: Expr = call("lookup", token, table)
    counted = call("running_count", call("eq", token, Literal(a, kind)))
    other = call("running_count", call("eq", token, Literal(b, kind)))
    result = Call("if", (call("lt", counted, other), answer, Literal(b, Kind.SYMBOL)))
    source = emit(
        Program(domain.inputs, (), result), signature_of(domain, "each", Kind.SYMBOL), About(what, what, what)
    )
    space = load(source)
    assert space["predict"]([a, b, b]) == [b, b, a]
    ast.parse(source.encode("utf-8"), feature_version=(3, 10))


@pytest.mark.parametrize(
    "names", [("class", "print"), ("x y", "1st"), ("i", "out"), ("inputs", "strict"), ("é", "n"), ("a", "A")]
)
def test_component_names_become_new_identifiers(names: tuple[str, str]) -> None:
    domain = Numbers(2, (0, 0), (5, 5), (1, 4), names)
    result = call("add", call("running_sum", domain.inputs[0]), call("mul", domain.inputs[1], call("index")))
    source = emit(Program(domain.inputs, (), result), signature_of(domain, "each", check(result).kind), ABOUT)
    assert load(source)["predict"]([[1, 2], [3, 4], [5, 5]]) == [1, 8, 19]


def test_rows_without_free_symbols_have_no_outputs_but_the_prefix() -> None:
    domain = Tokens((1, 2, "<bos>"), (1, 2), (0, 3), ("<bos>",))
    for text in (
        "token + max_all(token)",
        "running_max(token)",
        "token * length()",
        "mean_all(token)",
        "sorted(token)",
    ):
        assert load(module(domain, text))["predict"](["<bos>"]) == [None]


def test_code_lines_counts_the_program_alone() -> None:
    assert code_lines(module(BITS, "running_sum(x)")) == 4
    assert code_lines(module(BITS, "running_mode(x)")) == 6


def test_run_emitted_says_what_went_wrong() -> None:
    assert run_emitted(module(BITS, "1 - x"), [[0, 1], [1]]) == [[1, 0], [0]]
    with pytest.raises(RuntimeError, match="0 lines for 1 inputs: ZeroDivisionError"):
        run_emitted("1 / 0", [[0]])
    with pytest.raises(TimeoutError, match=r"more than 0.5 s for 1 inputs"):
        run_emitted("while True: pass", [[0]], timeout=0.5)


@pytest.mark.parametrize(
    ("line", "lines"),
    [
        ("short", ["short"]),
        ("return [f(x) for x in some_values]", ["return [", "    f(x)", "    for x in some_values", "]"]),
        ("    call(first, second, t)", ["    call(", "        first, second, t", "    )"]),
        ("return [f(x) for x in values]", ["return [", "    f(x) for x in values", "]"]),
        ('NAMES = {"a (b": 1, "c]": 22, "d": 3}', ["NAMES = {", '    "a (b": 1,', '    "c]": 22,', '    "d": 3,', "}"]),
    ],
)
def test_long_lines_are_spread_by_their_brackets(line: str, lines: list[str]) -> None:
    assert fit(line, 25) == lines


def test_a_signature_knows_what_a_program_sees() -> None:
    signature = signature_of(LETTERS, "each", check(LETTERS.inputs[0]).kind)
    assert isinstance(signature, Signature)
    assert signature.visible == ("a", "b", "<eos>")
    assert signature.span == (2, 4)


def test_golden_files_are_all_of_the_golden_programs() -> None:
    assert {Path(p).stem for p in GOLDEN.glob("*.py")} == set(PROGRAMS)
