"""The search for inputs on which program and network part: the shortest is found, and what was tried is counted."""

from collections.abc import Callable

import numpy as np
import pytest

from distill.forms import stated_form
from distill.making import Making
from dsl.domains import Numbers, Tokens
from dsl.rows import Rows
from verify import Agreement
from verify.explore import GIVEN, explore
from verify.ranges import look_wider
from verify.reach import BEYOND, WITHIN, Effort, Reach

AB = Tokens(("a", "b", "<bos>", "<end>"), ("a", "b"), (2, 10), prefix=("<bos>",))
ENDED = Tokens(("a", "b", "<bos>", "<end>"), ("a", "b"), (2, 10), suffix=("<end>",))
Wrong = Callable[[np.ndarray], np.ndarray]  # free steps [row, position] and padding to what is wrong, the same shape


def making(domain: Tokens | Numbers, room: int | None = 40, *, parts: bool = True, explored: bool = False) -> Making:
    form = stated_form(domain)
    assert form is not None
    return Making(domain, form, None, room, parts, explored)


def agree(domain: Tokens | Numbers, wrong: Wrong, margins: Wrong | None = None) -> Callable[[Rows], Agreement]:
    """Compare on each position past the prefix."""

    def compared(rows: Rows) -> Agreement:
        free = rows.values[:, domain.offset :].reshape(len(rows), -1)
        counted = rows.mask[:, domain.offset :]
        near = np.ones(free.shape) if margins is None else margins(free)
        return Agreement(~wrong(free), counted, near)

    return compared


def found(inputs: Making, compare: Callable[[Rows], Agreement], seed: int = 0, **effort) -> Reach:
    told = {"rows": 128, "cost": lambda rows: 1.0, "most": 200.0, **effort}
    return explore(inputs, compare, Effort(**told), np.random.default_rng(seed))


def never(free: np.ndarray) -> np.ndarray:
    return np.zeros(free.shape, bool)


def run_of(symbol: int, length: int) -> Wrong:
    """Say where so many of a symbol have come without another between."""

    def wrong(free: np.ndarray) -> np.ndarray:
        places = np.arange(free.shape[1])
        return places - np.maximum.accumulate(np.where(free == symbol, -1, places), axis=1) >= length

    return wrong


def test_nothing_is_found_where_nothing_differs():
    reach = found(making(AB), agree(AB, never))
    assert reach.within is not None
    assert reach.beyond is not None
    assert (reach.within.first, reach.beyond.first) == (None, None)
    assert (reach.within.lengths, reach.beyond.lengths) == ((3, 11), (12, 40))
    assert reach.within.differing == reach.beyond.differing == 0
    assert {"uniform", "runs", "near-ties", "extremes"} <= set(reach.beyond.inputs)
    assert reach.finished


def test_the_first_length_beyond_is_found():
    reach = found(making(AB), agree(AB, lambda free: np.arange(free.shape[1]) + 0 * free >= 13))
    assert reach.beyond is not None
    assert reach.beyond.first is not None
    assert reach.beyond.first.length == 15
    assert reach.beyond.first.row.values.shape == (1, 15)
    assert reach.beyond.first.answer == 13


def test_a_long_run_is_found_and_shortened():
    reach = found(making(AB, 60), agree(AB, run_of(1, 20)))
    assert reach.beyond is not None
    assert reach.beyond.first is not None
    assert AB.raw(reach.beyond.first.row) == [["<bos>", *"b" * 20]] or reach.beyond.first.length <= 23


def test_a_run_within_the_domain_is_found_though_uniform_inputs_never_have_it():
    reach = found(making(AB), agree(AB, run_of(1, 9)))
    assert reach.within is not None
    assert reach.within.first is not None
    assert AB.raw(reach.within.first.row)[0].count("b") == 9
    assert reach.within.first.length <= 11


def test_margins_lead_to_what_no_strategy_makes():
    secret = np.random.default_rng(1).integers(0, 2, 10)

    def matches(free: np.ndarray) -> np.ndarray:
        width = min(free.shape[1], 10)
        same = (free[:, :width] == secret[:width]).cumsum(axis=1)
        return np.where(np.arange(free.shape[1]) == 9, 10.0 - same[:, -1:], 10.0)

    reach = found(making(AB, 11), agree(AB, lambda free: matches(free) == 0, matches))
    assert reach.within is not None
    assert reach.within.first is not None
    assert reach.within.first.row.values[0, 1:].tolist() == secret.tolist()


