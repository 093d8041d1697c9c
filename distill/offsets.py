"""Position offsets: does the program hold where inputs begin at a later position of the network's embedding?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from distill.clock import Clock
from distill.errors import BadInput
from distill.question import Question
from dsl.domains import Domain
from dsl.rows import Rows
from verify import Agreement
from verify.behaviour import LEVEL
from verify.statistics import lower_bound

OFFSETS = 16  # offsets that are tried
INPUTS = 1024  # inputs drawn, each run at one of them

Compare = Callable[[Question, Rows], Agreement]


@dataclass(frozen=True, slots=True, eq=False)
class Offsets:
    """What comparing program and network over offsets has shown, a claim apart from that at offset 0.

    tried: the offsets; inputs, outputs: how many were compared, each input at one offset; wrong_inputs, mismatches: how
    many differed. first: the least offset at which an input differs, and the shortest that does there.
    """

    tried: tuple[int, ...]
    distribution: str
    inputs: int = 0
    outputs: int = 0
    wrong_inputs: int = 0
    mismatches: int = 0
    first: tuple[int, Rows] | None = None
    finished: bool = True

    @property
    def bound(self) -> float:
        """What the share of inputs that agree, at an offset drawn from these, is at least, with confidence LEVEL."""
        return lower_bound(self.inputs - self.wrong_inputs, self.inputs, LEVEL) if self.inputs else 0.0


def at_offset(question: Question, offset: int) -> Question:
    """Ask the same of the network run at an offset; raises BadInput where it cannot be."""
    subject = question.subject.shifted(offset)
    return replace(question, subject=subject, room=subject.found["positions"])


def choose_offsets(question: Question) -> tuple[int, ...]:
    """Spread offsets evenly over those at which the domain's inputs fit.

    Raises BadInput where inputs have no positions, the network has no embedding of absolute positions, or no room.
    """
    lengths = question.domain.sample(INPUTS, np.random.default_rng(0)).lengths
    if lengths is None:
        raise BadInput("--offsets", "inputs without positions", "sequences", "leave it out")
    room, longest = question.subject.shifted(0).found["positions"], int(lengths.max(initial=0))
    if room <= longest:
        found = f"{room} positions and inputs as long as {longest}"
        raise BadInput("--offsets", found, "room for inputs to begin later", "leave it out, or give shorter inputs")
    return tuple(np.unique(np.linspace(1, room - longest, OFFSETS).astype(int)).tolist())


def judge_offsets(
    question: Question, domain: Domain, compare: Compare, clock: Clock, rng: np.random.Generator
) -> Offsets:
    """Compare a program with the network at several offsets, each input of a draw at one of them.

    domain: what is drawn from. compare: gives where the program and the network of a question agree on rows.
    Raises BadInput as `choose_offsets` does.
    """
    tried, rows = choose_offsets(question), domain.sample(INPUTS, rng)
    assert rows.lengths is not None
    rows = rows.take(rows.lengths + tried[-1] <= question.subject.shifted(0).found["positions"])
    which = rng.integers(len(tried), size=len(rows))
    found = Offsets(tried, f"{domain.distribution}, each at one of these offsets")
    for k, offset in enumerate(tried):
        if clock.over:
            return replace(found, finished=False)
        here = rows.take(np.flatnonzero(which == k))
        if len(here):
            found = _with(found, offset, here, compare(at_offset(question, offset), here))
    return found


def _with(found: Offsets, offset: int, rows: Rows, agreement: Agreement) -> Offsets:
    """Count one offset's outputs to those before."""
    wrong = ~agreement.same & agreement.counted
    bad = np.flatnonzero(wrong.any(axis=1))
    first = found.first
    if first is None and len(bad):
        assert rows.lengths is not None
        shortest = int(bad[rows.lengths[bad].argmin()])
        first = offset, rows.take(slice(shortest, shortest + 1))
    return replace(
        found,
        inputs=found.inputs + int(agreement.counted.any(axis=1).sum()),
        outputs=found.outputs + int(agreement.counted.sum()),
        wrong_inputs=found.wrong_inputs + len(bad),
        mismatches=found.mismatches + int(wrong.sum()),
        first=first,
    )


def offsets_part(
    question: Question, found: Offsets, spelt: Callable[[Question, Rows], dict[str, Any]]
) -> dict[str, Any]:
    """Give the certificate's part. spelt: gives an input, and what program and network answer, ready for JSON."""
    first = None
    if found.first is not None:
        offset, row = found.first
        first = {"offset": offset, **spelt(at_offset(question, offset), row)}
    return {
        "tried": list(found.tried),
        "inputs": found.inputs,
        "outputs": found.outputs,
        "mismatches": found.mismatches,
        "match_rate": 1 - found.mismatches / max(found.outputs, 1),
        "input_match_lower_bound": found.bound,
        "level": LEVEL,
        "distribution": found.distribution,
        "finished": found.finished,
        "first_parting": first,
    }
