"""Whether a network looks ahead, found by changing what comes later and watching the answers before it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dsl.rows import Rows

if TYPE_CHECKING:
    from distill.question import Question

SEED = 0


def is_causal(question: Question) -> bool:
    """Say whether, on rows of the domain, no answer changed when later positions did or were cut off.

    What was tried is all that is known: it decides where programs are looked for, never whether one is accepted.
    """
    if not question.domain.sequence or question.readout.at != "each":
        return False
    rows = question.domain.sample(question.subject.batch_rows, np.random.default_rng(SEED))
    assert rows.lengths is not None
    half, least = rows.lengths // 2, int(rows.lengths.min())
    before = question.answers(rows)
    for kept, change in ((half, _changed), (np.maximum(half, least), _cut)):
        early = np.arange(rows.values.shape[1]) < kept[:, None]
        after = question.answers(change(rows, kept, early, question.domain.fill))
        counted = question.counted(rows, before) & early
        if (before.values != after.values)[counted].any():
            return False
    return True


def _cut(rows: Rows, kept: np.ndarray, early: np.ndarray, fill: float) -> Rows:
    """Give the rows up to `kept` positions each."""
    scored = None if rows.scored is None else rows.scored & early
    return Rows(np.where(_as_wide(early, rows), rows.values, fill).astype(rows.values.dtype), kept, scored)


def _changed(rows: Rows, _kept: np.ndarray, early: np.ndarray, _fill: float) -> Rows:
    """Give the rows with what comes later taken from another row, position by position."""
    assert rows.lengths is not None
    order = np.argsort(rows.lengths, kind="stable")
    other = np.empty(len(rows), dtype=int)
    other[order] = np.append(order[1:], order[-1])
    return Rows(np.where(_as_wide(early, rows), rows.values, rows.values[other]), rows.lengths, rows.scored)


def _as_wide(early: np.ndarray, rows: Rows) -> np.ndarray:
    """Give a mask of positions the axes of the rows' values."""
    return early.reshape(early.shape + (1,) * (rows.values.ndim - 2))
