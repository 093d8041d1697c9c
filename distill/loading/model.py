"""What every loader gives: a module ready to run, and what it was read from. And the one way to unpickle."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import torch
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


def unpickle(source: Path | IO[bytes]) -> Any:
    """Load what `torch.save` wrote where it is tensors and plain values, and runs nothing.

    Raises pickle.UnpicklingError where it is more, and almost anything where it is damaged; never warns.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of formats that torch may not know: what it does not know, it refuses
        return torch.load(source, map_location="cpu", weights_only=True)
