"""Terms of one operation on the inputs alone come first, and move nothing else; the meter of the benchmark counts."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.guidance import Meter, Run, interval, ratios
from dsl.evaluate import Cases, evaluate
from dsl.parser import parse
from dsl.terms import Expr, Input
from dsl.types import Axis, Kind, Type
from synthesis.attempt import Settings
from synthesis.bank import Bank
from synthesis.grow import grow, seed
from synthesis.problem import Problem, Target
from synthesis.search import search
from synthesis.vocabulary import vocabulary

NUMBER = Input("number", Type(Kind.INT, Axis.POSITION))


def _problem(text: str, causal: bool) -> Problem:
    rng = np.random.default_rng(3)
    cases = Cases({"number": rng.integers(0, 6, size=(80, 6))}, np.ones((80, 6), dtype=bool))
    term = parse(text, [NUMBER])
    assert isinstance(term, Expr)
    values = evaluate(term, cases)
    return Problem((NUMBER,), cases, Target(values, cases.mask, Kind.INT), causal)


def _found(problem: Problem, settings: Settings) -> tuple[list[Expr], int]:
    """Give the programs found, the shortest first, and how many candidates were looked at until the shortest."""
    meter = Meter(60.0)
    with meter.watching():
        found = search(problem, settings, np.random.default_rng(0), late=meter.late)
    return [c.term for c in found], next(e[0] for e in meter.found if e[-1] is found[0].term)


@pytest.mark.parametrize(
    "text", ["count(key(number) < query(number))", "count(key(number) == query(number))"], ids=["rank", "hist"]
)
def test_a_selection_among_the_inputs_is_found_among_few_candidates(text: str) -> None:
    problem = _problem(text, causal=False)
    ours, tried = _found(problem, Settings())
    theirs, unguided = _found(problem, Settings(plain=0))
    assert ours[0] is theirs[0]
    assert 10 * tried < unguided


@pytest.mark.parametrize("text", ["running_max(number) - number", "shift(number, 1, 0) + number"])
def test_what_takes_more_is_found_as_before(text: str) -> None:
    problem = _problem(text, causal=True)
    ours, theirs = (_found(problem, s)[0][0] for s in (Settings(), Settings(plain=0)))
    assert ours is theirs


def test_equal_seeds_give_equal_programs() -> None:
    problem = _problem("running_max(number) - shift(number, 2, 0)", causal=True)
    assert _found(problem, Settings()) == _found(problem, Settings())


def test_a_narrowed_bank_builds_of_what_was_kept_and_still_holds_the_rest() -> None:
    problem = _problem("number", causal=False)
    bank, words = Bank(problem.cases, np.random.default_rng(0)), vocabulary(problem)
    seed(bank, problem.inputs, words)
    columns = len(bank.columns)
    bank.narrow(1, problem.inputs)
    assert len(bank.columns) == columns > 1
    assert [c.term for c in bank.upto(Kind, Axis.POSITION, 1)] == [NUMBER]
    grow(bank, words, 2, 1000)
    assert all("index" not in repr(c.term) for c in bank.columns[columns:])


def test_an_arm_that_finds_nothing_counts_at_least_what_the_unguided_took() -> None:
    runs = [
        Run("a", "unguided", True, 1000, 2.0, 10.0, 1000),
        Run("b", "unguided", True, 100, 1.0, 10.0, 100),
        Run("a", "ours", True, 10, 1.0, 10.0, 10),
        Run("b", "ours", False, 20, 0.1, np.inf, 20),
    ]
    assert ratios(runs, "ours", "candidates").tolist() == [100.0, 1.0]
    assert ratios(runs, "ours", "seconds").tolist() == [2.0, 1.0]
    mean, low, high = interval(ratios(runs, "ours", "candidates"))
    assert mean == pytest.approx(10.0)
    assert low <= mean <= high
