"""A certificate as a page for people to read: one HTML file that needs nothing else."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from distill.summary import behaviour, mechanism, reach


def page(certificate: Mapping[str, Any], why: str) -> str:
    """Give the page of a compile. why: the reason for a refusal, "" where the program was accepted."""
    environment = Environment(
        loader=PackageLoader("distill", ""),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["shown"] = _shown
    return environment.get_template("report.html.jinja").render(
        {**certificate, "why": why, "claims": _claims(certificate), "tables": _tables(certificate)}
    )


def _claims(certificate: Mapping[str, Any]) -> dict[str, str]:
    """Give the three claims, in words."""
    if certificate["behaviour"] is None:
        return {}
    return {
        "behaviour": behaviour(certificate["behaviour"]),
        "mechanism": mechanism(certificate["mechanism"]),
        "reach": reach(certificate["reach"]),
    }


def _tables(certificate: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Give what is shown figure by figure: all but the program and the counterexamples, which are set apart."""
    parts = ("behaviour", "mechanism", "reach", "network", "domain", "reproduce")
    apart = ("counterexamples", "alignment", "interchange", "controls", "untested", "refuted")
    found = {part: certificate[part] for part in parts if certificate[part] is not None}
    return {part: {k: v for k, v in table.items() if k not in apart} for part, table in found.items()}


def _shown(value: Any) -> str:
    """Give a figure as text: strings as they are, all else as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
