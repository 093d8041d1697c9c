"""What a user may set of a compile."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Options:
    """What a user may set.

    budget: seconds; flags: keys of distill.toml that override it; offsets: whether to judge at position offsets, too.
    """

    budget: float = 120.0
    seed: int = 0
    device: str = "cpu"
    trust: bool = False
    flags: dict[str, object] = field(default_factory=dict)
    report: Callable[[str], None] = lambda _: None
    offsets: bool = False
