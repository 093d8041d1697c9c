"""What activations say of columns of values while a search is under way: which of them the network computes.

A site's activations and the columns are freed of what is plain at a position anyway (its inputs and its place); of what
is left of a column, the share that is linear in what is left of the activations counts, above what chance would give.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from distill.question import Question
from distill.trace import trace
from dsl.evaluate import Cases
from dsl.rows import Rows
from dsl.types import Kind
from synthesis.attempt import Score
from verify.subject import Site

SITES = 16  # listened to, spread evenly over the network
WIDEST = 512  # units of a site
SHARE = 0.25  # directions kept of a site, the strongest, for each cell: with as many as cells all would be encoded
FLAT = 1e-3  # of the strongest direction: what is weaker is noise
PLAIN = 0.05  # share of a column that is not plain at a position, or it is no news
MANY = 48  # values that symbols, inputs and places are told apart by


@dataclass(frozen=True, slots=True, eq=False)
class Ear:
    """Gives, for any rows of a problem, how well the network encodes columns of values on them."""

    question: Question
    rows: Rows
    cases: Cases

    def __call__(self, index: np.ndarray) -> Score | None:
        """Listen on the rows at `index`; None where the network exposes no suitable site."""
        fitting = [s for s in self.question.subject.sites if s.kind != "attention" and _suits(s)]
        if not fitting:
            return None
        sites = [fitting[k] for k in np.unique(np.linspace(0, len(fitting) - 1, SITES).astype(int))]
        seen = trace(self.question.subject, self.question.readout, self.rows.take(index), sites)
        mask = self.cases.mask[index]
        activations = [cells(a, mask, self.question.domain.offset) for a in seen.activations.values()]
        inputs = [np.broadcast_to(column[index], mask.shape)[mask] for column in self.cases.inputs.values()]
        return score([*inputs, np.nonzero(mask)[1]], activations)


def score(plain: Iterable[np.ndarray], activations: Iterable[np.ndarray]) -> Score:
    """Give the score of columns [column, cell]: 0 to 1 each, of the site that encodes it best.

    plain: [cell] each, what every position knows; activations: [cell, unit] each.
    """
    base = _basis(np.concatenate([_told(values) for values in plain], axis=1))
    bases = [_basis(a - base @ (base.T @ a)) for a in map(_centred, activations)]
    free = len(base) - base.shape[1] - 1

    def shares(values: np.ndarray, kind: Kind) -> np.ndarray:
        flat, owner = _numbers(values, kind)
        left = flat - base @ (base.T @ flat)
        whole, news = (np.bincount(owner, (x**2).sum(axis=0), len(values)) for x in (flat, left))
        best = np.zeros(len(values))
        for q in bases:
            told = np.bincount(owner, ((q.T @ left) ** 2).sum(axis=0), len(values)) / np.maximum(news, 1e-12)
            chance = q.shape[1] / free
            best = np.maximum(best, (told - chance) / (1 - chance))
        return np.where(news > PLAIN * np.maximum(whole, 1e-12), best, 0.0)

    return shares


def _suits(site: Site) -> bool:
    return site.positions is not None and 2 <= math.prod(n for n in site.shape if n != "position") <= WIDEST


def cells(activations: np.ndarray, mask: np.ndarray, offset: int) -> np.ndarray:
    """Give activations [row, ..., position, ...] at the real cells of `mask`: [cell, unit]."""
    axis = next(k for k, n in enumerate(activations.shape) if k and n >= offset + mask.shape[1])
    wide = np.moveaxis(activations, axis, 1)[:, offset : offset + mask.shape[1]]
    return wide.reshape(*wide.shape[:2], -1)[:, : mask.shape[1]][mask].astype(np.float64)


def _centred(array: np.ndarray) -> np.ndarray:
    return array - array.mean(axis=0)


def _basis(array: np.ndarray) -> np.ndarray:
    """Give the strongest directions of [cell, unit], orthonormal: [cell, direction]."""
    u, strength, _ = np.linalg.svd(_centred(array), full_matrices=False)
    kept = strength > FLAT * max(float(strength[0]), 1e-9) if len(strength) else np.zeros(0, bool)
    return u[:, kept][:, : int(SHARE * len(array))]


def _told(values: np.ndarray) -> np.ndarray:
    """Give what is plain of one column: which of its values stands there, or where they are many, its powers."""
    distinct = np.unique(values)
    if len(distinct) <= MANY:
        return (values[:, None] == distinct).astype(np.float64)
    scaled = values / max(float(np.abs(values).max()), 1e-9)
    return np.stack([scaled, scaled**2, scaled**3], axis=1)


def _numbers(values: np.ndarray, kind: Kind) -> tuple[np.ndarray, np.ndarray]:
    """Give columns as centred numbers [cell, number], symbols one-hot, and which column each number belongs to."""
    if kind is not Kind.SYMBOL:
        return _centred(values.T.astype(np.float64)), np.arange(len(values))
    parts = [(v[:, None] == np.unique(v)[:MANY]).astype(np.float64) for v in values]
    owner = np.repeat(np.arange(len(values)), [p.shape[1] for p in parts])
    return _centred(np.concatenate(parts, axis=1)), owner
