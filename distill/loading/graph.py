"""A computation graph of tensor operations, run node by node so that every value can be seen and replaced."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn

# Operations that only arrange values anew, or pass them on: no site of their own, as the value has one already.
ARRANGING = frozenset({
    "_to_copy", "_unsafe_view", "adjoint", "alias", "chunk", "clone", "contiguous", "detach", "detach_", "dropout",
    "expand", "flatten", "lift_fresh_copy", "mT", "movedim", "numpy_T", "permute", "reshape", "select", "slice",
    "split", "split_with_sizes", "squeeze", "t", "to", "transpose", "unbind", "unflatten", "unsqueeze", "view",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Ref:
    """The value of an earlier node, by name."""

    name: str


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """One operation. args and kwargs may hold Refs, in lists too; outputs: a name, or nested lists of names and None.

    path: the module it came from and its own name; arranging: whether it only arranges values anew.
    """

    name: str
    path: str
    call: Callable[..., Any]
    args: tuple
    kwargs: Mapping[str, Any]
    outputs: Any
    arranging: bool = False


class Graph(nn.Module):
    """Runs nodes in order. `tap(path, value)` sees each float value, and what it returns, if not None, replaces it."""

    def __init__(
        self, nodes: list[Node], inputs: dict[str, Any], argument: str, result: str, tensors: dict[str, Tensor]
    ) -> None:
        """Take the nodes, constant inputs by name, the names of the argument and the result, and weights by name."""
        super().__init__()
        self.nodes, self.inputs, self.argument, self.result = nodes, inputs, argument, result
        self.slots: dict[str, str] = {}
        self.tap: Callable[[str, Tensor], Tensor | None] | None = None
        for i, (name, tensor) in enumerate(tensors.items()):
            self.slots[name] = f"tensor_{i}"
            if isinstance(tensor, nn.Parameter):
                self.register_parameter(f"tensor_{i}", tensor)
            else:
                self.register_buffer(f"tensor_{i}", tensor)
        self.last_use = _last_use(nodes, result)

    def forward(self, argument: Tensor) -> Tensor:
        """Run the graph on [row, ...]; errors add the node they came from."""
        values: dict[str, Any] = {name: getattr(self, slot) for name, slot in self.slots.items()}
        values.update(self.inputs)
        values[self.argument] = argument
        for node in self.nodes:
            try:
                found = node.call(*_fill(node.args, values), **_fill(node.kwargs, values))
            except RuntimeError as error:
                raise RuntimeError(f"{error} (in node {node.path})") from error
            if self.tap and not node.arranging:
                found = self._tapped(node.path, found)
            _bind(node.outputs, found, values)
            for name in self.last_use[node.name]:
                del values[name]
        return values[self.result]

    def _tapped(self, path: str, found: Any) -> Any:
        """Show what a node gave, each part of several, and take what replaces it."""
        if isinstance(found, (list, tuple)):
            return [self._tapped(f"{path}.{i}", part) for i, part in enumerate(found)]
        if self.tap is None or not isinstance(found, Tensor) or not found.is_floating_point():
            return found
        replaced = self.tap(path, found)
        return found if replaced is None else replaced


def _fill(argument: Any, values: Mapping[str, Any]) -> Any:
    """Give the argument with each Ref replaced by its value."""
    if isinstance(argument, Ref):
        return values[argument.name]
    if isinstance(argument, (list, tuple)):
        return [_fill(a, values) for a in argument]
    if isinstance(argument, dict):
        return {k: _fill(v, values) for k, v in argument.items()}
    return argument


def _bind(outputs: Any, found: Any, values: dict[str, Any]) -> None:
    if isinstance(outputs, str):
        values[outputs] = found
    elif isinstance(outputs, list):
        for name, value in zip(outputs, found, strict=True):
            _bind(name, value, values)


def references(argument: Any) -> Iterator[str]:
    """Yield the names of the values an argument refers to."""
    if isinstance(argument, Ref):
        yield argument.name
    elif isinstance(argument, (list, tuple)):
        for a in argument:
            yield from references(a)
    elif isinstance(argument, Mapping):
        for a in argument.values():
            yield from references(a)


def _last_use(nodes: list[Node], result: str) -> dict[str, list[str]]:
    """Say which values are not needed after each node, so that they can be freed."""
    made: set[str] = set()
    last: dict[str, str] = {}
    for node in nodes:
        for name in references([node.args, node.kwargs]):
            last[name] = node.name
        made.update(_names(node.outputs))
    freed: dict[str, list[str]] = {node.name: [] for node in nodes}
    for name, node_name in last.items():
        if name in made and name != result:
            freed[node_name].append(name)
    return freed


def _names(outputs: Any) -> Iterator[str]:
    if isinstance(outputs, str):
        yield outputs
    elif isinstance(outputs, list):
        for o in outputs:
            yield from _names(o)


__all__ = ["ARRANGING", "Graph", "Node", "Ref", "references"]
