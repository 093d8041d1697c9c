"""Machines: minimised, learnt by asking, and written down as terms."""

from __future__ import annotations

import numpy as np
import pytest

from dsl.evaluate import Cases, evaluate
from dsl.parser import parse_expr
from dsl.terms import Call, Expr, Input, subterms
from dsl.types import Axis, Kind, Type
from synthesis.automata import machine_terms, spoken
from synthesis.learning import Undetermined, count_states, drawn, learn, said_by, whole
from synthesis.machines import Machine, difference, explored, minimised

X = Input("x", Type(Kind.INT, Axis.POSITION))
TOKEN = Input("token", Type(Kind.SYMBOL, Axis.POSITION))
BITS = ((0,), (1,))


def random_machine(states: int, letters: int, outputs: int, rng: np.random.Generator) -> Machine:
    step = rng.integers(0, states, (states, letters))
    return minimised(Machine(tuple((k,) for k in range(letters)), step, rng.integers(0, outputs, step.shape)))


def copied(machine: Machine, rng: np.random.Generator) -> Machine:
    """Give a machine that does the same with every state doubled."""
    count = len(machine)
    step = np.tile(machine.step, (2, 1)) + count * rng.integers(0, 2, (2 * count, len(machine.letters)))
    return Machine(machine.letters, step, np.tile(machine.output, (2, 1)))


