"""Programs translated from TorchScript: operations on named values, with branches and loops, and modules that run them.

They are plain data, so that a copy of a module has weights of its own.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from torch._ops import OpOverload

_FILES = frozenset({"aten::save", "aten::from_file"})
_CHANGED_LIST = "[](a!)"  # in the schema of what changes a list, of which torch would be given a copy


class Scripted(nn.Module):
    """A module of TorchScript, translated. programs: its methods by name."""

    def __init__(self) -> None:
        super().__init__()
        self.programs: dict[str, Program] = {}

    def forward(self, *args: Any, method: str = "forward") -> Any:
        """Run a method that is a forward; in a trace each call of a module has one of its own."""
        return self.programs[method].run(*args)


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """One operation: what to call with `fixed` and the values of the inputs, which are names, as the outputs are.

    keywords: what the last of the inputs are passed as.
    """

    call: Callable[..., Any]
    inputs: Sequence[str]
    outputs: Sequence[str]
    fixed: tuple[Any, ...] = ()
    keywords: Sequence[str] = ()

    def run(self, values: dict[str, Any]) -> None:
        """Add the outputs to the values."""
        given = [*self.fixed, *[values[name] for name in self.inputs]]
        if self.keywords:
            free = len(given) - len(self.keywords)
            found = self.call(*given[:free], **dict(zip(self.keywords, given[free:], strict=True)))
        else:
            found = self.call(*given)
        if len(self.outputs) == 1:
            values[self.outputs[0]] = found
        elif self.outputs:
            values.update(zip(self.outputs, found, strict=True))


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """Steps in order; results are names."""

    inputs: Sequence[str]
    steps: Sequence[Step | Branch | Loop]
    results: Sequence[str]

    def run(self, values: dict[str, Any], *args: Any) -> list[Any]:
        """Give the results, where the inputs are `args`."""
        values.update(zip(self.inputs, args, strict=True))
        for step in self.steps:
            step.run(values)
        return [values[name] for name in self.results]


@dataclass(frozen=True, slots=True, eq=False)
class Branch:
    """The first block where the one input is true, else the second."""

    inputs: Sequence[str]
    outputs: Sequence[str]
    blocks: Sequence[Block]

    def run(self, values: dict[str, Any]) -> None:
        """Add the outputs to the values."""
        found = self.blocks[0 if values[self.inputs[0]] else 1].run(values)
        values.update(zip(self.outputs, found, strict=True))


@dataclass(frozen=True, slots=True, eq=False)
class Loop:
    """A block that is run at most so often, as long as it says so; the rest of what it says is carried on."""

    inputs: Sequence[str]
    outputs: Sequence[str]
    blocks: Sequence[Block]

    def run(self, values: dict[str, Any]) -> None:
        """Add the outputs to the values."""
        most, going, *carried = [values[name] for name in self.inputs]
        turn = 0
        while going and turn < most:
            going, *carried = self.blocks[0].run(values, turn, *carried)
            turn += 1
        values.update(zip(self.outputs, carried, strict=True))


@dataclass(frozen=True, slots=True, eq=False)
class Program:
    """A method or function: its code, and the values that are known before it runs, by name."""

    known: Mapping[str, Any]
    block: Block

    def run(self, *args: Any) -> Any:
        """Give the result."""
        return self.block.run(dict(self.known), *args)[0]


def invoke(module: Scripted, method: str, *args: Any) -> Any:
    """Call a method; where it is a forward, as a call of the module, which hooks can see."""
    return module(*args, method=method) if method.startswith("forward") else module.programs[method].run(*args)


def operation(kind: str, schema: str) -> tuple[Callable[..., Any], tuple[str, ...]] | None:
    """Give what an operation calls and which of its arguments are keywords.

    schema: as torch writes it, "" where there is none. None for what is no operation on tensors, numbers and lists.
    """
    parsed = torch._C.parse_schema(schema) if schema else None
    overload = parsed.overload_name if parsed else ""
    if found := _OF_PYTHON.get(kind) or _OF_PYTHON.get(f"{kind}.{overload}"):
        return found, ()
    space, _, name = kind.partition("::")
    if not parsed or space not in ("aten", "prim") or kind in _FILES or _CHANGED_LIST in schema.replace(" ", ""):
        return None
    found = getattr(getattr(getattr(torch.ops, space), name, None), overload or "default", None)
    keywords = tuple(a.name for a in parsed.arguments if a.kwarg_only)
    return (found, keywords) if isinstance(found, OpOverload) else None


def _append(parts: list[Any], part: Any) -> list[Any]:
    parts.append(part)
    return parts


def _fail(message: str, *_: Any) -> None:
    raise RuntimeError(message)


_OF_PYTHON: Mapping[str, Callable[..., Any]] = {  # those of lists, which torch would copy
    "prim::ListConstruct": lambda *parts: list(parts),
    "prim::TupleConstruct": lambda *parts: parts,
    "prim::TupleIndex": operator.getitem,
    "prim::TupleUnpack": list,
    "prim::ListUnpack": list,
    "prim::unchecked_cast": lambda value: value,
    "prim::Uninitialized": lambda: None,
    "prim::RaiseException": _fail,
    "aten::__is__": operator.is_,
    "aten::__isnot__": operator.is_not,
    "aten::__getitem__.t": operator.getitem,
    "aten::append.t": _append,
    "aten::len.t": len,
    "aten::list.t": list,
    "aten::format": str.format,
    "aten::warn": lambda *_: None,
}
