"""What `import distill` offers: `compile` and `load`."""

from __future__ import annotations

from pathlib import Path

from distill.pipeline import Compiled, Options, compile_model
from distill.standin import load


def compile(path: str | Path, **options: object) -> Compiled:
    """Compile a model file or bundle folder; options as of `distill.pipeline.Options` (budget, seed, device, ...)."""
    return compile_model(Path(path), Options(**options))


__all__ = ["compile", "load"]
