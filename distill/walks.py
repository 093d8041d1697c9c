"""Sequences continued by a program's own answers: strings of a language of any length, answers fed back as inputs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from dsl.rows import Rows

ASKED = 64  # samples whose answers are looked at
LAWFUL = 0.98  # the share of symbols in samples that must follow from the answers before them


@dataclass(frozen=True, slots=True, eq=False)
class Walk:
    """How a sequence goes on: each symbol is one that the answer before it allows.

    answers: gives the program's answer at the end of each row, codes [row]. sets: whether an answer is a set of symbols
    (bit k stands for column k) or one (column k). tokens: the id of each column's symbol, -1 where no input has it.
    letters: the ids that walks are made of, in order; what else is answered ends them.
    steps: how many symbols follow what is given at most, None where an end decides. most: the positions of the longest
    sample that count.
    """

    answers: Callable[[Rows], np.ndarray]
    sets: bool
    tokens: np.ndarray
    letters: np.ndarray
    steps: int | None
    most: int

    def allowed(self, codes: np.ndarray) -> np.ndarray:
        """Say which columns an answer allows to go on with: codes [row] -> bool [row, column]."""
        columns = np.arange(len(self.tokens))
        if self.sets:
            found = (codes[:, None] >> columns & 1).astype(bool) & (codes[:, None] >= 0)
        else:
            found = codes[:, None] == columns
        return found & np.isin(self.tokens, self.letters)

    def follow(self, given: Rows, plans: Sequence[np.ndarray], room: int, fill: int, rng: np.random.Generator) -> Rows:
        """Continue each row: by its plan's next symbol where that is allowed, else by any that is.

        plans: ids, one array a row; a walk of sets is at most as long as its plan. room: the most positions. The
        answers to what was given and to all that follows it are scored.
        """
        assert given.lengths is not None
        most = np.full(len(given), room if self.steps is None else self.steps)
        steps = np.minimum(np.array([*map(len, plans)]) if self.sets else most, room - given.lengths)
        width = int((given.lengths + steps).max(initial=0))
        values = np.full((len(given), width), fill, np.int64)
        values[:, : given.values.shape[1]] = given.values[:, :width]
        planned = np.full((len(given), int(steps.max(initial=0))), -1)
        for line, plan in zip(planned, plans, strict=True):
            line[: len(plan)] = plan[: len(line)]
        lengths, rows, step = given.lengths.copy(), np.flatnonzero(steps > 0), 0
        while len(rows):
            here = Rows(values[rows, : lengths[rows].max()], lengths[rows])
            chosen = self._chosen(self.answers(here), planned[rows, step], rng)
            rows, chosen = rows[chosen >= 0], chosen[chosen >= 0]
            values[rows, lengths[rows]] = chosen
            lengths[rows] += 1
            step += 1
            rows = rows[step < steps[rows]]
        values = values[:, : lengths.max(initial=0)]
        places = np.arange(values.shape[1])
        return Rows(values, lengths, (places >= given.lengths[:, None] - 1) & (places < lengths[:, None]))

    def _chosen(self, codes: np.ndarray, planned: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Give the id to go on with after each answer, -1 where none is allowed."""
        allowed = self.allowed(codes)
        best = allowed * (rng.random(allowed.shape) + (self.tokens == planned[:, None]))
        return np.where(allowed.any(axis=1), self.tokens[best.argmax(axis=1)], -1)


def read_walk(
    samples: Rows, network: np.ndarray, program: Callable[[Rows], np.ndarray], tokens: np.ndarray, *, sets: bool
) -> Walk | None:
    """Find out whether what follows a scored answer in samples, if anything does, is what it allows; None where not.

    network: codes [row, position] of its answers to the first samples; program: as `Walk.answers`.
    tokens: the id of each column's symbol, -1 for none.
    """
    assert samples.lengths is not None
    assert samples.scored is not None
    first, last = bounds(samples)
    if (samples.scored.sum(axis=1) != last - first + 1).any():
        return None  # what is scored is not one stretch
    places = np.arange(samples.values.shape[1])
    ended = samples.values[np.arange(len(samples)), samples.lengths - 1]
    ends = np.setdiff1d(ended, samples.values[places < samples.lengths[:, None] - 1])
    follows = samples.scored & (places + 1 < samples.lengths[:, None])
    if not _lawful(tokens, samples.values, follows[: len(network)], network, sets=sets):
        return None
    read = follows & (places < last[:, None]) if sets else places + 1 < samples.lengths[:, None]
    letters = np.setdiff1d(samples.values[:, 1:][read[:, :-1]], ends)
    by_end = follows.any() and (sets or bool(np.isin(ended, ends).all()))
    return Walk(program, sets, tokens, letters, None if by_end else int((last - first).max()), int(last.max()) + 1)


def bounds(rows: Rows) -> tuple[np.ndarray, np.ndarray]:
    """Give the first and the last scored position of each row."""
    assert rows.scored is not None
    return rows.scored.argmax(axis=1), rows.scored.shape[1] - 1 - rows.scored[:, ::-1].argmax(axis=1)


def _lawful(tokens: np.ndarray, values: np.ndarray, follows: np.ndarray, codes: np.ndarray, *, sets: bool) -> bool:
    """Say whether nearly every symbol that follows an answer is allowed by it. codes: of the answers."""
    rows, places = np.nonzero(follows)
    columns = np.full(max(values.max(), tokens.max()) + 1, -1)
    columns[tokens[tokens >= 0]] = np.flatnonzero(tokens >= 0)
    following, told = columns[values[rows, places + 1]], codes[rows, places]
    said = (told >> following.clip(0) & 1).astype(bool) & (told >= 0) if sets else told == following
    return not len(rows) or float((said & (following >= 0)).mean()) >= LAWFUL
