"""Which columns of a bank are worth a bank of their own: those that are likely to be steps of the answer."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dsl.terms import Input
from dsl.types import Kind
from synthesis.attempt import Score
from synthesis.bank import Bank, Column

LIKELY = 0.8  # score of a column that is searched with
SAME = 0.95  # share of a column that those taken before it tell, or it tells something new
MOST = 6  # columns taken
VALUES = 16  # of a column are told apart


def scores(bank: Bank, columns: Sequence[Column], score: Score) -> np.ndarray:
    """Give the score of each column."""
    found = np.zeros(len(columns))
    for kind in Kind:
        places = [k for k, c in enumerate(columns) if c.type.kind is kind]
        if places:
            values = [bank.layout.spread(columns[k].values, columns[k].type.axis) for k in places]
            found[places] = score(np.stack(values), kind)
    return found


class Focus:
    """The likely columns of a bank that is grown of them alone."""

    def __init__(self, bank: Bank, score: Score) -> None:
        self.bank, self.score = bank, score
        self.taken: list[Column] = []
        self.base = np.zeros((int(bank.layout.mask.sum()), 0))  # what those taken tell, orthonormal
        self.seen = 0  # columns looked at

    def narrow(self, size: int) -> None:
        """Let no columns of `size` grow but likely ones that are no functions of smaller ones."""
        columns = self.bank.columns[self.seen :]
        self.seen = len(self.bank.columns)
        kept = self.pick(columns)
        self.taken += kept
        self.bank.narrow(size, kept)

    def spanned(self, columns: Sequence[Column]) -> np.ndarray:
        for column in columns:
            self.base = _joined(self.base, _marks(self.bank, column))
        return self.base

    def pick(self, columns: Sequence[Column]) -> list[Column]:
        """Give inputs and likely columns that are no functions of others."""
        kept = [c for c in columns if isinstance(c.term, Input)]
        self.spanned(kept)
        found = scores(self.bank, columns, self.score)
        for k in sorted(np.flatnonzero(found >= LIKELY), key=lambda k: (-round(float(found[k]), 1), k)):
            numbers = _marks(self.bank, columns[k])
            left = numbers - self.base @ (self.base.T @ numbers)
            if (left**2).sum() > (1 - SAME) * (numbers**2).sum():
                kept.append(columns[k])
                self.base = _joined(self.base, numbers)
            if len(kept) == MOST:
                break
        return kept


def _marks(bank: Bank, column: Column) -> np.ndarray:
    """Give which of its values a column has: centred [cell, value]; of one with many, itself."""
    values = bank.layout.spread(column.values, column.type.axis)
    distinct = np.unique(values)
    marks = values[:, None] == distinct if len(distinct) <= VALUES else values[:, None]
    return marks - marks.mean(axis=0)


def _joined(base: np.ndarray, more: np.ndarray) -> np.ndarray:
    """Give an orthonormal basis of what two matrices span together, where the first is orthonormal."""
    left = more - base @ (base.T @ more)
    u, strength, _ = np.linalg.svd(left, full_matrices=False)
    return np.concatenate([base, u[:, strength > 1e-6 * max(float(strength.max(initial=0.0)), 1e-9)]], axis=1)
