"""What every loader gives: a module ready to run, and what it was read from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import nn


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """A network as read from its files.

    kind: a short name of what it is ("GPT-2", "exported graph", the class of a checkpoint's module).
    files: the files its weights and architecture were read from.
    known: what the files say of the input: `vocab_size`, `positions`, `sizes` (the input's sizes: int, or None where
           it may vary).
    """

    module: nn.Module
    kind: str
    files: tuple[Path, ...]
    known: dict[str, Any]
