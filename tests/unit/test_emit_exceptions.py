"""Listed inputs: looked up first, as `predict` takes them, whatever inputs and outputs are."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from distill.emit import emit, run_emitted
from dsl.check import check
from dsl.domains import Domain, Numbers, Tokens
from dsl.parser import parse_program
from dsl.terms import Value
from tests.unit.test_emit_laws import load, signature_of
from tests.unit.test_emit_module import ABOUT, BITS, DATES, LETTERS, MIXED, PAIRS, module

ONE = Numbers(1, (0,), (9,), None, ("x",))
SETS = Tokens(("a", "b", "c"), ("a", "b", "c"), (1, 3))
EMPTY, FULL = frozenset(), frozenset("cab")

# domain, at, program, symbols, listed, another input and its output
CASES: dict[str, tuple[Domain, str, str, tuple[Value, ...], list[tuple[Any, Any]], Any, Any]] = {
    "a number": (ONE, "whole", "x + 1", (), [(3, 40), (5, 0)], 4, 5),
    "components": (DATES, "whole", "month + day", (), [([2, 29], -1)], [2, 28], 30),
    "steps of numbers": (BITS, "each", "x + 1", (), [([0, 1], [7, 7])], [1, 0], [2, 1]),
    "steps of components": (PAIRS, "each", "a + b", (), [([[1, 2], [0, 0]], [9, 9])], [[1, 2]], [3]),
    "the last of some steps": (PAIRS, "last", "last(a + b)", (), [([[1, 2]], 9)], [[1, 2], [0, 0]], 0),
    "symbols round which others stand": (
        *(LETTERS, "each", "token", ()),
        [(["<bos>", "a", "<eos>"], [None, "b", "a"])],
        *(["<bos>", "b", "<eos>"], [None, "b", "<eos>"]),
    ),
    "symbols told apart by type": (MIXED, "each", "token", (), [([1, "x"], ["x", 0.5])], [0.5], [0.5]),
    "sets": (
        *(SETS, "each", '#{"a"} if token == #"a" else #{"b"}', ("a", "b", "c")),
        [(["a"], [FULL]), (["b", "b"], [EMPTY, frozenset("c")])],
        *(["a", "b"], [frozenset("a"), frozenset("b")]),
    ),
}


def source(name: str) -> str:
    domain, at, text, symbols, listed, _, _ = CASES[name]
    program = parse_program(f"return {text}", domain.inputs)
    signature = signature_of(domain, at, check(program.result).kind, None, symbols)
    return emit(program, replace(signature, exceptions=tuple(listed)), ABOUT)


@pytest.mark.parametrize("name", CASES)
def test_listed_inputs_are_looked_up_and_others_computed(name: str):
    *_, listed, other, output = CASES[name]
    predict = load(source(name))["predict"]
    for given, wanted in [*listed, (other, output)]:
        assert predict(given) == wanted


@pytest.mark.parametrize("name", CASES)
def test_they_come_out_of_the_command_line(name: str):
    *_, listed, other, output = CASES[name]
    found = run_emitted(source(name), [*(given for given, _ in listed), other])
    assert found == [plain(wanted) for wanted in [*(wanted for _, wanted in listed), output]]


def plain(output: Any) -> Any:
    """Give an output as JSON has it."""
    if isinstance(output, list):
        return [plain(o) for o in output]
    return sorted(output) if isinstance(output, frozenset) else output


def test_what_is_looked_up_is_not_handed_out():
    predict = load(source("steps of numbers"))["predict"]
    predict([0, 1]).append(1)
    assert predict([0, 1]) == [7, 7]


def test_inputs_outside_the_domain_are_refused_before_they_are_looked_up():
    with pytest.raises(ValueError, match="2 is not in the domain"):
        load(source("steps of numbers"))["predict"]([2])


def test_nothing_is_looked_up_where_nothing_is_listed():
    assert "EXCEPTIONS" not in module(BITS, "x + 1")
