"""What activations say of a program's steps: of programs about equally short, the one they encode is preferred."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from distill.evidence import Evidence
from distill.question import Question
from distill.trace import trace
from dsl import show
from dsl.check import check, free_state
from dsl.evaluate import Cases, evaluate
from dsl.terms import Call, Expr, subterms
from dsl.types import Axis, Kind
from synthesis.attempt import Candidate
from synthesis.depend import CLOSE
from verify.encoding import encoded
from verify.subject import Site

ROWS = 256  # rows traced
SITES = 24  # sites listened to, spread evenly over the network
WIDEST = 512  # units a site
WORTH = 8.0  # bits that a program wholly encoded is worth over one not encoded at all


@dataclass(frozen=True, slots=True)
class Hint:
    """Where a step's value is encoded best. share: of its variance, on held-out cells; cells: how many there were."""

    step: str
    site: str
    share: float
    cells: int


@dataclass(frozen=True, slots=True, eq=False)
class Listening:
    """Activations at the cells of some rows: [cell, unit] by site."""

    cases: Cases
    cells: np.ndarray  # bool, as a program's values
    activations: Mapping[Site, np.ndarray]
    axis: Axis


def listen(question: Question, evidence: Evidence, rng: np.random.Generator) -> Listening | None:
    """Record activations on some of the rows searched on; None where the network exposes no suitable site."""
    axis = Axis.POSITION if question.domain.sequence else Axis.ROW
    lead = ("position",) if axis is Axis.POSITION else ()
    fitting = [s for s in question.subject.sites if s.kind != "attention" and _suits(s, lead)]
    if not fitting:
        return None
    sites = [fitting[k] for k in np.unique(np.linspace(0, len(fitting) - 1, SITES).astype(int))]
    rows = evidence.rows.take(np.sort(rng.permutation(len(evidence.rows))[:ROWS]))
    seen = trace(question.subject, question.readout, rows, sites)
    cases = question.domain.cases(rows)
    cells = np.asarray(cases.mask)
    if axis is Axis.ROW:
        return Listening(cases, cells, seen.activations, axis)
    start = question.domain.offset
    activations = {s: a[:, start : start + cells.shape[1]][cells] for s, a in seen.activations.items()}
    return Listening(cases, cells, activations, axis)


def _suits(site: Site, lead: tuple[str, ...]) -> bool:
    """Say whether a site has a handful of units at each cell, and nothing else."""
    return len(site.shape) == len(lead) + 1 and site.shape[:-1] == lead and site.shape[-1] in range(2, WIDEST + 1)


def hints(term: Expr, heard: Listening, rng: np.random.Generator) -> list[Hint]:
    """Give, for each step of a program that can be looked for, the site that encodes it best."""
    found = []
    for step in steps(term, heard.axis):
        value = np.broadcast_to(evaluate(step, heard.cases), heard.cells.shape)[heard.cells]
        if value.min() == value.max():
            continue
        seed = int(rng.integers(2**32))
        shares = {s: encoded(value, a, np.random.default_rng(seed)) for s, a in heard.activations.items()}
        best = max(shares, key=lambda s: round(shares[s], 3))
        found.append(Hint(show(step), str(best), round(shares[best], 3), len(value)))
    return found


def steps(term: Expr, axis: Axis) -> list[Expr]:
    """Give the parts of a program with a number or a condition at each cell, the result and plain inputs left out."""
    parts = [p for p in subterms(term) if isinstance(p, Call) and p.args and p is not term]
    return [
        p
        for p in parts
        if free_state(p) is None and check(p).axis is axis and check(p).kind in (Kind.INT, Kind.REAL, Kind.BOOL)
    ]


def prefer(candidates: Sequence[Candidate], heard: Listening | None, rng: np.random.Generator) -> list[Candidate]:
    """Order candidates by length, and those about as short as the shortest by how well their steps are encoded too."""
    if heard is None or len(candidates) < 2:
        return list(candidates)
    close = [c for c in candidates if c.bits <= candidates[0].bits + CLOSE]

    def price(candidate: Candidate) -> float:
        shares = [h.share for h in hints(candidate.term, heard, rng)]
        return candidate.bits - WORTH * (sum(shares) / len(shares) if shares else 1.0)

    prices = {c.term: round(price(c), 1) for c in close}
    return sorted(close, key=lambda c: prices[c.term]) + list(candidates[len(close) :])
