"""An alignment that a person states: which step of a program is where in the network.

TOML or JSON, a line a step; the long form says more of the place:

    "running_sum(x)" = "body.hidden"
    carry = { site = "cell", positions = "each", units = [0, 3, 4] }

positions: "each" (the step's own, or every one), "last" (the last real one), or "row" (a site without positions).
units: numbers of the site's units that hold the step; without them, directions are estimated.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from distill.errors import BadInput
from distill.manifest import tomllib

Alignment = Mapping[str, Mapping[str, Any]]  # step -> {"site": ..., "positions": ..., "units": ...}
KEYS = ("site", "positions", "units")
POSITIONS = ("each", "last", "row")


def read_alignment(path: Path) -> Alignment:
    """Read a file; raises BadInput where it is none, or says of a place what cannot be."""
    try:
        text = path.read_text(encoding="utf-8")
        found = json.loads(text) if path.suffix == ".json" else tomllib.loads(text)
    except OSError as error:
        raise BadInput(path, error.strerror or "a fault", "a TOML or JSON file", "check the path") from error
    except ValueError as error:  # of TOML, JSON and UTF-8 alike
        raise BadInput(path, f"a fault: {error}", "TOML, or JSON in a file named .json", "correct it") from error
    if not isinstance(found, dict) or not found:
        raise BadInput(path, type(found).__name__, "a table of steps with their sites", 'write it like carry = "cell"')
    return {str(step): _place(path, step, entry) for step, entry in found.items()}


def _place(path: Path, step: str, entry: Any) -> Mapping[str, Any]:
    where = f"{path}, step {step!r}"
    if isinstance(entry, str):
        return {"site": entry}
    if not isinstance(entry, dict) or not isinstance(entry.get("site"), str):
        raise BadInput(where, repr(entry), "the name of a site, or a table with one", 'write it like { site = "cell" }')
    if unknown := [k for k in entry if k not in KEYS]:
        raise BadInput(where, f"key {unknown[0]!r}", f"one of {', '.join(KEYS)}", "correct it")
    if entry.get("positions", "each") not in POSITIONS:
        raise BadInput(where, f"positions {entry['positions']!r}", f"one of {', '.join(POSITIONS)}", "correct it")
    units = entry.get("units", [0])
    if not (isinstance(units, list) and units and all(type(u) is int and u >= 0 for u in units)):
        raise BadInput(where, f"units {units!r}", "a list of numbers of units, from 0", "correct it")
    return entry
