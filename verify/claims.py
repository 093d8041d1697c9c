"""What an explanation claims: which of its steps the verdict needs, and which say nothing that could be tested."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations, pairwise

import numpy as np

from verify.align import Encoded
from verify.bench import Bench, as_recorded, by_cell
from verify.explanation import Explanation, Given, Step
from verify.subject import Site, Swap

LABEL = "it says no more than the output at the same place: swapping it would only move the answer"
EVERYWHERE, BY_POSITION = "it is the same everywhere", "at each position it is the same in every row"
VALUES = 12  # distinct values up to which each two are tried for whether the result tells them apart
SAME = 1e-3  # relative to activations' size: what they may differ by and still be the same


def idle(bench: Bench, step: Step) -> str:
    """Say why a step cannot be tested, "" where it can."""
    if step.axis == "pair":
        return "a value for each pair of positions has no place of its own"
    at = bench.cells if step.axis == "position" else np.ones((len(bench), 1), dtype=bool)
    values = np.broadcast_to(bench.values[step.name], at.shape)
    if len(np.unique(values[at])) < 2:
        return EVERYWHERE
    if all(len(np.unique(values[:, p][at[:, p]])) < 2 for p in range(at.shape[1])):
        return BY_POSITION
    return LABEL if not step.carried and copies_output(bench, step) else ""


def copies_output(bench: Bench, step: Step) -> bool:
    """Say whether a step's value is a function of the answer at its own cell.

    A memory is not one even then: what it does later is told apart.
    """
    values = bench.values[step.name]
    if step.axis == "position" and values.shape != bench.answers.shape:
        return False
    values = np.broadcast_to(values, bench.answers.shape)
    counted = bench.counted & (bench.cells if bench.cells.shape == bench.answers.shape else True)
    pairs = np.unique(np.stack([bench.answers[counted].astype(float), values[counted].astype(float)]), axis=1)
    return len(np.unique(pairs[0])) == pairs.shape[1]


def claimed(explanation: Explanation, idle: Mapping[str, str]) -> set[str]:
    """Give the steps that the verdict needs.

    All of a strict explanation's. Else those that bring values from one position to another, as what only computes
    within one need not be kept anywhere; where such a step says no more than the output, what it reads in its place.
    Where nothing moves, all.
    """
    steps = {s.name: s for s in explanation.steps}
    if explanation.strict:
        return set(steps)
    found: set[str] = set()
    still = all(s.axis == "row" and not s.moves for s in explanation.steps)
    stack = [s.name for s in explanation.steps if s.moves or still]
    if not stack or all(name in idle for name in stack):
        stack += [name for name in explanation.reads if name in steps]
    seen: set[str] = set()
    while stack:
        name = stack.pop()
        if name in seen:
            continue
        seen.add(name)
        if name not in idle:
            found.add(name)
        else:
            stack += [r for r in steps[name].reads if r in steps]
    return found


def telling(bench: Bench, step: Step, proposed: Sequence[Encoded]) -> list[Encoded]:
    """Leave out the sites where swapping a step that is an input is but giving the network another input.

    Those are the sites through which all of the input goes: with the same activations there, rows of one length are
    the same ever after. What a memory is carried to is told apart even there.
    """
    inputs = set(bench.values) - {s.name for s in bench.explanation.steps}
    if step.carried or not (len(step.reads) == 1 and step.reads[0] in inputs and _only_reader(bench, step)):
        return list(proposed)
    return [e for e in proposed if not is_bottleneck(bench, e.site)]


def _only_reader(bench: Bench, step: Step) -> bool:
    """Say whether a step has the values of the one input that it reads, and nothing else reads that."""
    others = [s.reads for s in bench.explanation.steps if s is not step] + [bench.explanation.reads]
    same = np.array_equal(bench.values[step.name], bench.values[step.reads[0]])
    return same and not any(step.reads[0] in reads for reads in others)


def is_bottleneck(bench: Bench, site: Site) -> bool:
    """Say whether rows of one length are the same after a site once they are the same there."""
    order = list(bench.activations)
    later = order[order.index(site) + 1 :]
    lengths, counts = np.unique(bench.lengths, return_counts=True)
    members = np.flatnonzero(bench.lengths == lengths[counts.argmax()])
    held = np.broadcast_to(bench.activations[site][members[:1]], bench.activations[site][members].shape)
    run = bench.subject.run(bench.rows.take(members), record=later, patch={site: Swap(as_recorded(site, held))})
    length = int(bench.lengths[members[0]])
    for values in (by_cell(s, run.recorded[s])[:, :length] for s in later):
        if (np.abs(values - values[:1]) > SAME * max(float(np.abs(values).max()), 1e-9)).any():
            return False
    return True


def needless(bench: Bench, step: Step) -> str:
    """Say which two of a step's values the result never tells apart, "" where it tells all."""
    values = bench.values[step.name]
    kinds = np.unique(values[bench.cells] if values.shape == bench.cells.shape else values)
    clean, _ = bench.predicted({})
    pairs = list(combinations(kinds, 2)) if len(kinds) <= VALUES else list(pairwise(kinds))
    for one, other in pairs:
        told = False
        for old, new in ((one, other), (other, one)):
            found, defined = bench.predicted({step.name: Given(np.full_like(values, new), values == old)})
            told |= bool((~bench.same(found, clean) & defined & bench.counted).any())
        if not told:
            return f"the result never tells its values {one} and {other} apart"
    return ""
