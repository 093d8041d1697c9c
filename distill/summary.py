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
    if "offsets" in certificate:
        lines.append(f"offsets     {offsets(certificate['offsets'])}")
    if why:
        lines += [f"differs on  {json.dumps(raw)}" for raw in certificate["behaviour"]["counterexamples"]]
        lines += ["", program["source"].rstrip()]
    return plain("\n".join(lines))


def judgement(found: Mapping[str, Any]) -> str:
    """Say whether a program holds, and where it does not."""
    lines = ["the program holds" if found["holds"] else f"the program does not hold: {found['why']}"]
    lines.append(f"behaviour   {behaviour(found['behaviour'])}")
    lines.append(f"mechanism   {mechanism(found['mechanism'])}")
    if "offsets" in found:
        lines.append(f"offsets     {offsets(found['offsets'])}")
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
    """Say how far program and network stay together: beyond the domain, and on inputs made within its lengths."""
    if part is None:
        return "not tried"
    wider, free = part["ranges"], part["free_product"]
    lines = _lengths(part) if wider is None or part["lengths_tried"] is not None else []
    if wider is not None:
        lines.append(_tried(wider, f"with a number up to {wider['excess_tried']} beyond its range", "beyond it"))
    if free is not None:
        tried = _lengths(free)[0 if free["lengths_tried"] else 1 :]
        lines += [f"of the free product: {line}" for line in tried]
    lines += _state(part["state"]) if part["state"] else []
    return f"\n{'':12}".join(lines)


def _lengths(part: Mapping[str, Any]) -> list[str]:
    """Give a line on the inputs beyond the domain's lengths, and one on those within if there is a difference."""
    lines, within = [f"not tried: {part['why_not_tried']}"], part["within"]
    if part["lengths_tried"] is not None:
        lines = [_tried(part, f"of {' to '.join(map(str, part['lengths_tried']))} positions", "positions")]
    if within and within["parted_at"] is not None:
        span = " to ".join(map(str, within["lengths_tried"]))
        lines.append(_tried(within, f"made within the domain's lengths, {span}", "positions"))
    return lines


def _state(part: Mapping[str, Any]) -> list[str]:
    """Say how far the program's variables are read off the network's state, and where first one is misread."""
    lines = []
    for name, found in part["variables"].items():
        least, most = json.dumps(found["least"]), json.dumps(found["most"])
        tried = f"from {least} to {most}" if least != most else f"that is {least}"
        lines.append(f"state: {name}, {tried} on inputs tried, is read off {', '.join(part['sites'])}")
    for tried in (part["within"], part):
        if tried and tried["misread_on"] is not None:
            at, value, found = tried["parted_at"], json.dumps(tried["value"]), json.dumps(tried["read_as"])
            which = f"{tried['variable']} is {value} and" if len(lines) > 1 else value
            lines[-1] += f", until at {at} positions {which} reads as {found}"
            break
    return lines


def _tried(part: Mapping[str, Any], like: str, unit: str) -> str:
    tried = f"{part['inputs']:,} inputs {like}"
    if part["parted_at"] is None:
        return f"no difference on {tried}"
    given, program, network = (cut(json.dumps(part[name])) for name in ("parted_on", "program", "network"))
    at = "" if part["position"] is None else f" at position {part['position']}"
    return (
        f"they part on {part['differing_inputs']:,} of {tried}; the first, at {part['parted_at']} {unit}, is {given}:"
        f" the program gives {program}{at}, the network {network}"
    )


def offsets(part: Mapping[str, Any]) -> str:
    """Say whether a program holds where inputs begin at later positions."""
    first, tried = part["first_parting"], part["tried"]
    found = (
        f"{part['outputs'] - part['mismatches']:,} of {part['outputs']:,} outputs are equal,"
        f" on {part['inputs']:,} inputs that begin at {len(tried)} positions from {tried[0]} to {tried[-1]}"
    )
    if not part["finished"]:
        found += ", as far as time allowed"
    if first is None:
        return f"{found}; at least {part['input_match_lower_bound']:.2%} agree, at {part['level']:.0%} confidence"
    given, program, network = (cut(json.dumps(first[name])) for name in ("input", "program", "network"))
    return f"{found}; first at {first['offset']}: {given}, the program gives {program}, the network {network}"


def cut(text: str, limit: int = 300) -> str:
    """Cut a text in the middle past `limit` characters.

    >>> cut("abcdefgh", 7)
    'ab...gh'
    """
    half = (limit - 3) // 2
    return text if len(text) <= limit else f"{text[:half]}...{text[-half:]}"
