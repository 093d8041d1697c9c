"""Causal scrubbing: what may stand for what, what that leaves of answers and of the loss, and the runs it takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pytest

from distill.network import random_twin
from dsl.rows import Rows
from tests.planted.planted import Planted
from tests.unit.test_placement import ATTENTION, FEED, ONE_OF_EACH, POOLED, RECURRENT, all_placed, benched, placed, site
from verify.bench import by_cell
from verify.scrub import (
    agreement,
    draw,
    in_order,
    live,
    live_classes,
    loss_recovered,
    randomised,
    scrub,
    value_classes,
)
from verify.subject import Patch, Run, Site, Subject


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


@dataclass
class Counting:
    """A subject that counts what it runs: rows, sites recorded, sites patched."""

    subject: Subject
    runs: list[tuple[int, int, int]]

    @property
    def sites(self) -> tuple[Site, ...]:
        return self.subject.sites

    def run(self, rows: Rows, *, record: Sequence[Site] = (), patch: Mapping[Site, Patch] | None = None) -> Run:
        self.runs.append((len(rows), len(record), len(patch or {})))
        return self.subject.run(rows, record=record, patch=patch)


@pytest.mark.parametrize("p", ONE_OF_EACH, ids=lambda p: p.name)
def test_what_a_true_explanation_says_does_not_matter_does_not(p: Planted):
    on = benched(p)
    found = scrub(on, all_placed(p, on), rng())
    assert found.agreement.mean == found.agreement.worst == found.worst_input == 1.0
    assert found.agreement.rows == len(on)
    assert found.alone < 0.2


@pytest.mark.parametrize("p", ONE_OF_EACH, ids=lambda p: p.name)
def test_what_it_says_does_matter_does(p: Planted):
    on = benched(p)
    for name in p.alignment:
        one = placed(p, on, name)
        blind = replace(on, values={**on.values, name: np.zeros_like(on.values[name])})
        classes = value_classes(blind, *one)
        outputs = on.intervened(
            {one[1].site: draw(one[1].site, on.activations[one[1].site], classes, rng(), one[1].basis)}
        )
        assert agreement(on, outputs).mean < 0.95, name


@pytest.mark.parametrize("p", ONE_OF_EACH, ids=lambda p: p.name)
def test_scrubbing_takes_a_run_a_place_and_one(p: Planted):
    on = benched(p)
    counting = Counting(on.subject, [])
    steps = all_placed(p, on)
    places = len(in_order(on, steps))
    found = scrub(replace(on, subject=counting), steps, rng())
    assert len(counting.runs) == found.passes == places + 1
    assert counting.runs == [*((len(on), 1, k) for k in range(places)), (len(on), 0, places)]


def test_equal_seeds_scrub_equally_and_others_otherwise():
    on = benched(RECURRENT)
    first, again, other = (scrub(on, all_placed(RECURRENT, on), rng(seed)).outputs for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_places_are_scrubbed_in_the_order_of_computation():
    on = benched(FEED)
    steps = all_placed(FEED, on)
    assert [str(s) for s in in_order(on, steps)] == [str(s) for s in in_order(on, steps[::-1])] == ["left", "right"]


def test_few_rows_have_cells_that_only_they_themselves_could_stand_for():
    whole = benched(ATTENTION)
    few = whole.take(np.linspace(0, len(whole) - 1, 3).astype(int))
    found = scrub(few, all_placed(ATTENTION, few), rng())
    assert found.alone > 0.5
    assert found.cells == 3 * few.cells.sum()  # a cell a place
    assert scrub(whole, all_placed(ATTENTION, whole), rng()).alone < 0.05


@pytest.mark.parametrize("shape", [(40, 1), (30, 4)])
def test_each_cell_takes_from_another_of_its_class_and_from_itself_only_alone(shape: tuple[int, int]):
    place = Site("body", shape=("position", 3) if shape[1] > 1 else (3,))
    classes = rng().integers(-1, 12, shape)
    held = np.arange(shape[0] * shape[1] * 3, dtype=np.float32).reshape(*shape, 3)
    found = by_cell(place, draw(place, held, classes, rng(1)).values)
    assert np.isnan(found[classes < 0]).all()
    donors = found[..., 0][classes >= 0] // 3
    cells = np.flatnonzero(classes.ravel() >= 0)
    of, sizes = classes.ravel(), np.bincount(classes[classes >= 0])
    assert sorted(donors) == sorted(cells)  # each once
    assert (of[donors.astype(int)] == of[cells]).all()
    assert np.array_equal(donors == cells, sizes[of[cells]] == 1)
    assert np.array_equal(found[classes >= 0], held.reshape(-1, 3)[donors.astype(int)])


def test_draws_within_a_class_are_random():
    place, held = Site("body", shape=(1,)), np.arange(6.0).reshape(6, 1, 1)
    seen = {draw(place, held, np.zeros((6, 1), int), rng(seed)).values.tobytes() for seed in range(30)}
    assert len(seen) > 20


def test_cells_of_a_class_agree_in_position_and_value_and_memories_in_value_alone():
    on = benched(ATTENTION)
    one = placed(ATTENTION, on, "n")
    found = value_classes(on, *one)
    index = np.broadcast_to(np.arange(found.shape[1]), found.shape)
    assert ((found >= 0) == on.cells).all()
    pairs = {
        (int(c), int(p), int(v))
        for c, p, v in zip(found[on.cells], index[on.cells], on.values["n"][on.cells], strict=True)
    }
    assert len(pairs) == len({c for c, _, _ in pairs}) == len({(p, v) for _, p, v in pairs})
    memory = benched(RECURRENT)
    classes = value_classes(memory, *placed(RECURRENT, memory, "n"))
    assert len(np.unique(classes[memory.cells])) == len(np.unique(memory.values["n"][memory.cells]))


@pytest.mark.parametrize(
    ("p", "at", "names"),
    [
        (FEED, "left", ["a", "c", "x2", "x3"]),  # what c is computed from, at a place of later
        (FEED, "right", ["a", "c"]),
        (RECURRENT, "counter", ["f", "n", "token"]),
        (RECURRENT, "watcher", ["f", "n"]),
        (ATTENTION, "count", ["n", "p", "rep", "token"]),  # the answer reads the token too
        (POOLED, "total", ["big", "k", "m", "x"]),
        (POOLED, "top", ["big", "k", "m"]),
    ],
)
def test_what_may_be_needed_at_a_place(p: Planted, at: str, names: list[str]):
    on = benched(p)
    steps = all_placed(p, on)
    assert sorted(live(on, steps, site(on, at), in_order(on, steps))) == names


def test_classes_of_a_place_tell_apart_all_that_may_be_needed():
    on = benched(POOLED)
    steps = all_placed(POOLED, on)
    order = in_order(on, steps)
    classes = live_classes(on, steps, order[0], order)
    for name in live(on, steps, order[0], order):
        values = np.broadcast_to(on.values[name], classes.shape)
        for c in np.unique(classes[classes >= 0]):
            assert len(np.unique(values[classes == c])) == 1


@pytest.mark.parametrize("p", ONE_OF_EACH, ids=lambda p: p.name)
def test_scrubbing_by_what_is_true_keeps_the_loss_and_randomising_does_not(p: Planted):
    on = benched(p)
    steps = all_placed(p, on)
    random = randomised(on, steps, rng())
    assert agreement(on, random).mean < 0.9
    kept = loss_recovered(on, scrub(on, steps, rng()).outputs, random, rng())
    assert kept is not None
    share, low, high = kept
    assert 0.98 < low <= share <= high < 1.02


def test_all_and_nothing_of_the_loss():
    on = benched(RECURRENT)
    random = randomised(on, all_placed(RECURRENT, on), rng())
    assert loss_recovered(on, on.outputs, random, rng()) == (1.0, 1.0, 1.0)
    assert loss_recovered(on, random, random, rng()) == (0.0, 0.0, 0.0)
    assert loss_recovered(on, random, on.outputs, rng()) is None
    half = on.outputs.copy()
    half[::2] = random[::2]
    found = loss_recovered(on, half, random, rng())
    assert found is not None
    assert found[1] < found[0] < found[2]
    assert 0.3 < found[0] < 0.7


def test_another_network_of_the_same_shape_does_not_answer_alike():
    on = benched(FEED)
    twin = random_twin(FEED.question.subject, 0)
    assert agreement(on, twin.run(on.rows).outputs).mean < 0.9
    assert agreement(on, on.outputs).mean == 1.0
