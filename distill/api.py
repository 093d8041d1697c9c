"""What `import distill` offers: `compile` and `load`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from distill.pipeline import Options, compile_model
from distill.standin import load

_NONE: Mapping[str, object] = MappingProxyType({})


def compile(
    path: str | Path,
    *,
    budget: float = 120.0,
    seed: int = 0,
    device: str = "cpu",
    trust: bool = False,
    flags: Mapping[str, object] = _NONE,
) -> dict[str, Any]:
    """Compile a model file or a bundle's folder and give the certificate; the program is its ["program"]["source"].

    budget: seconds; flags: keys of distill.toml that override it. Where no program is accepted, "accepted" is False,
    "why" says why, and the program, if there is one, is the best candidate. Raises distill.errors.BadInput.
    """
    compiled = compile_model(Path(path), Options(budget, seed, device, trust, dict(flags)))
    if compiled.accepted:
        return compiled.certificate
    return {"accepted": False, "why": compiled.why, **compiled.certificate}


__all__ = ["compile", "load"]
