"""The search: planted programs are found from random inputs and hold on fresh ones."""

from functools import lru_cache

import numpy as np
import pytest

from dsl.check import check
from dsl.evaluate import Cases, evaluate
from dsl.parser import parse_program
from dsl.printer import show
from dsl.simplify import simplify
from dsl.size import bits
from dsl.terms import Program
from dsl.types import Axis, Kind
from synthesis.attempt import Candidate, Settings
from synthesis.problem import Problem, Target, same, sample_rows
from synthesis.search import search

LETTERS = ("a", "b", "c", "d")
TOKENS, NUMBERS = "input token: symbol@position", "input x: int@position"
PLANTED = {  # inputs, a program, how many values inputs take, the size of terms to search, the most bits of an answer
    "reverse": (TOKENS, "gather(token, from_end(), #null)", 4, 3, 15),
    "sort": (NUMBERS, "sorted(x)", 4, 3, 6),
    "running maximum": (NUMBERS, "running_max(x)", 4, 3, 6),
    "parity": (NUMBERS, "running_sum(x) % 2", 4, 3, 14),
    "sum of last three": (NUMBERS, "x + shift(x, 1, 0) + shift(x, 2, 0)", 2, 2, 30),
    "sum of the row modulo 5": (NUMBERS, "sum_all(x) % 5", 4, 3, 15),
    "depth of brackets": (TOKENS, 'running_count(token == #"a") - running_count(token == #"b")', 3, 3, 33),
    "balanced": (TOKENS, 'running_count(token == #"a") == running_count(token == #"b")', 3, 3, 33),
    "majority": (TOKENS, 'running_count(token == #"a") > running_count(token == #"b")', 3, 3, 33),
    "step from the one before": (NUMBERS, "abs(x - shift(x, 1, 0))", 3, 3, 20),
    "sum of sums": (NUMBERS, "running_sum(running_sum(x))", 3, 3, 10),
    "Horner's rule modulo 3": (NUMBERS, "scan(0, (2 * state + x) % 3)", 3, 3, 27),
    "rotation by the first": (NUMBERS, "(x + first(x)) % 4", 4, 3, 25),
    "seen before": (TOKENS, 'running_any(token == #"b")', 3, 4, 14),
}
LOOKS_AHEAD = {"reverse", "sort", "sum of the row modulo 5"}


def cases(program: Program, values: int, seed: int, rows: int = 60, longest: int = 6) -> Cases:
    """Draw rows of one to six positions."""
    rng = np.random.default_rng(seed)
    mask = np.arange(longest) < rng.integers(1, longest + 1, rows)[:, None]
    columns = {i.name: rng.integers(0, values, mask.shape) for i in program.inputs}
    return Cases(columns, mask, LETTERS[:values] if program.inputs[0].type.kind is Kind.SYMBOL else ())


def rows(values: np.ndarray) -> Cases:
    """Give one number a row."""
    return Cases({"x": values[:, None]}, np.ones((len(values), 1), bool))


def problem(program: Program, of: Cases, *, causal: bool) -> Problem:
    """Pose the problem whose answers a program gives."""
    type_ = check(program)
    scored = of.mask if type_.axis is Axis.POSITION else np.ones((len(of.mask), 1), bool)
    answers = np.broadcast_to(evaluate(program.result, of), scored.shape)
    return Problem(program.inputs, of, Target(answers, scored, type_.kind), causal)


@lru_cache
def planted(name: str) -> tuple[Program, Problem, tuple[Candidate, ...]]:
    inputs, text, values, sizes, _ = PLANTED[name]
    program = parse_program(f"{inputs}\nreturn {text}")
    posed = problem(program, cases(program, values, 0), causal=name not in LOOKS_AHEAD)
    return program, posed, tuple(search(posed, Settings(sizes=sizes), np.random.default_rng(0)))


def right(candidate: Candidate, on: Problem) -> bool:
    return bool(same(on.cells(candidate.term), on.wanted).all())


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_program_is_found_and_holds_on_fresh_rows(name: str):
    program, posed, found = planted(name)
    assert found, "nothing found"
    fresh = problem(program, cases(program, PLANTED[name][2], seed=1, rows=400, longest=9), causal=posed.causal)
    assert right(found[0], fresh), show(found[0].term)
    assert found[0].bits <= PLANTED[name][-1], show(found[0].term)


@pytest.mark.parametrize("name", PLANTED)
def test_candidates_are_right_where_they_were_searched_shortest_first(name: str):
    _, posed, found = planted(name)
    assert [show(c.term) for c in found if not right(c, posed)] == []
    assert [c.bits for c in found] == sorted(bits(c.term) for c in found)
    assert len({c.term for c in found}) == len(found)
    assert all(c.origin for c in found)


ROOMY = {  # inputs, a program, how many values inputs take, rows, the longest row, settings
    "histogram": (TOKENS, "count(key(token) == query(token))", 3, 30, 4, Settings(sizes=4)),
    "peak": (NUMBERS, "shift(x, 1, 0) < x and shift(x, -1, 0) < x", 4, 60, 6, Settings(sizes=4, capacity=3000)),
}


