"""Embeddings of absolute positions: which module it is, and running it as if inputs began at a later position."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn


def position_embedding(module: nn.Module, run: Callable[[], object], length: int) -> nn.Embedding | None:
    """Give the embedding that reads 0, 1, ... when inputs of `length` positions, more than one, are run; None for none.

    run: runs such inputs.
    """
    found: list[nn.Embedding] = []

    def look(embedding: nn.Module, args: Any) -> None:
        read = args[0].reshape(-1)[:length].tolist() if args and isinstance(args[0], Tensor) else []
        if isinstance(embedding, nn.Embedding) and length > 1 and read == list(range(length)):
            found.append(embedding)

    handles = [m.register_forward_pre_hook(look) for m in module.modules() if isinstance(m, nn.Embedding)]
    try:
        run()
    finally:
        for handle in handles:
            handle.remove()
    return found[0] if found else None


@contextmanager
def beginning_at(offset: int, embedding: nn.Embedding) -> Iterator[None]:
    """Let an embedding of positions read each of them `offset` later."""

    def later(_: nn.Module, args: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        return (torch.add(args[0], offset), *args[1:])

    handle = embedding.register_forward_pre_hook(later)
    try:
        yield
    finally:
        handle.remove()
