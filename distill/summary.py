"""A certificate in words, for those who read a terminal."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from distill.console import plain


def as_json(content: Mapping[str, Any]) -> str:
    """Give a certificate as its file holds it."""
    return json.dumps(content, indent=2, allow_nan=False)


def outcome(certificate: Mapping[str, Any], files: Sequence[object], why: str) -> str:
    """Say what a compile found in a few lines; where it was refused (why), with the best candidate's source."""
    written = [f"wrote {', '.join(map(str, files))}"] if files else []
    lines = [f"no program was accepted: {why}", *written] if why else written
    program = certificate["program"]
    if program is None:
        return plain("\n".join(lines))
    lines += [
        f"program     {program['description']} ({program['nodes']} nodes, {program['bits']:.0f} bits)",
        f"behaviour   {behaviour(certificate['behaviour'])}",
        f"mechanism   {mechanism(certificate['mechanism'])}",
        f"reach       {reach(certificate['reach'])}",
    ]
    if why:
        lines += [f"differs on  {json.dumps(raw)}" for raw in certificate["behaviour"]["counterexamples"]]
        lines += ["", program["source"].rstrip()]
    return plain("\n".join(lines))


def judgement(found: Mapping[str, Any]) -> str:
    """Say whether a program holds, and where it does not."""
    lines = ["the program holds" if found["holds"] else f"the program does not hold: {found['why']}"]
    lines.append(f"behaviour   {behaviour(found['behaviour'])}")
    lines.append(f"mechanism   {mechanism(found['mechanism'])}")
    for case in found["differences"]:
        given, program, network = (json.dumps(case[part]) for part in ("input", "program", "network"))
        lines.append(f"differs on  {given}: the program gives {program}, the network {network}")
    return plain("\n".join(lines))


def behaviour(part: Mapping[str, Any]) -> str:
    """Say how far a program was found to answer as the network does."""
    if part["claim"] == "exact":
        return f"exact: equal to the network on every input of the domain ({part['inputs']:,})"
    found = (
        f"{part['outputs'] - part['mismatches']:,} of {part['outputs']:,} outputs are equal,"
        f" on {part['inputs']:,} inputs ({part['distribution']})"
    )
    if part["mismatches"]:
        return found
    return f"{found}; at least {part['input_match_lower_bound']:.2%} of inputs agree, at {part['level']:.0%} confidence"


def mechanism(part: Mapping[str, Any]) -> str:
    """Say whether the network was found to compute it that way, and where each step is."""
    if part["why"]:
        return f"{part['verdict']}: {part['why']}"
    lines = [f"{part['verdict']}, on {part['rows']['tested_on']:,} inputs that no step was looked for on"]
    steps = part["interchange"]["steps"]
    for step in part["claimed"]:
        if step in (part["alignment"] or {}):
            changed = steps[step]["changed_as_predicted"]
            found = f"{changed['mean']:.3f} [{changed['low']:.3f}, {changed['high']:.3f}] of {changed['swaps']} swaps"
            lines.append(f"{'':12}{step} at {part['alignment'][step]['site']}: {found} as predicted")
    return "\n".join(lines)


def reach(part: Mapping[str, Any] | None) -> str:
    """Say how far beyond the domain program and network stay together."""
    if part is None or part["lengths_tried"] is None:
        return f"not tried: {part['why_not_tried']}" if part else "not tried"
    least, most = part["lengths_tried"]
    tried = f"{part['inputs']:,} inputs of {least} to {most} positions"
    if part["parted_on"] is None:
        return f"no difference on {tried}"
    return f"of {tried}, the shortest that differs has {part['parted_at']}: {json.dumps(part['parted_on'])}"
