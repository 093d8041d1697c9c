"""Recurrence in exported graphs, made visible: fused layers run cell by cell, and steps that were unrolled share paths.

A graph of torch.export has a recurrent layer as one operation (`aten.gru`, ...), or a loop as copies of its nodes, one
for each step. Afterwards a cell, or nodes that are copies of each other, have one path that is called once a step.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import torch
from torch import nn
from torch._ops import OpOverload

from distill.loading.cells import BACKWARDS, FUSED, called_backwards, make_cells, run_fused
from distill.loading.graph import Graph, Node, Ref, references

_ATEN = torch.ops.aten
_SAME = (_ATEN.alias.default, _ATEN.clone.default, _ATEN.contiguous.default, _ATEN.detach.default)
_SHAPED = (  # read no more than the shape of what they are given
    _ATEN.sym_size.int, _ATEN.new_zeros.default, _ATEN.new_ones.default, _ATEN.new_full.default,
    _ATEN.zeros_like.default, _ATEN.ones_like.default, _ATEN.full_like.default,
)  # fmt: skip
_END = 2**62  # a slice that ends beyond it takes all there is

Source = tuple[str, int]  # a value, and the axis along which it is taken apart
Taken = Mapping[Source, int]  # which slices of each source a value is made from: bit t for slice t


def roll(graph: Graph) -> Graph:
    """Show the state of each recurrent layer and loop of a graph step by step, in place; give the graph.

    Its attribute `backwards` then says on which paths calls run from the last position to the first.
    """
    nodes = [_stepwise(graph, node) for node in graph.nodes]
    paths, backwards = _shared_paths(nodes, graph.argument)
    graph.nodes[:] = [replace(node, path=paths.get(node.name, node.path)) for node in nodes]
    for node in nodes:
        if isinstance(node.call, partial) and node.call.func is run_fused:
            backwards |= called_backwards(node.call.args[0], f"{node.path}.cells.")
    setattr(graph, BACKWARDS, frozenset(backwards))
    return graph


def _stepwise(graph: Graph, node: Node) -> Node:
    """Give a node that runs a fused layer cell by cell; any other as it is."""
    if (mode := _mode(node)) is None:
        return node
    cells = make_cells(mode, node.kwargs["num_layers"], node.kwargs["bidirectional"])
    for name, cell in cells.named_modules():
        if name:
            cell.register_forward_hook(partial(_shown, graph, f"{node.path}.cells.{name}"))
    return replace(node, call=partial(run_fused, cells))


def _mode(node: Node) -> str | None:
    """Give the mode of a fused layer, None for another node, or one that takes packed sequences."""
    call = node.call
    return FUSED.get(call._schema.name) if isinstance(call, OpOverload) and call._overloadname == "input" else None


def _shown(graph: Graph, path: str, _module: nn.Module, _args: Any, output: Any) -> Any:
    """Let the graph's tap see and replace what leaves a cell: the first of its values."""
    if graph.tap is None:
        return None
    several = isinstance(output, tuple)
    replaced = graph.tap(path, output[0] if several else output)
    return (replaced, *output[1:]) if several and replaced is not None else replaced


def _shared_paths(nodes: Sequence[Node], argument: str) -> tuple[dict[str, str], set[str]]:
    """Give the copies of a node the path of the first, by name; and on which paths calls run backwards.

    Steps are told by what they read: in a loop over the slices of a value, step t is what is made of slice t alone,
    or of all slices up to it (or down to it) and no others.
    """
    taken, slices = _taken(nodes, argument)
    flipped = {n.name for n in nodes if n.call is _ATEN.flip.default}
    paths: dict[str, str] = {}
    backwards: set[str] = set()
    for source in dict.fromkeys(source for source, _ in slices.values()):
        starts = {name: index for name, (other, index) in slices.items() if other == source}
        count = max(starts.values()) + 1
        if count < 2 or len(set(starts.values())) < count:
            continue
        for reverse in (False, True):
            steps = _steps(taken, source, count, reverse=reverse)
            copies = _copies([n for n in nodes if n.name not in paths], steps, starts, count)
            paths |= copies
            if reverse != (source[0] in flipped):
                backwards.update(copies.values())
    return paths, backwards


def _steps(taken: Mapping[str, Taken], source: Source, count: int, *, reverse: bool) -> dict[str, int]:
    """Give the step, in the order of positions, of each value that is part of one, by name."""
    whole = (1 << count) - 1
    reads = [(1 << t, whole >> t << t if reverse else whole >> (count - 1 - t)) for t in range(count)]
    step = {bits: t for t, both in enumerate(reads) for bits in both}
    return {name: step[found[source]] for name, found in taken.items() if found.get(source) in step}


