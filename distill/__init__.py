"""distill: a compiler from trained neural networks to short, readable programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from distill.api import compile, load

__version__ = "0.1.0"
__all__ = ["__version__", "compile", "load"]


def __getattr__(name: str) -> Any:
    """Import the public functions when they are first asked for, as torch takes a second to import."""
    if name in ("compile", "load"):
        import distill.api

        return getattr(distill.api, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
