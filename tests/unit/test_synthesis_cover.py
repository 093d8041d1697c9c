"""Dependencies as set covers: planted ones are found, nothing is found in noise, and conflicts are what they say."""

from collections.abc import Sequence
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from synthesis.bitset import count, pack
from synthesis.cover import Covers, classes, joint, missed

COLUMNS, CELLS, VALUES = 200, 500, 3
small = st.integers(0, 2)


def columns(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, VALUES, (COLUMNS, CELLS))


def planted(codes: np.ndarray, chosen: Sequence[int]) -> np.ndarray:
    """Give a function of some columns that needs each of them."""
    return classes(codes[list(chosen)].sum(axis=0) % VALUES)


def covers(codes: np.ndarray, target: np.ndarray, costs: np.ndarray | None = None) -> Covers:
    costs = np.ones(len(codes)) if costs is None else costs
    return Covers(codes, costs, target, np.random.default_rng(0))


def is_function(codes: np.ndarray, chosen: Sequence[int], target: np.ndarray) -> bool:
    """Say by brute force whether equal keys have equal answers."""
    answers: dict[tuple, int] = {}
    keys = map(tuple, codes[list(chosen)].T.tolist())
    return all(answers.setdefault(key, answer) == answer for key, answer in zip(keys, target.tolist(), strict=True))


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("width", [1, 2, 3])
def test_a_planted_dependency_is_found_and_no_narrower_one(width: int, seed: int):
    codes = columns(seed)
    chosen = sorted(np.random.default_rng(seed).choice(COLUMNS, width, replace=False).tolist())
    search = covers(codes, planted(codes, chosen))
    assert [list(search.find(w, 10, CELLS)) for w in range(1, width)] == [[]] * (width - 1)
    (found,) = search.find(width, 10, CELLS)
    assert sorted(found.columns) == chosen
    assert found.entries == len(np.unique(codes[chosen], axis=1).T)
    assert found.cost == width


def test_nothing_is_found_in_noise():
    codes, noise = columns(0)[:80], np.random.default_rng(1).integers(0, 2, CELLS)
    search = covers(codes, classes(noise))
    assert [list(search.find(width, 10, CELLS)) for width in (1, 2, 3)] == [[], [], []]


def test_the_cheapest_of_equal_columns_comes_first():
    codes = np.concatenate([columns(0)[:50]] * 2)
    costs = np.concatenate([np.full(50, 3.0), np.full(50, 1.0)])
    found = list(covers(codes, planted(codes, [3, 7]), costs).find(2, 10, CELLS))
    assert sorted(found[0].columns) == [53, 57]
    assert {tuple(sorted(k % 50 for k in c.columns)) for c in found} == {(3, 7)}
    assert len(found) == 4


def test_a_constant_target_depends_on_nothing():
    assert list(covers(columns(0), np.zeros(CELLS, np.int32)).find(1, 10, CELLS)) == []


@settings(max_examples=50)
@given(arrays(np.int64, (6, 12), elements=small), arrays(np.int32, 12, elements=small), st.integers(1, 3))
def test_covers_are_the_sets_that_the_target_is_a_function_of(codes: np.ndarray, target: np.ndarray, width: int):
    target = classes(target)
    found = {tuple(sorted(c.columns)) for c in covers(codes, target).find(width, 100, CELLS)}
    assert all(is_function(codes, chosen, target) for chosen in found)
    whole = {c for c in combinations(range(6), width) if is_function(codes, c, target)}
    smallest = {c for c in whole if not any(is_function(codes, s, target) for s in combinations(c, width - 1))}
    assert found >= smallest or not target.any()


@settings(max_examples=50)
@given(st.data())
def test_missed_is_empty_iff_the_target_is_a_function_of_the_key(data: st.DataObject):
    cells = data.draw(st.integers(1, 30))
    key = data.draw(arrays(np.int64, cells, elements=st.integers(0, 4)))
    target = data.draw(arrays(np.int64, cells, elements=small))
    pairs = missed(key, target, 5)
    assert (len(pairs) == 0) == is_function(key[None], [0], target)
    assert len(pairs) <= 5
    assert (key[pairs[:, 0]] == key[pairs[:, 1]]).all()
    assert (target[pairs[:, 0]] != target[pairs[:, 1]]).all()


@settings(max_examples=50)
@given(st.data())
def test_joint_keys_are_equal_where_all_columns_are(data: st.DataObject):
    codes = data.draw(arrays(np.int32, st.tuples(st.integers(1, 4), st.integers(1, 12)), elements=small))
    key = joint(codes)
    alike = (codes[:, :, None] == codes[:, None, :]).all(axis=0)
    assert ((key[:, None] == key[None, :]) == alike).all()
    assert sorted(set(key.tolist())) == list(range(len(np.unique(codes, axis=1).T)))


def test_reals_that_agree_to_six_digits_are_one_class():
    assert classes(np.array([0.1 + 0.2, 0.3, -0.0, 0.0, 0.30001])).tolist() == [1, 1, 0, 0, 2]


@settings(max_examples=50)
@given(arrays(bool, st.tuples(st.integers(1, 4), st.integers(1, 130))))
def test_packed_sets_keep_their_members(members: np.ndarray):
    packed = pack(members)
    assert count(packed).tolist() == members.sum(axis=1).tolist()
    assert count(packed & packed[0]).tolist() == (members & members[0]).sum(axis=1).tolist()
