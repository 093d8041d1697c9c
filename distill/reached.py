"""Reach and offsets as the certificate tells them: what was tried, and where program and network part."""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from distill.beyond import agreement
from distill.clock import Clock
from distill.legible import Legible, Variable
from distill.offsets import judge_offsets, offsets_part
from distill.predictions import answered, interpreted
from distill.question import Question
from distill.standing import Standing
from distill.written import plain
from dsl.check import check
from dsl.domains import Domain
from dsl.rows import Rows
from dsl.types import Kind
from verify.reach import Parting, Reach, Tried, Wider

_NONE: Mapping[str, None] = MappingProxyType(
    dict.fromkeys(("parted_on", "position", "program", "network", "found_by"))
)  # what is said of an input that parts, where there is none


def reach_part(question: Question, standing: Standing, reach: Reach, legible: Legible | None = None) -> dict[str, Any]:
    """Give the certificate's part on reach: inputs beyond the domain, under `within` such as are of its lengths.

    legible: how far the network's state is read; `state` tells of it, None where there is none.
    """
    return {
        **_lengths(question, standing, reach),
        "ranges": _wider(question, standing, reach.wider),
        "free_product": None if reach.free is None else _lengths(question, standing, reach.free),
        "state": None if legible is None else _state(question, legible),
    }


def _state(question: Question, legible: Legible) -> dict[str, Any]:
    """Give how far the program's variables are read off the network's state.

    variables: of those that are read, how, the values met, and the longest run of them that were never misread.
    """
    return {
        "sites": [str(site) for site in legible.carrier.recurrence.sites],
        "variables": {
            v.name: {
                "read": v.decoder.how,
                "values_tried": len(v.tried),
                "least": _value(legible, v, v.tried[0]),
                "most": _value(legible, v, v.tried[-1]),
                "never_misread": v.legible and [_value(legible, v, end) for end in v.legible],
            }
            for v in legible.variables
        },
        "not_read": list(legible.illegible),
        **_read_on(question, legible, legible.reach.beyond),
        "finished": legible.reach.finished,
        "within": None if legible.reach.within is None else _read_on(question, legible, legible.reach.within),
    }


def _read_on(question: Question, legible: Legible, tried: Tried | None) -> dict[str, Any]:
    """Give what was tried, and the shortest input on which a variable is misread. outputs: states that were read."""
    found = _effort(tried)
    if tried is None or tried.first is None:
        return {**found, "misread_on": None, "variable": None, "value": None, "read_as": None}
    misread = legible.misread(tried.first)
    return {
        **found,
        "misread_on": question.domain.raw(tried.first.row)[0],
        "variable": misread.variable.name,
        "value": _value(legible, misread.variable, misread.value),
        "read_as": _value(legible, misread.variable, misread.found),
    }


def _value(legible: Legible, variable: Variable, code: int) -> Any:
    """Give a value of a variable, ready for JSON."""
    kind = check(variable.term).kind
    if kind is not Kind.SYMBOL:
        return bool(code) if kind is Kind.BOOL and code in (0, 1) else code
    symbols = legible.carrier.spoken
    return symbols[code] if 0 <= code < len(symbols) else None


def _lengths(question: Question, standing: Standing, reach: Reach) -> dict[str, Any]:
    return {
        **_tried(question, standing, reach.beyond),
        "why_not_tried": reach.why or None,
        "made": reach.made or None,
        "finished": reach.finished,
        "within": None if reach.within is None else _tried(question, standing, reach.within),
    }


def _tried(question: Question, standing: Standing, tried: Tried | None) -> dict[str, Any]:
    """Give what was tried. strategies: how many inputs by each; least_margin: the network's, where the two agree."""
    first = None if tried is None else tried.first
    return {**_effort(tried), **(_NONE if first is None else _parting(question, standing, first))}


def _effort(tried: Tried | None) -> dict[str, Any]:
    """Give what was tried, and the length at which the first difference was."""
    first = None if tried is None else tried.first
    return {
        "lengths_tried": None if tried is None else list(tried.lengths),
        "inputs": 0 if tried is None else sum(tried.inputs.values()),
        "outputs": 0 if tried is None else tried.outputs,
        "strategies": {} if tried is None else dict(tried.inputs),
        "least_margin": None if tried is None or not math.isfinite(tried.margin) else round(tried.margin, 6),
        "differing_inputs": 0 if tried is None else tried.differing,
        "parted_at": None if first is None else first.length,
    }


def _wider(question: Question, standing: Standing, wider: Wider | None) -> dict[str, Any] | None:
    """Give what was tried beyond the ranges of integers. excess_tried: how far; parted_at: the least that parted."""
    if wider is None:
        return None
    return {
        "excess_tried": wider.excess,
        "inputs": wider.inputs,
        "outputs": wider.outputs,
        "differing_inputs": wider.differing,
        "parted_at": None if wider.first is None else wider.first[0],
        **(_NONE if wider.first is None else _parting(question, standing, wider.first[1])),
    }


def _parting(question: Question, standing: Standing, parting: Parting) -> dict[str, Any]:
    """Give an input on which the two part. position: of the answers that differ, None where there is one in all."""
    both = both_answers(question, standing, parting.row)
    position = question.domain.offset + parting.answer if question.readout.at == "each" else None
    program, network = (both[who] if position is None else both[who][position] for who in ("program", "network"))
    return {
        "parted_on": both["input"],
        "position": position,
        "program": program,
        "network": network,
        "found_by": parting.strategy,
    }


def both_answers(question: Question, standing: Standing, row: Rows) -> dict[str, Any]:
    """Give the one input of a row, and what program and network answer to it, ready for JSON."""
    ours = interpreted(question, standing.term, standing.symbols, None, row)
    if standing.listing is not None:
        ours = standing.listing.amended(row, ours)
    theirs = answered(question, row, question.answers(row))
    return {
        "input": question.domain.raw(row)[0],
        "program": plain(ours[0], question),
        "network": plain(theirs[0], question),
    }


def over_offsets(
    question: Question, standing: Standing, domain: Domain, clock: Clock, rng: np.random.Generator
) -> dict[str, Any]:
    """Judge a program at position offsets, and give the certificate's part; domain: what inputs are drawn from.

    Raises BadInput where inputs cannot begin at other positions.
    """
    found = judge_offsets(question, domain, lambda there, rows: agreement(there, standing, rows), clock, rng)
    return offsets_part(question, found, lambda there, row: both_answers(there, standing, row))
