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
from distill.states import siblings
from distill.trace import size_of
from dsl.rows import Rows
from verify.bench import Bench, bench, suits
from verify.explanation import Explanation, Step
from verify.mechanism import Mechanism, judge
from verify.placement import STATED, Placement, Where, wheres
from verify.states import judge_state
from verify.subject import Site
from verify.subspace import MAPS, regressors, subspaces

ROWS = (128, 512)  # least and most rows drawn
FITTED = 0.4  # share of them that steps are looked for on; they are tested on the others
ENUMERATED = 4096  # inputs up to which rows are chosen among all there are
CELLS = 32_000  # positions of all of them, that fewer rows of longer inputs have
MEMORY = 2**29  # bytes of activations
SITES = 64  # sites looked at, spread evenly over the network
WIDEST, ANY = 1024, 2**31  # units a site: looked at, and where a person named it


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
    stated = None if alignment is None else _stated(question, hypothesis, alignment)
    sites = looked_at(question, alignment)
    if not sites:
        return Mechanism("untested", "the network exposes no site that could hold a step")
    report("mechanism: recording activations")
    rows = drawn(question, rng)
    kept = thinned(sites, rows) if alignment is None else sites
    whole = bench(question.subject, hypothesis, Reading(question), rows, kept)
    order = rng.permutation(len(rows))
    parted = int(FITTED * len(rows))
    fit, test = whole.take(np.sort(order[:parted])), whole.take(np.sort(order[parted:]))
    seed = int(rng.integers(2**31))

    def twin() -> Bench:
        return bench(
            random_twin(question.subject, seed), hypothesis, Reading(question), test.rows, list(test.activations)
        )

    report("mechanism: looking for steps")
    return replace(judge(fit, test, twin, rng, stated), digest=hashlib.sha256(b"".join(rows.marks())).hexdigest())


def examine_state(question: Question, explanation: Explanation, rng: np.random.Generator) -> Mechanism | None:
    """Judge whether the network's state is that of a program, see `verify.states`; None where it has no state.

    explanation: one whose one step is the program's state, see `distill.states`.
    """
    from distill.recurrence import PAIRS, find_recurrence

    recurrence = find_recurrence(question, question.domain.sample(PAIRS, rng), rng)
    if recurrence is None:
        return None
    rows = drawn(question, rng)
    rows = rows if question.sampled else Rows.concat([rows, siblings(rows, rng)], question.domain.fill)
    seed = int(rng.integers(2**31))
    test = bench(question.subject, explanation, Reading(question), rows, recurrence.sites)
    found = judge_state(
        test,
        lambda: bench(random_twin(question.subject, seed), explanation, Reading(question), rows, recurrence.sites),
        rng,
    )
    return replace(found, digest=hashlib.sha256(b"".join(rows.marks())).hexdigest())


def looked_at(question: Question, alignment: Mapping[str, Mapping[str, object]] | None) -> list[Site]:
    """Give the sites that may hold steps, in the order of computation; the output itself is none."""
    found = [s for s in question.subject.sites if suits(s, WIDEST)]
    found = [s for s in found if s != question.subject.sites[-1]]
    if alignment is not None:
        named = {str(entry["site"]) for entry in alignment.values()}
        return [s for s in question.subject.sites if str(s) in named and suits(s, ANY)]
    return [found[k] for k in np.unique(np.linspace(0, len(found) - 1, SITES).astype(int))] if found else []


def drawn(question: Question, rng: np.random.Generator) -> Rows:
    """Draw the rows to look on and to test on, each input once."""
    domain = question.domain
    if domain.size is not None and domain.size <= ENUMERATED:
        rows = Rows.concat(list(domain.enumerate()), domain.fill)
        return rows.take(np.sort(rng.permutation(len(rows))[: _count(rows)]))
    count = _count(domain.sample(16, rng))
    rows = domain.sample(2 * count, rng)
    seen: dict[bytes, int] = {}
    for row, mark in enumerate(rows.marks()):
        seen.setdefault(mark, row)
    return rows.take(np.array(list(seen.values())[:count]))


def _count(rows: Rows) -> int:
    """Give how many rows as long as these are drawn."""
    width = 1 if rows.lengths is None else rows.values.shape[1]
    return int(np.clip(CELLS // width, *ROWS))


def thinned(sites: Sequence[Site], rows: Rows) -> list[Site]:
    """Give as many of the sites as fit into the memory, spread evenly."""
    return list(sites[:: max(1, -(-sum(size_of(s, rows) for s in sites) // MEMORY))])


def _stated(
    question: Question, hypothesis: Explanation, alignment: Mapping[str, Mapping[str, object]]
) -> Mapping[str, Callable[[Bench, Step], Sequence[Placement]]]:
    """Give where each step is said to be, as what proposes placements on given rows."""
    steps = {s.name for s in hypothesis.steps}
    sites = {str(s): s for s in question.subject.sites if suits(s, ANY)}
    found = {}
    for name, entry in alignment.items():
        where = f"alignment, step {name!r}"
        if name not in steps:
            raise BadInput(where, "no such step", f"one of {', '.join(sorted(steps)) or 'none'}", "correct it")
        site = sites.get(str(entry["site"]))
        if site is None:
            expected = "one that `distill inspect` lists with units"
            raise BadInput(where, f"no site {entry['site']!r}", expected, "correct it")
        size = int(np.prod([int(n) for n in site.shape if n != "position"]))
        units = entry.get("units")
        if isinstance(units, list) and max(units) >= size:
            raise BadInput(where, f"unit {max(units)}", f"units from 0 to {size - 1}", "correct it")
        found[name] = _placing(site, entry)
    return found


def _placing(site: Site, entry: Mapping[str, object]) -> Callable[[Bench, Step], Sequence[Placement]]:
    def place(fit: Bench, step: Step) -> Sequence[Placement]:
        asked: list[Where] = [w for w in wheres(step, site) if entry.get("positions") in (None, w)]
        units = entry.get("units")
        if units is None:
            known = {where: regressors(fit, step, where) for where in asked}
            return [p for where in asked for p in subspaces(fit, step, site, where, known[where], MAPS)]
        chosen = np.unique(np.asarray(units, dtype=int))
        basis = np.eye(fit.activations[site].shape[-1], dtype=np.float32)[:, chosen]
        return [Placement(site, where, basis, STATED) for where in asked]

    return place