def _copies(nodes: Sequence[Node], steps: Mapping[str, int], starts: Collection[str], count: int) -> dict[str, str]:
    """Give nodes that each of `count` steps computes likewise the path of the first of them, by name.

    Likewise: by the same calls in the same modules, from the step's slice and from what comes from elsewhere.
    """
    kinds: dict[str, Any] = dict.fromkeys(starts, "slice")
    numbers: dict[Any, int] = {}
    alike = defaultdict[int, list[list[Node]]](lambda: [[] for _ in range(count)])
    for node in nodes:
        names = [n for n in _names(node) if n in steps and n not in starts]
        if not names:
            continue
        step = steps[names[0]]
        inside = {n: kinds[n] for n in references([node.args, node.kwargs]) if steps.get(n) == step and n in kinds}
        key = (node.call, node.path.removesuffix(node.name), _written([node.args, node.kwargs], inside))
        number = numbers.setdefault(key, len(numbers))
        kinds |= {name: (number, place) for place, name in enumerate(names)}
        if not node.arranging:
            alike[number][step].append(node)
    paths: dict[str, str] = {}
    for copies in alike.values():
        if len({len(c) for c in copies}) == 1:
            for same in zip(*copies, strict=True):
                first = min(same, key=nodes.index)
                paths |= {n.name: first.path for n in same}
    return paths


def _written(argument: Any, inside: Mapping[str, Any]) -> Any:
    """Give a node's arguments as something to compare by, values from outside its step all alike."""
    if isinstance(argument, Ref):
        return inside.get(argument.name)
    if isinstance(argument, Mapping):
        argument = list(argument.items())
    return tuple(_written(a, inside) for a in argument) if isinstance(argument, list | tuple) else repr(argument)


def _taken(nodes: Sequence[Node], argument: str) -> tuple[dict[str, Taken], dict[str, tuple[Source, int]]]:
    """Give what each value is made from, by name, and which values are slices of what.

    Only values that depend on the argument, by more than its shape, are looked at.
    """
    taken: dict[str, Taken] = {argument: {}}
    slices: dict[str, tuple[Source, int]] = {}
    same: dict[str, str] = {}
    for node in nodes:
        reads = [taken[name] for name in references([node.args, node.kwargs]) if name in taken]
        if not reads or node.call in _SHAPED:
            continue
        found = defaultdict[Source, int](int)
        for source, bits in (item for read in reads for item in read.items()):
            found[source] |= bits
        taken |= dict.fromkeys(_names(node), found)
        if _takes_all(node):
            value: str = node.kwargs["self"].name
            same[node.name] = same.get(value, value)
        for name, (value, axis, index) in _slices(node):
            source = (same.get(value, value), axis)
            slices[name] = (source, index)
            taken[name] = {**found, source: 1 << index}
    return taken, slices


def _names(node: Node) -> list[str]:
    """Give the names of a node's values, which may be several."""
    outputs = node.outputs if isinstance(node.outputs, list) else [node.outputs]
    return [name for name in outputs if isinstance(name, str)]


def _takes_all(node: Node) -> bool:
    """Say whether a node gives its one argument as it is."""
    if node.call is _ATEN.slice.Tensor:
        start, end = node.kwargs.get("start"), node.kwargs.get("end")
        return start in (None, 0) and (end is None or (isinstance(end, int) and end > _END))
    return node.call in _SAME


def _slices(node: Node) -> Iterator[tuple[str, tuple[str, int, int]]]:
    """Yield each slice of width one that a node gives: its name, and the value, axis and index it is taken at."""
    given = node.kwargs
    if not isinstance(given.get("self"), Ref):
        return
    value, axis = given["self"].name, given.get("dim", 0)
    start, end = given.get("start"), given.get("end")
    match node.call:
        case _ATEN.select.int if isinstance(given["index"], int) and given["index"] >= 0:
            yield node.name, (value, axis, given["index"])
        case _ATEN.slice.Tensor if isinstance(start, int) and start >= 0 and end == start + 1:
            yield node.name, (value, axis, start)
        case _ATEN.unbind.int:
            yield from ((name, (value, axis, k)) for k, name in enumerate(_names(node)))
        case _ATEN.split.Tensor if given["split_size"] == 1:
            yield from ((name, (value, axis, k)) for k, name in enumerate(_names(node)))
        case _ATEN.split_with_sizes.default if set(given["split_sizes"]) == {1}:
            yield from ((name, (value, axis, k)) for k, name in enumerate(_names(node)))
