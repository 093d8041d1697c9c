"""Interchange: steps swapped in from elsewhere, on both sides; what is drawn, how it is summed up, what passes."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest

from dsl.parser import parse_program
from tests.planted.planted import Planted
from tests.unit.test_placement import ATTENTION, FEED, ONE_OF_EACH, POOLED, RECURRENT, all_placed, benched, placed, step
from verify.explanation import RESULT
from verify.interchange import (
    COMMON,
    Draw,
    Interchange,
    Placed,
    drawn,
    given,
    interchange,
    outcome,
    outcomes,
    pair_up,
    partners,
    rate,
)
from verify.mechanism import passes

EVERY = [(p, name) for p in ONE_OF_EACH for name in p.alignment]
NAMES = [f"{p.name}-{name}" for p, name in EVERY]


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def somewhere(one: Placed, seed: int = 0) -> Placed:
    """Give the same step in a subspace of the same rank drawn at random."""
    at, place = one
    basis = np.linalg.qr(rng(seed).standard_normal(place.basis.shape))[0]
    return at, replace(place, basis=basis.astype(np.float32))


def figures(found: Interchange) -> tuple:
    return found.changed, found.stayed, found.ignored, found.unpaired


@pytest.mark.parametrize(("p", "name"), EVERY, ids=NAMES)
def test_a_step_at_its_place_changes_the_answers_as_predicted(p: Planted, name: str):
    on = benched(p)
    found = interchange(on, [placed(p, on, name)], rng())
    assert found.changed.mean == found.worst == 1.0
    assert passes(found) or found.changed.rows < 40  # which is too few to be sure
    assert found.ignored == 0.0
    assert found.changed.rows + found.unpaired == len(on)
    assert found.changed.rows > 30


@pytest.mark.parametrize(("p", "name"), EVERY, ids=NAMES)
def test_a_step_in_directions_drawn_at_random_does_not(p: Planted, name: str):
    on = benched(p)
    found = interchange(on, [somewhere(placed(p, on, name))], rng())
    assert not passes(found)
    assert found.changed.mean < 0.7


@pytest.mark.parametrize("p", ONE_OF_EACH, ids=lambda p: p.name)
def test_a_step_that_is_held_and_not_read_changes_nothing(p: Planted):
    on = benched(p)
    for name, at in p.misplaced:
        if p.directions(name, at).size and at in map(str, on.activations):
            found = interchange(on, [placed(p, on, name, at)], rng())
            assert not passes(found), f"{name}@{at}"


@pytest.mark.parametrize("p", ONE_OF_EACH, ids=lambda p: p.name)
def test_two_steps_at_once(p: Planted):
    on = benched(p)
    for pair in combinations(all_placed(p, on), 2):
        found = interchange(on, pair, rng())
        assert found.changed.mean == found.worst == 1.0
        assert not passes(interchange(on, [pair[0], somewhere(pair[1])], rng()))


@pytest.mark.parametrize("p", [FEED, RECURRENT, ATTENTION, POOLED], ids=lambda p: p.name)
def test_several_places_in_one_run_are_judged_as_each_by_itself(p: Planted):
    on = benched(p)
    for name in p.alignment:
        one = placed(p, on, name)
        others = [somewhere(one, seed)[1] for seed in range(3)]
        others += [placed(p, on, name, at)[1] for n, at in p.misplaced if n == name and p.directions(name, at).size]
        places = [one[1], *(o for o in others if o.where == one[1].where)]
        trial = pair_up(on, [one], rng()).take(slice(40))
        together = outcomes(on, places, trial)
        assert [figures(f) for f in together] == [figures(outcome(on, [(one[0], q)], trial)) for q in places]
    assert outcomes(on, [], trial) == []


def test_equal_seeds_give_equal_figures_and_other_seeds_other_draws():
    on = benched(RECURRENT)
    one = somewhere(placed(RECURRENT, on, "n"))
    first, again, other = (figures(interchange(on, [one], rng(seed))) for seed in (3, 3, 4))
    assert first == again != other


def test_a_trial_predicts_what_the_explanation_says_of_what_is_drawn():
    on = benched(ATTENTION)
    one = placed(ATTENTION, on, "rep")
    trial = pair_up(on, [one], rng())
    half = on.take(trial.rows)
    took = given(on, [one], trial.draws)["rep"]
    for row, position in np.argwhere(took.where)[:50]:
        source, place = trial.draws[0].sources[row], trial.draws[0].places[row, position]
        assert took.values[row, position] == on.values["rep"][source, place]
    found, defined = half.predicted({"rep": took})
    assert np.array_equal(found, trial.predicted)
    assert np.array_equal(defined, trial.defined)
    assert ((found != half.values[RESULT]) & defined & half.counted).any(axis=1).all()


def test_a_step_whose_value_never_matters_has_no_partners():
    text = "a = max(x0, x1)\nz = x0 - x0\nreturn a > max(x2, x3)"
    program = parse_program(text, FEED.question.domain.inputs)
    on = benched(FEED, program)
    one = (step(on, "z"), placed(FEED, on, "a")[1])
    found = interchange(on, [one], rng())
    assert (found.unpaired, found.changed.rows, found.stayed.rows) == (len(on), 0, 0)
    assert not passes(found)


@pytest.mark.parametrize("p", [RECURRENT, ATTENTION, POOLED], ids=lambda p: p.name)
def test_partners_are_others_of_the_same_length(p: Planted):
    on = benched(p)
    for name in p.alignment:
        found = partners(on, step(on, name), rng())
        assert (found != np.arange(len(on))).all()
        assert sorted(found) == list(range(len(on)))
        if step(on, name).axis == "position":
            assert (on.lengths[found] == on.lengths).all()
    alone = on.take(np.array([5]))
    assert partners(alone, step(on, name), rng()).tolist() == [0]


def test_what_is_drawn_of_a_memory_is_one_position_a_row():
    on = benched(RECURRENT)
    found = drawn(on, *placed(RECURRENT, on, "n"), rng())
    assert (found.cells.sum(axis=1) == 1).all()
    assert (found.cells <= on.cells).all()
    assert (found.cells.sum(axis=0)[:4] > 20).all()


def test_what_is_drawn_of_other_steps_is_a_whole_row_or_two_cells_exchanged():
    on = benched(ATTENTION)
    one, values = placed(ATTENTION, on, "rep"), on.values["rep"]
    found = drawn(on, *one, rng())
    own = found.sources == np.arange(len(on))
    assert 0.3 < own.mean() < 0.7
    assert np.array_equal(found.cells[~own], on.cells[~own])
    for row in np.flatnonzero(own):
        cells = np.flatnonzero(found.cells[row])
        assert len(cells) in (0, 2)
        if len(cells):
            one_, other = cells
            assert found.places[row, [one_, other]].tolist() == [other, one_]
            assert values[row, one_] != values[row, other]


def test_one_value_a_row_is_taken_whole():
    on = benched(POOLED)
    found = drawn(on, *placed(POOLED, on, "k"), rng())
    assert found.cells.all()
    assert found.cells.shape == (len(on), 1)


def test_draws_are_taken_and_mixed_row_by_row():
    one = Draw(np.array([1, 2, 0]), np.zeros((3, 2), int), np.ones((3, 2), bool))
    other = Draw(np.array([0, 1, 2]), np.ones((3, 2), int), np.zeros((3, 2), bool))
    mixed = one.where(np.array([False, True, False]), other).take(np.array([0, 1]))
    assert mixed.sources.tolist() == [1, 1]
    assert mixed.places.tolist() == [[0, 0], [1, 1]]
    assert mixed.cells.tolist() == [[True, True], [False, False]]


def rated(hits: list, of: list | None = None, classes: list | None = None):
    found = np.array(hits, bool)
    return rate(found, np.ones(found.shape, bool) if of is None else np.array(of, bool), np.array(classes or hits))


def test_a_rate_is_the_mean_over_rows_whatever_they_count():
    found = rate(
        np.array([[1, 0, 0, 0], [1, 1, 1, 1]], bool), np.array([[1, 1, 0, 0], [1, 1, 1, 1]], bool), np.zeros((2, 4))
    )
    assert (found.mean, found.rows, found.outputs) == (0.75, 2, 6)
    assert found.low < 0.75 < found.high


def test_the_worst_class_counts_only_where_there_is_enough_of_it():
    classes = np.array([[0]] * 20 + [[1]] * COMMON + [[2]] * (COMMON - 1))
    hits = np.array([[True]] * 20 + [[True]] * 7 + [[False]] * (COMMON - 7) + [[False]] * (COMMON - 1))
    found = rate(hits, np.ones(hits.shape, bool), classes)
    assert found.worst == pytest.approx(7 / COMMON)
    assert found.rare == COMMON - 1
    assert found.mean == pytest.approx(27 / len(hits))


def test_where_all_classes_are_rare_the_mean_is_the_worst():
    found = rated([[True], [False], [True], [True]], classes=[[0], [1], [2], [3]])
    assert (found.mean, found.worst, found.rare) == (0.75, 0.75, 4)


def test_a_rate_of_nothing_passes_nothing():
    found = rated([[True, True]], of=[[False, False]])
    assert (found.mean, found.low, found.high, found.rows, found.outputs) == (0.0, 0.0, 1.0, 0, 0)
    assert found.worst == 1.0
    assert not passes(Interchange(found, found, 0.0, 1))


def test_rows_in_which_nothing_counts_do_not_count():
    found = rated([[True], [False], [True]], of=[[True], [False], [True]])
    assert (found.mean, found.rows, found.outputs) == (1.0, 2, 2)


def test_few_rows_are_too_few_to_pass():
    on = benched(FEED).take(np.arange(12))
    found = interchange(on, [placed(FEED, on, "a")], rng())
    assert found.changed.mean == 1.0
    assert not passes(found)
