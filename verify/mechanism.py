"""The second claim: does the network compute it that way? The verdict on an explanation, step by step.

A step is found where it is linearly encoded, and where swapping it in from another row does to the network's answers
what the explanation says (interchange: Geiger et al. 2021; subspaces as in DAS, Geiger et al. 2023, but estimated from
the activations, never trained on the outcome). What then is said not to matter is replaced (scrubbing: Chan et al.
2022), and controls that must fail are run (verify/controls.py).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Literal

import numpy as np

from verify import claims, controls
from verify.align import TRIED, UNCLAIMED, Encoded, choose, encodings, proposals
from verify.bench import Bench
from verify.controls import Control
from verify.explanation import RESULT, Step
from verify.interchange import Interchange, Rate, interchange, rate
from verify.placement import Placement
from verify.scrub import Scrub, loss_recovered, randomised, scrub

HOLDS = 0.9  # the interval's lower end, and the worst class, from which a test is passed
KEPT = 0.95  # the mean, and the worst class, of answers that scrubbing must keep; its interval's lower end is as above
SWAPS = 256  # swaps of a step; where there are fewer inputs, each takes part in several, with other partners
PAIR_HOLDS = 0.75  # the same for two steps at once, which leads further from anything the network has met
PAIRS = 6  # pairs of steps that are swapped together
ALONE = 0.5  # share of cells that only they themselves could stand for, from which a scrub says nothing
NOT_NEEDED = "it was not looked for: the verdict hangs on another step"
NOT_FOUND = "it was not found at the few sites tried, and the verdict does not need it"
NO_SWAP = "no swap of it changes what the program answers, at a place where that would show"
Verdict = Literal["confirmed", "refuted", "untested"]


@dataclass(frozen=True, slots=True, eq=False)
class Finding:
    """What was found of one step. claimed: the verdict needs it; why: the reason where it is not confirmed."""

    step: Step
    status: Verdict
    claimed: bool
    why: str = ""
    placement: Placement | None = None
    share: float | None = None
    swapped: Interchange | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Mechanism:
    """The verdict and all that it rests on.

    answers: how often the explanation gives the network's answers on the rows; pairs: interchanges of two steps;
    recovered: the share of the loss that scrubbing keeps, with its interval; rows: how many steps were looked for on,
    and judged on; digest: sha256 of them all.
    """

    verdict: Verdict
    why: str
    findings: tuple[Finding, ...] = ()
    answers: Rate | None = None
    pairs: Mapping[tuple[str, str], Interchange] = field(default_factory=dict)
    scrubbed: Scrub | None = None
    recovered: tuple[float, float, float] | None = None
    controls: tuple[Control, ...] = ()
    rows: tuple[int, int] = (0, 0)
    digest: str = ""


Stated = Mapping[str, Callable[[Bench, Step], Sequence[Placement]]]  # where a person says that a step is


def judge(
    fit: Bench, test: Bench, twin: Callable[[], Bench], rng: np.random.Generator, stated: Stated | None = None
) -> Mechanism:
    """Judge an explanation: look for its steps on the rows of one bench, and test them on those of another.

    twin: the second bench's rows on a network of random weights. stated: places given for steps, which are then looked
    for nowhere else; steps without one are not claimed.
    """
    found = rate(test.same(test.values[RESULT], test.answers), test.counted, np.zeros(test.answers.shape, dtype=int))
    rows = (len(fit), len(test))
    if found.mean < HOLDS:
        return Mechanism(
            "refuted", f"it gives the network's answer in {found.mean:.3f} of outputs", (), found, rows=rows
        )
    many = test.take(np.tile(np.arange(len(test)), -(-SWAPS // max(len(test), 1))))
    findings = look_for_steps(fit, many, rng, stated)
    placed = [(f.step, f.placement) for f in findings if f.claimed and f.status == "confirmed" and f.placement]
    if not placed:
        return Mechanism(*_without_any(findings), tuple(findings), found, rows=rows)
    held = {f.step.name: f.swapped.changed for f in findings if f.swapped}
    pairs = {(a[0].name, b[0].name): interchange(many, [a, b], rng) for a, b in list(combinations(placed, 2))[:PAIRS]}
    scrubbed = scrub(test, placed, rng)
    recovered = loss_recovered(test, scrubbed.outputs, randomised(test, placed, rng), rng)
    against = [
        *controls.shuffled(many, placed, held, rng),
        *controls.elsewhere(many, placed, held, rng),
        *controls.twinned(twin(), placed, held, rng),
        *controls.weakened(test, placed, scrubbed.agreement, rng),
    ]
    verdict, why = _verdict(findings, pairs, scrubbed, against)
    return Mechanism(verdict, why, tuple(findings), found, pairs, scrubbed, recovered, tuple(against), rows)


def look_for_steps(fit: Bench, test: Bench, rng: np.random.Generator, stated: Stated | None = None) -> list[Finding]:
    """Look for each step on the rows of one bench, and judge it on those of another."""
    steps = test.explanation.steps
    idle = {s.name: why for s in steps if (why := claims.idle(test, s))}
    claimed = set(stated) if stated is not None else claims.claimed(test.explanation, idle)
    encoded = encodings(fit, [s for s in steps if s.name not in idle], rng)
    found: dict[str, Finding] = {}
    for step in sorted(steps, key=lambda s: s.name not in claimed):
        needed = step.name in claimed
        if step.name in idle:
            found[step.name] = Finding(step, "untested", needed, idle[step.name])
        elif not needed and any(f.claimed and f.status != "confirmed" for f in found.values()):
            found[step.name] = Finding(step, "untested", needed, NOT_NEEDED)
        elif stated is None or step.name in stated:
            places = stated[step.name](fit, step) if stated is not None else None
            found[step.name] = _look_for(fit, test, step, encoded[step.name], needed, rng, places)
    return [found[s.name] for s in steps if s.name in found]


def _look_for(
    fit: Bench,
    test: Bench,
    step: Step,
    encoded: Sequence[Encoded],
    claimed: bool,
    rng: np.random.Generator,
    places: Sequence[Placement] | None,
) -> Finding:
    proposed = proposals(encoded, places, TRIED if claimed else UNCLAIMED)
    if not proposed:
        best = max(encoded, key=lambda e: e.share, default=None)
        found = f"; at best {best.share:.2f} of its variance is, at {best.site}" if best else ""
        return Finding(step, "untested", claimed, f"no site encodes it linearly{found}")
    chosen = choose(fit, step, claims.telling(fit, step, proposed), rng, places)
    if chosen is None:
        return Finding(step, "untested", claimed, NO_SWAP)
    placement = chosen.placement
    swapped = interchange(test, [(step, placement)], rng)
    if passes(swapped):
        why = claims.needless(test, step) if test.explanation.strict else ""
        return Finding(step, "untested" if why else "confirmed", claimed, why, placement, chosen.share, swapped)
    if claimed and min(swapped.changed.mean, swapped.worst) >= HOLDS:
        why = f"{swapped.changed.rows} swaps that change what the program answers are too few to tell"
        return Finding(step, "untested", True, why, placement, chosen.share, swapped)
    if not claimed:
        return Finding(step, "untested", False, NOT_FOUND, placement, chosen.share, swapped)
    return Finding(step, "refuted", True, _failure(placement, swapped), placement, chosen.share, swapped)


def passes(found: Interchange) -> bool:
    """Say whether an interchange went as predicted: on the mean, in every class, and where nothing was to change."""
    return found.changed.rows > 0 and found.changed.low >= HOLDS and found.worst >= HOLDS


def _failure(placement: Placement, swapped: Interchange) -> str:
    changed = swapped.changed
    return (
        f"it is encoded best to the purpose at {placement.site}, but swapping it there makes {changed.mean:.2f} of the"
        f" answers that must change what they must become, and leaves {swapped.ignored:.2f} as they were"
        f" (worst class {swapped.worst:.2f}, {changed.rows} swaps)"
    )


def _without_any(findings: Sequence[Finding]) -> tuple[Verdict, str]:
    refuted = [f for f in findings if f.claimed and f.status == "refuted"]
    if refuted:
        return "refuted", f"step {refuted[0].step.name}: {refuted[0].why}"
    claimed = [f for f in findings if f.claimed]
    if not claimed:
        return "untested", "the program has no step between its inputs and its result that could be looked for"
    return "untested", f"step {claimed[0].step.name}: {claimed[0].why}"


def _verdict(
    findings: Sequence[Finding],
    pairs: Mapping[tuple[str, str], Interchange],
    scrubbed: Scrub,
    against: Sequence[Control],
) -> tuple[Verdict, str]:
    """Weigh what was found; the first reason that stands against the explanation is the one given."""
    for status in ("refuted", "untested"):
        for f in findings:
            if f.claimed and f.status == status:
                return status, f"step {f.step.name}: {f.why}"
    for (one, other), swapped in pairs.items():
        if swapped.changed.rows and swapped.worst < PAIR_HOLDS:
            found = f"{swapped.changed.mean:.2f} of the answers become what they must"
            return (
                "refuted",
                f"steps {one} and {other}, swapped together: {found}, of the worst class {swapped.worst:.2f}",
            )
    agreement = scrubbed.agreement
    if scrubbed.alone > ALONE:
        return "untested", f"scrubbing: {scrubbed.alone:.0%} of {scrubbed.cells} cells could stand for themselves alone"
    if agreement.low < HOLDS and min(agreement.mean, agreement.worst) >= KEPT:
        return "untested", f"scrubbing: it keeps the answers, but {agreement.rows} inputs are too few to tell"
    if agreement.low < HOLDS or min(agreement.mean, agreement.worst) < KEPT:
        found = f"{agreement.mean:.3f} of an input's answers are kept, in the worst class {agreement.worst:.3f}"
        return "refuted", f"scrubbing what the program does not need changes answers: {found} ({agreement.rows} rows)"
    for control in against:
        if not control.passed and control.name != controls.COARSENED:
            return "untested", f"control {control.name!r} of step {control.step}: no worse, {control.found.mean:.2f}"
    return "confirmed", ""
