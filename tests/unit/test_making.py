"""Inputs like samples: their form is read off, walks follow the program's answers, and what is made is legitimate."""

from collections.abc import Callable

import numpy as np

from distill.forms import DISTINCT, Form, Property, seen_form, stated_form
from distill.making import Making
from distill.walks import bounds, read_walk
from dsl.domains import Numbers, Tokens
from dsl.rows import Rows
from verify.reach import BEYOND, WITHIN

BOS, SEP, EOS = 4, 5, 6  # after the symbols 0 to 3
SPACE = Tokens((*range(4), "<bos>", "<sep>", "<eos>", "<pad>"), (*range(4), "<bos>", "<sep>", "<eos>"), (1, None))
COLUMNS = np.arange(8)


def rows(lines: list[list[int]], scored: Callable[[list[int]], list[bool]]) -> Rows:
    lengths = np.array([*map(len, lines)])
    values, marks = np.full((len(lines), max(lengths)), 7), np.zeros((len(lines), max(lengths)), bool)
    for k, line in enumerate(lines):
        values[k, : len(line)], marks[k, : len(line)] = line, scored(line)
    return Rows(values, lengths, marks)


def after(marker: int) -> Callable[[list[int]], list[bool]]:
    """Score from a marker on, but what comes last."""
    return lambda line: [marker in line[: k + 1] and k + 1 < len(line) for k in range(len(line))]


def copied(lines: list[list[int]]) -> Rows:
    return rows([[BOS, *line, SEP, *line, EOS] for line in lines], after(SEP))


def permutations(count: int, seed: int = 0) -> list[list[int]]:
    rng = np.random.default_rng(seed)
    return [rng.permutation(4)[: rng.integers(1, 4)].tolist() for _ in range(count)]


def copying(batch: Rows) -> np.ndarray:
    """Give the next symbol of a copy: that after the last one where it stood before, <eos> after the last of all."""
    answers = np.full(batch.values.shape, -1)
    for k, line in enumerate(batch.values.tolist()):
        if SEP in line:
            end = line.index(SEP)
            answers[k, end:] = [*line[1:end], EOS, *[-1] * len(line)][: len(line) - end]
    return answers


def at_end(answers: Callable[[Rows], np.ndarray]) -> Callable[[Rows], np.ndarray]:
    def ended(batch: Rows) -> np.ndarray:
        assert batch.lengths is not None
        return answers(batch)[np.arange(len(batch)), batch.lengths - 1]

    return ended


def alternating(batch: Rows) -> np.ndarray:
    """Allow 0 or 1 after anything but itself, and the end after 1."""
    sets = {0: 1 << 1, 1: 1 << 0 | 1 << EOS, BOS: 1 << 0}
    return np.vectorize(lambda token: sets.get(token, 0))(batch.values)


def walked(samples: Rows, answers: Callable[[Rows], np.ndarray], *, sets: bool) -> Making | None:
    walk = read_walk(samples, answers(samples), at_end(answers), COLUMNS, sets=sets)
    if walk is None:
        return None
    return Making(SPACE, seen_form(samples, bounds(samples)[0] + 1), walk, 20, True, False)


class TestForm:
    def test_what_samples_have_in_common(self):
        form = seen_form(
            rows([[BOS, 0, 1, SEP], [BOS, 1, 1, 1, 0, SEP], [BOS, 2, 1, SEP]], after(SEP)), np.array([4, 6, 4])
        )
        assert (form.start.tolist(), form.end.tolist()) == ([[BOS]], [[SEP]])
        assert (form.counts, form.step, form.letters[0].tolist()) == ((2, 4), 2, [0, 1, 2])
        assert (form.properties, form.around) == ((), 2)

    def test_symbols_that_never_come_twice(self):
        samples = copied(permutations(60))
        form = seen_form(samples, bounds(samples)[0] + 1)
        assert form.properties == (Property(DISTINCT),)
        free = form.draw("runs", 4, 10, np.random.default_rng(0))
        assert all(form.holds(line) for line in free)

    def test_a_most_frequent_symbol(self):
        rng = np.random.default_rng(0)
        lines = [[0] * int(n) + [1] * int(m) for n, m in rng.integers(1, 8, (80, 2)) if n != m]
        samples = rows([[BOS, *line, SEP] for line in lines], after(SEP))
        form = seen_form(samples, samples.lengths)
        assert [*map(str, form.properties)] == ["one symbol is the most frequent"]
        assert not form.holds(np.array([[0], [1]]))

    def test_steps_that_are_apart_may_have_a_property(self):
        rng, leads = np.random.default_rng(0), Property("one symbol is the most frequent", 3)
        lines = [rng.integers(0, 2, 3 * int(n)) for n in rng.integers(1, 9, 300)]
        lines = [[BOS, *line.tolist(), SEP] for line in lines if leads.holds(line)]
        samples = rows(lines, after(SEP))
        form = seen_form(samples, samples.lengths)
        assert (form.step, form.properties) == (3, (leads,))
        assert str(leads) == "of steps 3 apart one symbol is the most frequent"
        assert form.holds(np.array([[0], [1], [1], [0], [0], [1], [0], [0], [1]]))
        assert not form.holds(np.array([[0], [1], [1], [1], [1], [1]]))

    def test_few_samples_show_no_property(self):
        samples = copied([[0, 1], [2]])
        assert seen_form(samples, bounds(samples)[0] + 1).properties == ()

    def test_stated_forms(self):
        tokens = stated_form(Tokens(("a", "b", "c"), ("a", "b"), (1, 4), ("c",), ("c",)))
        assert tokens is not None
        assert (tokens.around, tokens.letters[0].tolist()) == (2, [0, 1])
        numbers = stated_form(Numbers(2, (0, -3), (1, 10_000), (1, 5)))
        assert numbers is not None
        assert numbers.letters[0].tolist() == [0, 1]
        assert (numbers.letters[1].min(), numbers.letters[1].max(), len(numbers.letters[1])) == (-3, 10_000, 512)
        assert stated_form(SPACE) is None
        assert stated_form(Numbers(1)) is None

    def test_parts_of_different_lengths_are_put_together(self):
        form = Form(np.array([[9]]), np.array([[8]]), (np.arange(3),), (1, 3))
        values, lengths = form.assemble([np.array([[1]]), np.array([[2], [2], [0]])], fill=7)
        assert values[..., 0].tolist() == [[9, 1, 8, 7, 7], [9, 2, 2, 0, 8]]
        assert lengths.tolist() == [3, 5]


