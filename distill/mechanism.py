"""The mechanism check on a question's network: from an explanation to a verdict, and to the certificate's part."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from distill.errors import BadInput
from distill.network import random_twin
from distill.question import Question
from distill.reading import Reading
from dsl.rows import Rows
from verify.bench import Bench, bench, suits
from verify.explanation import Explanation, Step
from verify.mechanism import Mechanism, judge
from verify.placement import STATED, Placement, Where, wheres
from verify.subject import Site
from verify.subspace import MAPS, regressors, subspaces

ROWS = (64, 256)  # least and most rows to look on, and as many to test on
CELLS = 16_000  # positions of all of them, that fewer rows of longer inputs have
MEMORY = 2**29  # bytes of activations
SITES = 64  # sites looked at, spread evenly over the network
WIDEST = 1024  # units a site


def examine(
    question: Question,
    hypothesis: Explanation,
    rng: np.random.Generator,
    *,
    alignment: Mapping[str, Mapping[str, object]] | None = None,
    report: Callable[[str], None] = lambda _: None,
) -> Mechanism:
    """Judge whether the network computes its answers as a hypothesis says.

    alignment: step name -> {"site": name, "positions": "each" | "last" | "row", "units": [int]}, all but the site
    optional; where it is given, nothing else is searched. Raises BadInput where it names what there is not.
    """
    sites = looked_at(question, alignment)
    if not sites:
        return Mechanism("untested", "the network exposes no site that could hold a step")
    report("mechanism: recording activations")
    rows = drawn(question, rng)
    whole = bench(question.subject, hypothesis, Reading(question), rows, fitting(sites, rows))
    order = rng.permutation(len(rows))
    fit, test = whole.take(np.sort(order[::2])), whole.take(np.sort(order[1::2]))
    seed = int(rng.integers(2**31))

    def twin() -> Bench:
        return bench(
            random_twin(question.subject, seed), hypothesis, Reading(question), test.rows, list(test.activations)
        )

    stated = None if alignment is None else _stated(question, hypothesis, alignment)
    report("mechanism: looking for steps")
    return replace(judge(fit, test, twin, rng, stated), digest=hashlib.sha256(b"".join(rows.marks())).hexdigest())


def looked_at(question: Question, alignment: Mapping[str, Mapping[str, object]] | None) -> list[Site]:
    """Give the sites that may hold steps, in the order of computation; the output itself is none."""
    found = [s for s in question.subject.sites if suits(s, WIDEST)]
    found = [s for s in found if s != question.subject.sites[-1]]
    if alignment is not None:
        named = {str(entry["site"]) for entry in alignment.values()}
        return [s for s in question.subject.sites if str(s) in named and suits(s, 2**31)]
    return [found[k] for k in np.unique(np.linspace(0, len(found) - 1, SITES).astype(int))] if found else []


def drawn(question: Question, rng: np.random.Generator) -> Rows:
    """Draw the rows to look on and to test on."""
    width = question.domain.sample(16, rng).values.shape[1] if question.domain.sequence else 1
    least, most = ROWS
    return question.domain.sample(2 * int(np.clip(CELLS // width, least, most)), rng)


def fitting(sites: Sequence[Site], rows: Rows) -> list[Site]:
    """Give as many of the sites as fit into the memory, spread evenly."""
    positions = rows.values.shape[1]
    sizes = [4 * len(rows) * int(np.prod([positions if n == "position" else n for n in s.shape])) for s in sites]
    step = max(1, int(np.ceil(sum(sizes) / MEMORY)))
    return list(sites[::step])


def _stated(question: Question, hypothesis: Explanation, alignment: Mapping[str, Mapping[str, object]]) -> dict:
    """Give where each step is said to be, as what proposes placements on given rows."""
    steps = {s.name: s for s in hypothesis.steps}
    sites = {str(s): s for s in question.subject.sites}
    found = {}
    for name, entry in alignment.items():
        if name not in steps:
            raise BadInput(
                f"alignment, step {name!r}", "no such step", f"one of {', '.join(steps) or 'none'}", "correct it"
            )
        site = sites.get(str(entry["site"]))
        if site is None:
            raise BadInput(
                f"alignment, step {name!r}",
                f"no site {entry['site']!r}",
                "one that `distill inspect` lists",
                "correct it",
            )
        found[name] = _placing(site, entry)
    return found


def _placing(site: Site, entry: Mapping[str, object]) -> Callable[[Bench, Step], Sequence[Placement]]:
    def place(fit: Bench, step: Step) -> Sequence[Placement]:
        asked: list[Where] = [w for w in wheres(step, site) if entry.get("positions") in (None, w)]
        units = entry.get("units")
        if units is None:
            known = {where: regressors(fit, step, where) for where in asked}
            return [p for where in asked for p in subspaces(fit, step, site, where, known[where], MAPS)]
        basis = np.eye(fit.activations[site].shape[-1], dtype=np.float32)[:, np.asarray(units, dtype=int)]
        return [Placement(site, where, basis, STATED) for where in asked]

    return place
