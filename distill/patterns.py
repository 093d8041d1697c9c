"""Attention patterns of any torch module: its softmaxes, whether or not a module of their own computes them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode

SUFFIX = ".attention"  # what follows the module's path in the path of a pattern
_SOFTMAXES = frozenset({
    torch.ops.aten.softmax.int,
    torch.ops.aten._softmax.default,
    torch.ops.aten._safe_softmax.default,
})  # fmt: skip


@contextmanager
def softmaxes(module: nn.Module, handler: Callable[[str, Tensor], Tensor | None]) -> Iterator[None]:
    """Let `handler` see each softmax as (path of the module that computes it + SUFFIX, value), and replace it.

    Where torch's own attention folds its heads into the rows, they are shown on an axis of their own.
    Fused attention computes none: it must be switched off meanwhile.
    """
    stack: list[tuple[str, nn.Module]] = []  # the running modules, innermost last

    def enter(path: str) -> Callable[..., None]:
        def hook(child: nn.Module, _: Any) -> None:
            stack.append((path, child))

        return hook

    def leave(*_: Any) -> None:
        stack.pop()

    handles = [m.register_forward_pre_hook(enter(path)) for path, m in module.named_modules()]
    handles += [m.register_forward_hook(leave, always_call=True) for _, m in module.named_modules()]
    try:
        with _Softmaxes(stack, handler):
            yield
    finally:
        for handle in handles:
            handle.remove()


class _Softmaxes(TorchDispatchMode):
    """Passes every operation on, and shows the softmaxes."""

    def __init__(self, stack: list[tuple[str, nn.Module]], handler: Callable[[str, Tensor], Tensor | None]) -> None:
        super().__init__()
        self.stack, self.handler = stack, handler

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        return False  # nothing here is compiled, and switching the compiler off would import it first, for two seconds

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        value = func(*args, **(kwargs or {}))
        path, module = self.stack[-1] if self.stack else ("", None)
        if func not in _SOFTMAXES or module is None or isinstance(module, nn.Softmax):
            return value
        folded = isinstance(module, nn.MultiheadAttention) and value.ndim == 3
        shown = value.unflatten(0, (-1, module.num_heads)) if folded else value
        replaced = self.handler((path + SUFFIX).lstrip("."), shown)
        return value if replaced is None else replaced.reshape(value.shape)