@pytest.mark.parametrize("name", ROOMY)
def test_a_planted_program_is_found_in_a_larger_bank(name: str):
    inputs, text, values, count, longest, settings = ROOMY[name]
    program = parse_program(f"{inputs}\nreturn {text}")
    posed = problem(program, cases(program, values, 0, count, longest), causal=False)
    found = search(posed, settings, np.random.default_rng(0))
    assert found, "nothing found"
    assert right(found[0], problem(program, cases(program, values, 1, rows=400), causal=False)), show(found[0].term)


@pytest.mark.parametrize("name", ["balanced", "majority"])
def test_equal_seeds_give_equal_candidates(name: str):
    _, posed, found = planted(name)
    again = search(posed, Settings(sizes=PLANTED[name][3]), np.random.default_rng(0))
    assert [(c.term, c.bits, c.origin) for c in again] == [(c.term, c.bits, c.origin) for c in found]


@pytest.mark.parametrize("name", ["reverse", "running maximum", "majority", "parity"])
def test_a_late_search_ends_with_what_it_has(name: str):
    _, posed, _ = planted(name)
    endless = Settings(sizes=9, capacity=10**9)
    found = search(posed, endless, np.random.default_rng(0), late=lambda: True)
    assert all(right(c, posed) for c in found)


def test_noise_has_no_program():
    program = parse_program("input token: symbol@position\nreturn token")
    of = cases(program, 3, 0)
    noise = Target(np.random.default_rng(5).integers(0, 3, of.mask.shape), of.mask, Kind.SYMBOL)
    settings = Settings(sizes=3, capacity=2000)
    assert search(Problem(program.inputs, of, noise, causal=True), settings, np.random.default_rng(0)) == []


def erring(seed: int) -> tuple[Problem, Problem]:
    """Give a problem in which one answer of a thousand is wrong, and the one in which none is."""
    program = parse_program('input token: symbol@position\nreturn running_count(token == #"a") > 1')
    clean = problem(program, cases(program, 2, seed, rows=1000), causal=True)
    wrong = np.random.default_rng(seed).random(clean.target.values.shape) < 0.001
    assert 0 < (wrong & clean.target.scored).sum() < 0.002 * clean.target.scored.sum()
    noisy = Target(clean.target.values ^ wrong, clean.target.scored, Kind.BOOL)
    return Problem(clean.inputs, clean.cases, noisy, causal=True), clean


def test_a_few_wrong_answers_hide_no_program_where_they_are_tolerated():
    noisy, clean = erring(seed=2)
    found = search(noisy, Settings(sizes=4, tolerance=0.002), np.random.default_rng(0))
    assert right(found[0], clean), show(found[0].term)
    assert not right(found[0], noisy)


def test_counterexamples_are_always_searched_on():
    program = parse_program("input token: symbol@position\nreturn token")
    whole = problem(program, cases(program, 3, 0, rows=500), causal=True)
    posed = Problem(whole.inputs, whole.cases, whole.target, causal=True, pinned=7)
    for seed in range(5):
        chosen = sample_rows(posed, 60, 10_000, np.random.default_rng(seed)).tolist()
        assert set(range(493, 500)) <= set(chosen)
        assert len(set(chosen)) == len(chosen) < 100


def test_a_counterexample_decides_between_programs():
    program = parse_program("input x: int@position\nreturn min(x, 7)")
    of = cases(program, 6, 0, rows=3000)
    of.inputs["x"][-1] = 9
    posed = problem(program, of, causal=True)
    for pinned in (0, 1):
        posed = Problem(posed.inputs, of, posed.target, causal=True, pinned=pinned)
        found = search(posed, Settings(sizes=3), np.random.default_rng(0))
        assert all(right(c, posed) for c in found)
    assert show(found[0].term) in ("min(7, x)", "min(x, 7)")


@pytest.mark.parametrize("text", ["x % 2", "min(x, 1)", "abs(x - shift(x, 1, 0)) % 2", "sum_all(x) % 2"])
def test_numbers_0_and_1_come_back_as_numbers(text: str):
    program = parse_program(f"input x: int@position\nreturn {text}")
    posed = problem(program, cases(program, 4, 0), causal="all" not in text)
    found = search(posed, Settings(sizes=3), np.random.default_rng(0))
    assert check(found[0].term).kind is Kind.INT
    assert all(right(c, posed) for c in found)


def test_integer_answers_are_matched_to_the_last_digit():
    program = parse_program("input x: int@row\nreturn x * x + x % 7")  # four digits of it are those of x * x
    posed = problem(program, rows(np.arange(300, 400)), causal=True)
    found = search(posed, Settings(), np.random.default_rng(0))
    assert [show(c.term) for c in found if not (posed.cells(c.term) == posed.wanted).all()] == []


def test_reals_are_matched_to_four_digits():
    posed = problem(parse_program("input x: int@row\nreturn x / 7"), rows(np.arange(40)), causal=True)
    near = Target(posed.target.values * (1 + 3e-5), posed.target.scored, Kind.REAL)
    found = search(Problem(posed.inputs, posed.cases, near, causal=True), Settings(), np.random.default_rng(0))
    assert show(simplify(found[0].term)) == "x / 7"


def test_progress_is_reported():
    told: list[str] = []
    _, posed, _ = planted("majority")
    search(posed, Settings(sizes=3), np.random.default_rng(0), report=told.append)
    assert any("columns" in line for line in told)
