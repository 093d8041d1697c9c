"""Misses told from the rest: by the condition that saves most bits, and by a rule with what is answered there."""

from __future__ import annotations

import numpy as np
import pytest

from dsl.evaluate import evaluate
from dsl.parser import parse_program
from dsl.printer import show
from dsl.size import bits
from dsl.terms import Program, call
from dsl.types import Kind
from synthesis.exceptions import MISSED, excepted, missed_cells
from synthesis.problem import Problem
from synthesis.separate import Split, price, separate
from tests.unit.test_synthesis_search import NUMBERS, TOKENS, cases, problem

BASES = {  # inputs, what a program computes, what holds but for a few cells
    "a constant at few cells": (NUMBERS, "9 if index() == 3 and x == 2 else running_sum(x)", "running_sum(x)"),
    "another term at few cells": (NUMBERS, "x if index() == 5 and x > 1 else shift(x, 1, 0)", "shift(x, 1, 0)"),
    "the opposite of a condition": (
        TOKENS,
        '(token == #"a") != (index() == 4 and token == #"b")',
        'token == #"a"',
    ),
}


def posed(inputs: str, text: str, seed: int = 0, rows: int = 300) -> tuple[Program, Problem]:
    program = parse_program(f"{inputs}\nreturn {text}")
    return program, problem(program, cases(program, 4, seed, rows), causal=True)


def sought(inputs: str, text: str) -> Problem:
    """Ask for the cells at which a condition holds."""
    _, found = posed(inputs, text)
    assert found.target.kind is Kind.BOOL
    return found


@pytest.mark.parametrize("name", BASES)
def test_a_rule_is_found_and_holds_on_fresh_rows(name: str):
    inputs, text, base = BASES[name]
    _, asked = posed(inputs, text)
    term = parse_program(f"{inputs}\nreturn {base}").result
    share = missed_cells(asked, term).sum() / asked.target.scored.sum()
    assert 0 < share <= MISSED
    found = excepted(asked, term, np.random.default_rng(0))
    assert found
    assert found[0].bits == bits(found[0].term)
    assert [c.bits for c in found] == sorted(c.bits for c in found)
    _, fresh = posed(inputs, text, seed=1, rows=1000)
    assert not missed_cells(fresh, found[0].term).any(), show(found[0].term)


def test_a_program_that_misses_nothing_or_much_has_no_exceptions():
    program, asked = posed(NUMBERS, "running_sum(x)")
    assert excepted(asked, program.result, np.random.default_rng(0)) == []
    other = parse_program(f"{NUMBERS}\nreturn running_max(x)").result
    assert missed_cells(asked, other).sum() > MISSED * asked.target.scored.sum()
    assert excepted(asked, other, np.random.default_rng(0)) == []


def test_nothing_is_looked_for_when_it_is_late():
    inputs, text, base = BASES["a constant at few cells"]
    _, asked = posed(inputs, text)
    term = parse_program(f"{inputs}\nreturn {base}").result
    assert excepted(asked, term, np.random.default_rng(0), late=lambda: True) == []


@pytest.mark.parametrize(
    "text",
    ["x - shift(x, 1, 0) > 2", "running_sum(x) > 11", "x == 3 and shift(x, 1, 0) == 3", "running_mean(x) > 2.75"],
)
def test_a_condition_is_found_with_its_bound(text: str):
    asked = sought(NUMBERS, text)
    best = separate(asked, np.random.default_rng(0))[0]
    assert (best.cells, best.hits) == (asked.wanted.sum(), asked.wanted.sum()), show(best.term)
    assert best.saved == pytest.approx(saved(asked, best))


def saved(asked: Problem, split: Split) -> float:
    holds, hit = asked.cells(split.term), asked.wanted
    rest = price((hit & ~holds).sum(), (~holds).sum())
    return float(price(hit.sum(), len(hit)) - price((hit & holds).sum(), holds.sum()) - rest) - bits(split.term)


def test_a_condition_that_holds_at_most_of_them_is_found_among_noise():
    asked = sought(NUMBERS, "running_sum(x) > 10")
    rng = np.random.default_rng(0)
    kept = asked.target.values & (rng.random(asked.target.values.shape) < 0.6)
    best = separate(replaced(asked, kept), rng)[0]
    assert show(best.term) == "running_sum(x) > 10"
    assert best.hits < best.cells


def test_cells_in_no_order_have_no_condition():
    asked = sought(NUMBERS, "x > 3")
    rng = np.random.default_rng(0)
    assert separate(replaced(asked, rng.random(asked.target.values.shape) < 0.02), rng) == []


def replaced(asked: Problem, values: np.ndarray) -> Problem:
    target = type(asked.target)(values, asked.target.scored, Kind.BOOL)
    return Problem(asked.inputs, asked.cases, target, asked.causal)


@pytest.mark.parametrize("everywhere", [True, False])
def test_there_is_nothing_to_tell_apart_where_all_or_none_are_sought(everywhere: bool):
    asked = sought(NUMBERS, "x > 1")
    assert separate(replaced(asked, np.full(asked.target.values.shape, everywhere)), np.random.default_rng(0)) == []


def test_equal_seeds_give_equal_conditions():
    asked = sought(NUMBERS, "x - shift(x, 1, 0) > 2")
    once, again = (separate(asked, np.random.default_rng(3)) for _ in range(2))
    assert once == again


def test_a_column_beside_stands_in_no_larger_term():
    program, asked = posed(NUMBERS, "running_sum(x) > 10")
    far = call("running_sum", program.inputs[0])
    columns = {**asked.cases.inputs, "far": np.asarray(evaluate(far, asked.cases))}
    beside = type(program.inputs[0])("far", program.inputs[0].type)
    cells = type(asked.cases)(columns, asked.cases.mask, asked.cases.symbols)
    found = separate(Problem(asked.inputs, cells, asked.target, True), np.random.default_rng(0), beside=(beside,))
    assert show(found[0].term) == "far > 10"