class TestWalk:
    def test_answers_are_fed_back(self):
        making = walked(copied(permutations(60)), copying, sets=False)
        assert making is not None
        assert making.walk is not None
        assert (making.walk.letters.tolist(), making.walk.steps, making.most) == ([0, 1, 2, 3, SEP], None, 8)
        made, names = making.make(4, 40, np.random.default_rng(0))
        for line, length, scored in zip(made.values.tolist(), made.lengths, made.scored, strict=True):
            head = line[1:5]
            assert line[:length] == [BOS, *head, SEP, *head]
            assert sorted(head) == [0, 1, 2, 3]
            assert np.flatnonzero(scored).tolist() == [5, 6, 7, 8, 9]
        assert len(names) == len(made) <= 40
        assert making.beyond(made).all()

    def test_sizes_grow_as_far_as_the_network_takes_them(self):
        making = walked(copied(permutations(60)), copying, sets=False)
        assert making is not None
        assert making.sizes(WITHIN) == (1, 2, 3)
        assert making.sizes(BEYOND) == (4,)  # there are no more symbols

    def test_symbols_that_are_allowed_are_drawn(self):
        lines = [[BOS, *[0, 1] * n, EOS] for n in range(1, 6)] * 10
        making = walked(rows(lines, lambda line: [*[True] * (len(line) - 1), False]), alternating, sets=True)
        assert making is not None
        assert making.grows
        assert making.walk is not None
        assert making.walk.letters.tolist() == [0, 1]
        made, _ = making.make(9, 30, np.random.default_rng(0))
        assert (made.values == [BOS, *[0, 1] * 4, 0]).all()
        assert made.scored is not None
        assert made.scored.all()
        assert making.sizes(BEYOND)[-1] == 19

    def test_what_is_never_read_ends_a_walk(self):
        lines = [[BOS, *[0, 1] * n] for n in range(1, 6)] * 10
        making = walked(rows(lines, lambda line: [True] * len(line)), alternating, sets=True)
        assert making is not None
        made, _ = making.make(6, 50, np.random.default_rng(0))
        assert EOS not in made.values
        assert made.values.shape[1] == 7

    def test_samples_that_do_not_follow_are_told(self):
        assert walked(copied(permutations(60)), lambda batch: np.zeros(batch.values.shape, int), sets=False) is None
        gaps = rows([[BOS, 0, 1, 0], [BOS, 1, 0, 1]], lambda line: [True, False, True, False])
        assert walked(gaps, alternating, sets=True) is None

    def test_nothing_need_follow(self):
        samples = rows(
            [[BOS, 0, SEP], [BOS, 1, 0, SEP], [BOS, 1, 1, 2, SEP]], lambda line: [*[False] * (len(line) - 1), True]
        )
        making = walked(samples, copying, sets=False)
        assert making is not None
        made, _ = making.make(5, 18, np.random.default_rng(0))
        assert made.lengths is not None
        assert set(made.lengths.tolist()) == {7}


class TestChanges:
    def test_changed_and_cut_inputs_are_inputs_still(self):
        making = walked(copied(permutations(60)), copying, sets=False)
        assert making is not None
        rng = np.random.default_rng(0)
        made, _ = making.make(3, 40, rng)
        changed = making.vary(made, np.full(len(made), 5), rng)
        assert len(changed) == len(made)
        assert not np.array_equal(changed.values, made.values)
        shorter = making.shorter(made.take(slice(0, 1)), rng)
        for batch in (changed, shorter):
            for line, length in zip(batch.values.tolist(), batch.lengths, strict=True):
                head = line[1 : line.index(SEP)]
                assert line[:length] == [BOS, *head, SEP, *head]
                assert len(set(head)) == len(head)
        assert shorter.lengths is not None
        assert made.lengths is not None
        assert shorter.lengths.max() < made.lengths[0]
        part = making.cut(made.take(slice(0, 1)), 5)
        assert part.lengths is not None
        assert part.lengths.tolist() == [6]
        assert making.extents(made)[0, 5] == 6
        assert making.size(made.take(slice(0, 1))) == 3
