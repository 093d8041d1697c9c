"""The certificate: what was compiled, what was checked and what was found, as the contract lays it out."""

from __future__ import annotations

import hashlib
import platform
import shlex
import sys
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import distill
from distill.account import UNTRIED, mechanism_part
from distill.reached import reach_part
from dsl import bits, nodes, show
from verify import Behaviour, Reach
from verify.behaviour import EXAMPLES, LEVEL, NEAR_TIE
from verify.mechanism import Mechanism

if TYPE_CHECKING:
    from distill.clock import Clock
    from distill.legible import Legible
    from distill.options import Options
    from distill.question import Question
    from distill.render import Rendered
    from distill.standing import Standing

Certificate = dict[str, Any]  # JSON-able


def certify(
    question: Question,
    standing: Standing | None,
    rendered: Rendered | None,
    clock: Clock,
    options: Options,
    mechanism: Mechanism | None = None,
    reach: Reach | None = None,
    legible: Legible | None = None,
    offsets: Mapping[str, Any] | None = None,
) -> Certificate:
    """Give the certificate of a compile; parts about a program are None where there is none.

    legible: how far the network's state is read, None where it has none. offsets: the part on position offsets, None
    where it was not asked for.
    """
    return {
        "program": None if rendered is None or standing is None else _program(question, standing, rendered),
        "network": network_part(question),
        "domain": question.domain.render(),
        "output": {
            "readout": question.readout.name,
            "at": question.readout.at,
            "symbols": list(question.readout.symbols),
        },
        "behaviour": None if standing is None else _behaviour(question, standing),
        "mechanism": mechanism_part(mechanism or UNTRIED),
        "reach": None if reach is None or standing is None else reach_part(question, standing, reach, legible),
        **({} if offsets is None else {"offsets": offsets}),
        "reproduce": reproduce_part(clock, options.seed, options.device),
    }


def _program(question: Question, standing: Standing, rendered: Rendered) -> dict[str, Any]:
    listed = standing.listing
    return {
        "digest": hashlib.sha256(rendered.source.encode()).hexdigest(),
        "source": rendered.source,
        "dsl": show(rendered.program),
        "nodes": nodes(rendered.program),
        "bits": bits(rendered.program) + (0.0 if listed is None else listed.bits),
        "description": rendered.description,
        "exceptions": [] if listed is None else listed.part(question.readout.symbols),
    }


def _behaviour(question: Question, standing: Standing) -> dict[str, Any]:
    """Give the behaviour part of a compile, with what is known of where the program errs."""
    return {**behaviour_part(question, standing.behaviour), "exceptions": [m.part for m in standing.misses]}


def network_part(question: Question) -> dict[str, Any]:
    """Give the network part."""
    subject = question.subject
    return {
        "file": question.bundle.network.path.name,
        "digest": subject.digest,
        "parameters": subject.parameters,
        "kind": subject.kind,
        "causal": question.causal,
    }


def behaviour_part(question: Question, behaviour: Behaviour) -> dict[str, Any]:
    """Give the behaviour part. `exact` is said only of a domain gone through from end to end without a mismatch."""
    exact = behaviour.exhaustive and behaviour.mismatches == 0
    examples = behaviour.counterexamples
    return {
        "claim": "exact" if exact else "bounded",
        "inputs": behaviour.inputs,
        "outputs": behaviour.outputs,
        "mismatches": behaviour.mismatches,
        "match_rate": behaviour.match_rate,
        "input_match_lower_bound": behaviour.bound,
        "level": 1.0 if behaviour.exhaustive else LEVEL,
        "distribution": behaviour.distribution,
        "used_in_search": None if behaviour.exhaustive else False,  # every input: no sample at all
        "near_ties": {"margin_below": NEAR_TIE, "outputs": behaviour.near_ties},
        "counterexamples": [] if examples is None else question.domain.raw(examples.take(slice(0, EXAMPLES))),
    }


def reproduce_part(clock: Clock, seed: int, device: str) -> dict[str, Any]:
    """Give what it takes to come to the same result."""
    import torch

    return {
        "command": shlex.join(["distill", *sys.argv[1:]]),
        "seed": seed,
        "device": device,
        "versions": {
            "distill": distill.__version__,
            "torch": str(torch.__version__),
            "python": platform.python_version(),
        },
        "seconds": {stage: round(spent, 3) for stage, spent in clock.seconds.items()},
        "date": datetime.now(timezone.utc).isoformat(timespec="seconds"),
    }
