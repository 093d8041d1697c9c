"""Reach: the shortest input beyond the domain on which program and network part."""

import numpy as np

from dsl.rows import Rows
from verify import Agreement, probe

LENGTHS = np.array([7, 5, 9, 6, 8])


def rows(lengths: np.ndarray | None = LENGTHS) -> Rows:
    values = np.arange(5)[:, None] + np.zeros((5, 9), int)
    return Rows(values, lengths)


def apart(*places: tuple[int, int]):
    """Give a comparison in which some (row, position) differ."""

    def agree(of: Rows) -> Agreement:
        same = np.ones((len(of), 9), bool)
        for place in places:
            same[place] = False
        return Agreement(same, of.mask, np.ones(same.shape))

    return agree


def test_no_difference():
    found = probe(rows(), apart())
    assert (found.tried, found.inputs, found.parted, found.why) == ((5, 9), 5, None, "")


def test_the_shortest_difference_is_given():
    parted = probe(rows(), apart((2, 0), (4, 7), (0, 3))).parted
    assert parted is not None
    assert parted.values[:, 0].tolist() == [0]
    assert parted.lengths is not None
    assert parted.lengths.tolist() == [7]


def test_what_does_not_count_is_no_difference():
    assert probe(rows(), apart((1, 8), (3, 6))).parted is None


def test_inputs_without_lengths_have_no_beyond():
    found = probe(rows(None), apart())
    assert (found.tried, found.inputs) == (None, 0)
    assert found.why
