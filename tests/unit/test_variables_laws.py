"""Laws of programs as explanations: results are the program's own, and what is given is what follows goes on from."""

from __future__ import annotations

import numpy as np
import pytest

from distill.emit import run_emitted
from distill.variables import Variables, variables
from dsl.rows import Rows
from tests.unit.handwritten import GOLDENS, WRITTEN, program, steps
from verify.explanation import DEFINED, RESULT, Given, Step


@pytest.fixture(params=[*GOLDENS, *WRITTEN], scope="module")
def name(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(scope="module")
def found(name: str) -> Variables:
    return variables(*program(name))


def drawn(found: Variables, count: int = 60) -> Rows:
    return found.question.domain.sample(count, np.random.default_rng(5))


def everywhere(found: Variables, step: Step, rows: Rows, values: np.ndarray) -> Given:
    return Given(values, found.cells(rows) if step.axis == "position" else np.ones(values.shape, bool))


def swapped(found: Variables, step: Step, rows: Rows, values: np.ndarray) -> Given:
    """Give about half of a step's cells the values of another row of the same length."""
    lengths = np.ones(len(rows), int) if rows.lengths is None else rows.lengths
    source = np.arange(len(rows))
    for length in np.unique(lengths):
        source[lengths == length] = np.roll(np.flatnonzero(lengths == length), 1)
    where = everywhere(found, step, rows, values).where & (np.random.default_rng(6).random(values.shape) < 0.5)
    return Given(values[source], where)


def readers(found: Variables, name: str) -> set[str]:
    """Give a step and all that is computed from it; where memories go round, all of the round."""
    below, edges = {name}, {s.name: set(s.reads) for s in found.steps} | {RESULT: set(found.reads)}
    while more := {n for n, reads in edges.items() if reads & below} - below:
        below |= more
    rounds = {s.name for s in found.steps if s.carried and steps(found)[name].carried}
    return below | rounds | ({n for n, reads in edges.items() if reads & rounds} if rounds else set()) | {DEFINED}


def test_results_are_the_program_s_own(name: str, found: Variables) -> None:
    rows, readout = drawn(found), found.question.readout
    values = found.run(rows)[RESULT]
    assert values.shape == (rows.values.shape[:2] if readout.at == "each" else (len(rows), 1))
    outputs = run_emitted(program(name)[0], found.question.domain.raw(rows))
    for line, output in zip(values, outputs, strict=True):
        for code, value in zip(line, output if readout.at == "each" else [output], strict=False):
            if value is None:
                assert np.isnan(code) or code < 0
            else:
                assert readout.value(code) == (frozenset(value) if isinstance(value, list) else value)


def test_steps_come_after_those_they_read(found: Variables) -> None:
    seen = set(found.run(drawn(found, 1))) - set(steps(found)) - {RESULT}
    for step in found.steps:
        assert set(step.reads) <= seen
        seen.add(step.name)
    assert set(found.reads) <= seen


def test_values_put_back_change_nothing(found: Variables) -> None:
    rows = drawn(found)
    clean = found.run(rows)
    for step in found.steps:
        again = found.run(rows, {step.name: everywhere(found, step, rows, clean[step.name])})
        for name, values in clean.items():
            np.testing.assert_array_equal(again[name], values)


def test_what_is_given_is_what_follows_goes_on_from(found: Variables) -> None:
    """A step given from other rows is worth that; only what reads it, of whatever depth, may change."""
    rows = drawn(found)
    clean = found.run(rows)
    for step in found.steps:
        given = swapped(found, step, rows, clean[step.name])
        changed = found.run(rows, {step.name: given})
        np.testing.assert_array_equal(changed[step.name][given.where], given.values[given.where])
        below = readers(found, step.name)
        for name in set(clean) - below - {step.name}:
            np.testing.assert_array_equal(changed[name], clean[name], err_msg=f"{name} after {step.name}")


def test_values_stay_at_their_position_but_for_memories_and_what_moves(found: Variables) -> None:
    rows = drawn(found)
    clean = found.run(rows)
    for step in (s for s in found.steps if s.axis == "position"):
        given = swapped(found, step, rows, clean[step.name])
        changed = found.run(rows, {step.name: given})
        if not step.carried:
            np.testing.assert_array_equal(changed[step.name][~given.where], clean[step.name][~given.where])
        for other in found.steps:
            others = set(other.reads) & (readers(found, step.name) - {step.name})
            if step.name in other.reads and not (others or step.carried or other.moves):
                assert not (changed[other.name] != clean[other.name])[~given.where].any()


def test_a_memory_changes_what_comes_later_alone(found: Variables) -> None:
    rows = drawn(found)
    clean = found.run(rows)
    for step in (s for s in found.steps if s.carried):
        values, where = clean[step.name], swapped(found, step, rows, clean[step.name]).where
        other = np.where(values == values.max(), values.min(), values.max())
        first = where & (np.cumsum(where, axis=1) == 1)
        changed = found.run(rows, {step.name: Given(other, first)})[step.name] != values
        earlier = np.cumsum(first, axis=1) == 0
        assert not changed[earlier].any()
        assert (changed & ~first & ~earlier).any()


def test_they_are_found_the_same_each_time(name: str, found: Variables) -> None:
    again = variables(*program(name))
    assert (again.steps, again.reads, dict(again.left_out)) == (found.steps, found.reads, dict(found.left_out))
    assert again.source == found.source