def remainders(by: int) -> Machine:
    return explored(0, lambda s, a: ((2 * s + a) % by, (2 * s + a) // by), BITS)


@pytest.mark.parametrize("seed", range(5))
def test_a_minimised_machine_does_the_same_with_the_fewest_states(seed: int) -> None:
    rng = np.random.default_rng(seed)
    machine = random_machine(6, 3, 2, rng)
    double = copied(machine, rng)
    assert minimised(double) == machine
    assert difference(machine, double) is None
    words = rng.integers(0, 3, (50, 12))
    assert (machine.run(words) == double.run(words)).all()


def test_a_shortest_word_tells_machines_apart() -> None:
    four = explored(0, lambda s, a: (min(4, s + a), s + a >= 4), BITS)
    five = explored(0, lambda s, a: (min(5, s + a), s + a >= 5), BITS)
    assert difference(four, five) == (1, 1, 1, 1)
    assert len(four) == 5
    assert len(minimised(four)) == 5  # the last 1 that is missing, and then none
    assert five.access()[3] == (1, 1, 1)


def test_states_without_end_are_refused() -> None:
    with pytest.raises(ValueError, match="more than 50 states"):
        explored(0, lambda s, a: (s + a, s), BITS, most=50)


@pytest.mark.parametrize("seed", range(5))
def test_a_machine_is_learnt_from_its_answers(seed: int) -> None:
    rng = np.random.default_rng(seed)
    machine = random_machine(5, 2, 2, rng)
    assert learn(machine.run, machine.letters, whole(machine.run, 2, 12), rng, longest=12) == machine
    assert learn(machine.run, machine.letters, drawn(machine.run, 2, 30, rng), rng) == machine


def test_rare_states_are_found_by_runs() -> None:
    """Nine 1s in a row: one uniform word in five hundred holds them at its beginning."""
    machine = explored(0, lambda s, a: (min(12, s + 1) if a else s if s == 12 else 0, s == 12), BITS)
    rng = np.random.default_rng(0)
    assert learn(machine.run, BITS, drawn(machine.run, 2, 24, rng, tested=256), rng, longest=24) == machine


def test_no_word_beyond_the_domain_is_asked_of() -> None:
    """Depths up to five and a bracket too many: with ten letters, a sixth open one is told from nothing."""
    lengths = set()

    def balanced(words: np.ndarray) -> np.ndarray:
        lengths.add(words.shape[1])
        depth = (1 - 2 * words).cumsum(1)
        return (depth == 0) & (np.minimum.accumulate(depth, 1) >= 0)

    rng = np.random.default_rng(0)
    with pytest.raises(Undetermined, match="a word of 11 letters is needed"):
        learn(balanced, BITS, whole(balanced, 2, 10), rng, longest=10)
    assert max(lengths) == 10


def test_too_many_states_are_no_machine() -> None:
    rng = np.random.default_rng(0)
    with pytest.raises(Undetermined, match="more than"):
        learn(lambda words: words.cumsum(1), tuple(range(9)), lambda _: None, rng, most=16)
    many = explored(0, lambda s, a: ((s + a) % 40, s == 39), BITS)
    with pytest.raises(Undetermined, match="not enough"):
        learn(many.run, BITS, drawn(many.run, 2, 100, rng), rng, most=16)


def answers(term: Expr, machine: Machine, inputs: tuple[Input, ...], symbols: tuple, words: np.ndarray) -> np.ndarray:
    letters = np.array(machine.letters)
    symbols = (*symbols, *spoken([term], symbols))
    cases = Cases({i.name: letters[words, k] for k, i in enumerate(inputs)}, np.ones(words.shape, bool), symbols)
    return np.broadcast_to(evaluate(term, cases), words.shape)


def best(machine: Machine, inputs: tuple[Input, ...], kind: Kind, symbols: tuple = ()) -> Expr:
    """Give the shortest term; all terms must do what the machine does on words that they were not made of."""
    rng = np.random.default_rng(1)
    terms = machine_terms(machine, inputs, kind, symbols, rng)
    words = rng.integers(0, len(machine.letters), (200, 40))
    words[:50] = np.sort(words[:50], axis=1)
    for term in terms:
        assert (answers(term, machine, inputs, symbols, words) == machine.run(words)).all(), term
    return terms[0]


def tables(term: Expr) -> int:
    return sum(isinstance(t, Call) and t.op == "lookup" for t in subterms(term))


@pytest.mark.parametrize("by", [2, 3, 5, 7])
def test_division_is_arithmetic(by: int) -> None:
    assert not tables(best(remainders(by), (X,), Kind.INT))


def test_addition_keeps_a_carry() -> None:
    inputs = tuple(Input(n, Type(Kind.INT, Axis.POSITION)) for n in "ab")
    pairs = tuple((a, b) for a in range(3) for b in range(3))
    machine = explored(0, lambda s, k: ((sum(pairs[k]) + s) // 3, (sum(pairs[k]) + s) % 3), pairs)
    assert not tables(best(machine, inputs, Kind.INT))


def test_a_count_stops_where_nothing_matters_any_more() -> None:
    def step(state: int, letter: int) -> tuple[int, bool]:
        after = 9 if state == 9 or state + 1 - 2 * letter not in range(4) else state + 1 - 2 * letter
        return after, after == 0

    machine = minimised(explored(0, step, ((0,), (1,))))
    term = best(machine, (TOKEN,), Kind.BOOL, ("(", ")"))
    scan = next(t for t in subterms(term) if isinstance(t, Call) and t.op == "scan")
    assert any(isinstance(t, Call) and t.op == "if" for t in subterms(scan))
    said = said_by(term, (TOKEN,), np.array(BITS), ("(", ")"))
    assert count_states(said, 2, 10, np.random.default_rng(0)) == 5


def test_what_follows_from_the_last_letters_is_no_state() -> None:
    machine = explored(0, lambda s, a: (2 * s % 4 + a, s // 2 != a), BITS)
    term = best(machine, (X,), Kind.BOOL)
    assert not any(isinstance(t, Call) and t.op == "scan" for t in subterms(term))


def test_independent_counts_are_two_states() -> None:
    def step(state: tuple[int, int], letter: int) -> tuple[tuple[int, int], bool]:
        after = (state[0] + 1) % 2, (state[1] + letter) % 2
        return after, after == (0, 0)

    machine = minimised(explored((0, 0), step, BITS))
    term = best(machine, (X,), Kind.BOOL)
    assert len(machine) == 4
    assert sum(isinstance(t, Call) and t.op == "scan" for t in subterms(term)) == 2


@pytest.mark.parametrize("seed", range(2))
def test_a_machine_without_a_rule_is_a_table(seed: int) -> None:
    machine = random_machine(5, 3, 2, np.random.default_rng(seed))
    best(machine, (X,), Kind.INT)


def test_the_states_of_a_table_are_called_by_words_that_lead_there() -> None:
    """No run of 1s of odd length before a run of 0s of odd length: Tomita's third language."""
    step = np.array([[0, 1], [2, 0], [3, 4], [2, 3], [4, 4]])
    said = np.array([[1, 1], [0, 1], [1, 0], [0, 1], [0, 0]], dtype=bool)
    term = best(Machine(BITS, step, said), (X,), Kind.BOOL)
    assert set(spoken([term], ())) == {"start", "after 1", "after 10", "after 100", "dead"}


def test_programs_have_states_to_count() -> None:
    rng = np.random.default_rng(0)

    def states(text: str, longest: int | None = 12) -> int | None:
        return count_states(said_by(parse_expr(text, (X,)), (X,), np.array(BITS), ()), 2, longest, rng)

    assert states("x") == 1
    assert states("running_sum(x) % 3") == 3
    assert states("x + shift(x, 2, 0)") == 4
    assert states("running_max(since(x == 1)) < 3") == 4
    assert states("running_sum(x)") is None
    assert states("running_sum(x) % 3", None) == 3
