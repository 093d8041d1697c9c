"""The mechanism check as the certificate tells it: every figure with its interval and what it was counted on."""

from __future__ import annotations

from typing import Any

from verify.align import ENCODED
from verify.controls import Control
from verify.interchange import LEVEL, Interchange, Rate
from verify.mechanism import HOLDS, KEPT, PAIR_HOLDS, Finding, Mechanism

THRESHOLDS = {
    "encoded": ENCODED,
    "holds": HOLDS,
    "pairs_hold": PAIR_HOLDS,
    "scrubbing_keeps": KEPT,
    "level": LEVEL,
}
UNTRIED = Mechanism("untested", "no program was accepted, so nothing was looked for")


def mechanism_part(mechanism: Mechanism) -> dict[str, Any]:
    """Give the certificate's part on the mechanism."""
    tested = [f for f in mechanism.findings if f.swapped is not None]
    worst = min((f for f in tested if f.claimed and f.status == "confirmed"), key=_low, default=None)
    return {
        "verdict": mechanism.verdict,
        "why": mechanism.why or None,
        "alignment": {f.step.name: _place(f) for f in mechanism.findings if f.status == "confirmed"} or None,
        "scrubbed_agreement": _scrubbed(mechanism),
        "loss_recovered": _recovered(mechanism),
        "interchange_accuracy": None
        if worst is None or worst.swapped is None
        else _rate(worst.swapped.changed, "swaps"),
        "interchange": {
            "steps": {f.step.name: _interchange(f.swapped) for f in tested if f.swapped},
            "pairs": [{"steps": list(pair), **_interchange(found)} for pair, found in mechanism.pairs.items()],
        },
        "controls": [_control(c) for c in mechanism.controls],
        "claimed": [f.step.name for f in mechanism.findings if f.claimed],
        "untested": {f.step.name: f.why for f in mechanism.findings if f.status == "untested"},
        "refuted": {f.step.name: f.why for f in mechanism.findings if f.status == "refuted"},
        "rows": {"looked_on": mechanism.rows[0], "tested_on": mechanism.rows[1], "digest": mechanism.digest or None},
        "thresholds": THRESHOLDS,
    }


def _low(finding: Finding) -> float:
    return finding.swapped.changed.low if finding.swapped else 1.0


def _place(finding: Finding) -> dict[str, Any]:
    """Give where a step was found. encoded_share: of its variance, linear in the site's units, on held-out rows."""
    place = finding.placement
    if place is None:
        raise ValueError(f"step {finding.step.name} has no place")
    return {
        "site": str(place.site),
        "positions": place.where,
        "rank": place.rank,
        "units": int(place.basis.shape[0]),
        "map": place.map,
        "encoded_share": None if finding.share is None else round(finding.share, 4),
    }


def _rate(found: Rate, of: str = "inputs") -> dict[str, Any]:
    """Give a rate. mean, low, high: over inputs or swaps, of the share of its outputs; worst_class: of one answer's."""
    return {
        "mean": round(found.mean, 4),
        "low": round(found.low, 4),
        "high": round(found.high, 4),
        "worst_class": round(found.worst, 4),
        of: found.rows,
        "outputs": found.outputs,
    }


def _interchange(found: Interchange) -> dict[str, Any]:
    return {
        "changed_as_predicted": _rate(found.changed, "swaps"),
        "stayed_as_predicted": _rate(found.stayed, "swaps"),
        "kept_the_old_answer": round(found.ignored, 4),
        "without_a_partner": found.unpaired,
    }


def _scrubbed(mechanism: Mechanism) -> dict[str, Any] | None:
    found = mechanism.scrubbed
    if found is None:
        return None
    return {
        **_rate(found.agreement),
        "worst_input": round(found.worst_input, 4),
        "cells": found.cells,
        "cells_that_drew_themselves": round(found.alone, 4),
        "runs": found.passes,
    }


def _recovered(mechanism: Mechanism) -> dict[str, Any] | None:
    if mechanism.recovered is None:
        return None
    share, low, high = mechanism.recovered
    return {"share": round(share, 4), "low": round(low, 4), "high": round(high, 4), "inputs": mechanism.rows[1]}


def _control(control: Control) -> dict[str, Any]:
    return {"control": control.name, "step": control.step, "fails_as_it_must": control.passed, **_rate(control.found)}