def test_inputs_whose_parts_are_none_are_kept_whole():
    inputs = making(ENDED, parts=False)
    reach = found(inputs, agree(ENDED, lambda free: (free == 1).cumsum(axis=1) >= 4))
    assert reach.within is not None
    assert reach.within.first is not None
    assert ENDED.contains(ENDED.raw(reach.within.first.row)[0]) is None
    assert reach.within.first.length == 5


def test_what_was_explored_is_not_tried_again():
    inputs = making(AB, parts=False, explored=True)
    assert inputs.sizes(WITHIN) == ()
    assert min(inputs.sizes(BEYOND)) == 11
    assert found(inputs, agree(AB, never)).within is None


def test_no_room_to_go_beyond():
    inputs = making(AB, 11)
    assert inputs.sizes(BEYOND) == ()
    assert found(inputs, agree(AB, never)).beyond is None


def test_known_partings_are_begun_with():
    inputs, compare = making(AB), agree(AB, run_of(0, 5))
    known = AB.rows([["<bos>", *"abaaaaab"]])
    reach = explore(inputs, compare, Effort(1, lambda _: 1.0, 10.0), np.random.default_rng(0), known)
    assert reach.within is not None
    assert reach.within.inputs[GIVEN] == 1
    assert reach.within.first is not None
    assert AB.raw(reach.within.first.row) == [["<bos>", *"aaaaa"]]


def test_time_and_effort_end_it():
    late = found(making(AB), agree(AB, never), late=lambda: True)
    assert not late.finished
    assert (late.within, late.beyond) == (None, None)
    least = found(making(AB), agree(AB, never), most=1.0)
    assert least.finished
    assert least.beyond is None


def test_a_difference_that_vanishes_alone_is_none():
    def shaky(rows: Rows) -> Agreement:
        counted = rows.mask[:, AB.offset :]
        return Agreement(np.full(counted.shape, len(rows) == 1), counted, np.ones(counted.shape))

    reach = found(making(AB), shaky)
    assert reach.within is not None
    assert reach.within.first is None
    assert reach.within.differing > 0


@pytest.mark.parametrize("seed", [0, 1])
def test_equal_seeds_find_the_same(seed: int):
    first, again = (found(making(AB, 60), agree(AB, run_of(1, 15)), seed) for _ in range(2))
    assert first.beyond is not None
    assert again.beyond is not None
    assert first.beyond.inputs == again.beyond.inputs
    assert first.beyond.first is not None
    assert again.beyond.first is not None
    assert first.beyond.first.row.marks() == again.beyond.first.row.marks()


def test_numbers_are_made_too():
    steps = Numbers(2, (0, 0), (3, 3), (1, 6))
    total = making(steps, None)
    assert total.sizes(BEYOND) == (7, 9, 48)
    rows, names = total.make(9, 90, np.random.default_rng(0))
    assert rows.values.shape == (90, 9, 2)
    assert rows.values.min() == 0
    assert rows.values.max() == 3
    assert len(names) == 90


class TestRanges:
    def test_the_least_excess_that_parts(self):
        digits = Numbers(2, (0, 5), (9, 9), (1, 4))

        def compared(rows: Rows) -> Agreement:
            wrong = (rows.values > 12).any(axis=2) | (rows.values < -1).any(axis=2)
            return Agreement(~wrong, rows.mask, np.ones(wrong.shape))

        wider = look_wider(digits, compared, 100, np.random.default_rng(0))
        assert (wider.excess, wider.inputs) == (2, 200)
        assert wider.first is not None
        assert wider.first[0] == 2
        assert wider.first[1].row.values.min() == -2
        assert wider.first[1].length == 1

    def test_the_range_doubles_at_most(self):
        fields = Numbers(3, (0, 0, 0), (9, 9, 9))
        same = Agreement(np.ones((50, 1), bool), np.ones((50, 1), bool), np.ones((50, 1)))
        seen: list[np.ndarray] = []
        wider = look_wider(fields, lambda rows: seen.append(rows.values) or same, 50, np.random.default_rng(0))
        assert (wider.excess, wider.inputs, wider.outputs, wider.first) == (8, 200, 200, None)
        assert {float(values.max()) for values in seen} == {10, 11, 13, 17}
        assert all(((values < 0) | (values > 9)).sum() == 50 for values in seen)

    def test_reals_have_no_range(self):
        with pytest.raises(ValueError, match="no range to go beyond: 2 real numbers"):
            look_wider(Numbers(2), lambda _: Agreement(*[np.ones((1, 1))] * 3), 1, np.random.default_rng(0))
