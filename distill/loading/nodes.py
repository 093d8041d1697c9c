"""From the JSON of an exported graph to nodes: which operations it may call, and how its values are written.

Only operations on tensors and arithmetic on their sizes are called. An exported graph may name any function of torch
and of the modules that torch imports; what is not listed here is refused.
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from distill.errors import BadInput, shown
from distill.loading.graph import ARRANGING, Node, Ref

DTYPES = {
    1: torch.uint8, 2: torch.int8, 3: torch.int16, 4: torch.int32, 5: torch.int64, 6: torch.float16,
    7: torch.float32, 8: torch.float64, 10: torch.complex64, 11: torch.complex128, 12: torch.bool, 13: torch.bfloat16,
}  # fmt: skip
_MEMORY_FORMATS = {
    1: torch.contiguous_format, 2: torch.channels_last, 3: torch.channels_last_3d, 4: torch.preserve_format,
}  # fmt: skip
_ARITHMETIC: dict[str, Callable[..., Any]] = {
    **{f"_operator.{f.__name__}": f for f in (
        operator.add, operator.sub, operator.mul, operator.floordiv, operator.truediv, operator.mod, operator.neg,
        operator.pos, operator.pow, operator.eq, operator.ne, operator.lt, operator.le, operator.gt, operator.ge,
        operator.and_, operator.or_, operator.lshift, operator.rshift, operator.getitem,
    )},
    **{f"math.{f.__name__}": f for f in (math.ceil, math.floor, math.trunc, math.sqrt)},
    "torch.sym_float": float, "torch.sym_int": int, "torch.sym_max": max, "torch.sym_min": min,
    "torch.sym_not": operator.not_, "torch.sym_sqrt": math.sqrt, "torch._sym_sqrt": math.sqrt,
}  # fmt: skip
_TARGET = re.compile(r"torch\.ops\.aten\.(\w+)\.(\w+)")
_FILES = frozenset({"from_file", "save"})  # operations of aten that reach files
_ATTENTION = "torch.ops.aten.scaled_dot_product_attention.default"
_WRAPPER = "torch.ops.higher_order.wrap_with_set_grad_enabled"  # only says whether gradients are wanted: they are not


@dataclass(frozen=True, slots=True)
class Scope:
    """Reads the nodes of one graph. path: of the file. names: what values of an inner graph are called outside."""

    path: Path
    device: torch.device
    names: Mapping[str, str] = field(default_factory=dict)
    prefix: str = ""

    def nodes(self, graph: dict) -> Iterator[Node]:
        """Yield the nodes of a graph, those of inner graphs in their place."""
        for node in graph["nodes"]:
            if node["target"] == _WRAPPER:
                yield from self._inner(node)
            elif node["target"] == _ATTENTION:
                yield from self._attention(node)
            else:
                yield self._node(node)

    def _node(self, node: dict) -> Node:
        target = node["target"]
        named = [(i["name"], self.argument(i["arg"])) for i in node["inputs"]]
        outputs = [self._output(o) for o in node["outputs"]]
        keywords = target.startswith("torch.ops.")
        return Node(
            self.name(_name(node)),
            _place(node),
            self.target(target),
            () if keywords else tuple(a for _, a in named),
            dict(named) if keywords else {},
            outputs[0] if len(outputs) == 1 else outputs,
            not keywords or target.split(".")[3] in ARRANGING,
        )

    def _attention(self, node: dict) -> Iterator[Node]:
        """Read fused attention as two nodes, the pattern and what it fetches, so that the pattern can be seen."""
        plain = self._node(node)
        arguments = dict(plain.kwargs)
        values = arguments.pop("value")
        pattern = f"{plain.name}.attention"
        yield Node(pattern, f"{plain.path}.attention", attention_pattern, (), arguments, pattern)
        yield Node(plain.name, plain.path, _fetch, (Ref(pattern), values), {}, plain.outputs)

    def _inner(self, node: dict) -> Iterator[Node]:
        (_, wrapped, *operands) = [i["arg"] for i in node["inputs"]]
        graph, prefix = wrapped["as_graph"]["graph"], f"{self.name(_name(node))}."
        names = {}
        for inner, outer in zip(graph["inputs"], operands, strict=True):
            names[inner["as_tensor"]["name"]] = self.argument(outer).name
        for inner, outer in zip(graph["outputs"], node["outputs"], strict=True):
            names[inner["as_tensor"]["name"]] = self._output(outer)
        yield from Scope(self.path, self.device, names, prefix).nodes(graph)

    def name(self, name: str) -> str:
        """Give what a value of this graph is called in the whole."""
        return self.names.get(name, self.prefix + name)

    def target(self, target: str) -> Callable[..., Any]:
        """Give what a node calls: an operation on tensors, or arithmetic on their sizes."""
        if target in _ARITHMETIC:
            return _ARITHMETIC[target]
        if (match := _TARGET.fullmatch(target)) and match.group(1) not in _FILES:
            found = getattr(getattr(torch.ops.aten, match.group(1), None), match.group(2), None)
            if isinstance(found, torch._ops.OpOverload):
                return found
        expected = "tensor operations of torch.ops.aten alone"
        remedy = "export it again after run_decompositions()"
        raise BadInput(self.path, f"a graph that calls {shown(target)}", expected, remedy)

    def argument(self, argument: dict) -> Any:
        """Turn a tagged value into what a call takes, or a Ref."""
        (tag, value), *_ = argument.items()
        match tag:
            case "as_none":
                return None
            case "as_tensor":
                return Ref(self.name(value["name"]))
            case "as_tensors":
                return [Ref(self.name(v["name"])) for v in value]
            case "as_name":
                return Ref(self.name(value))
            case "as_optional_tensors" | "as_sym_ints" | "as_sym_floats" | "as_sym_bools":
                return [self.argument(v) for v in value]
            case "as_sym_int" | "as_sym_float" | "as_sym_bool" | "as_optional_tensor":
                return self.argument(value)
            case "as_int" | "as_ints" | "as_bool" | "as_bools" | "as_string" | "as_strings":
                return value
            case "as_float":
                return float(value)  # infinities are written as strings
            case "as_floats":
                return [float(v) for v in value]
            case "as_scalar_type":
                return DTYPES[value]
            case "as_memory_format":
                return _MEMORY_FORMATS[value]
            case "as_layout":
                return torch.strided
            case "as_device":
                return self.device
        found, remedy = f"a graph that passes a value {tag!r}", "export a simpler forward"
        raise BadInput(self.path, found, "tensors and numbers", remedy)

    def _output(self, output: dict) -> Any:
        """Give the name an output is bound to, None for none, a list for several."""
        (tag, value), *_ = output.items()
        match tag:
            case "as_tensor":
                return self.name(value["name"])
            case "as_sym_int" | "as_sym_float" | "as_sym_bool":
                return self.name(value["as_name"])
            case "as_tensors":
                return [self.name(v["name"]) for v in value]
        return None


def _name(node: dict) -> str:
    """Give a node's name; older files give only its output's."""
    (value, *_) = node["outputs"][0].values()
    return node.get("name") or value.get("name") or value["as_name"]


def _place(node: dict) -> str:
    """Give the path of the module a node came from, and its name.

    The module is the last of "key,path,type;key,path,type".
    """
    parts = node["metadata"].get("nn_module_stack", "").rsplit(";", 1)[-1].split(",")
    module = parts[1] if len(parts) == 3 and "metadata_hook" not in parts[1] else ""
    return f"{module}.{_name(node)}" if module else _name(node)


def attention_pattern(
    query: Tensor, key: Tensor, attn_mask: Tensor | None = None, dropout_p: float = 0.0, is_causal: bool = False,
    *, scale: float | None = None, enable_gqa: bool = False,
) -> Tensor:  # fmt: skip
    """Give the weights of scaled dot-product attention: [..., query, key]; dropout is never applied."""
    if enable_gqa:
        key = key.repeat_interleave(query.shape[-3] // key.shape[-3], -3)
    scores = query @ key.mT * (query.shape[-1] ** -0.5 if scale is None else scale)
    if is_causal:
        attn_mask = torch.ones(scores.shape[-2:], dtype=torch.bool, device=scores.device).tril()
    if attn_mask is not None:
        scores = scores.masked_fill(~attn_mask, -math.inf) if attn_mask.dtype == torch.bool else scores + attn_mask
    return scores.softmax(-1)


def _fetch(pattern: Tensor, value: Tensor) -> Tensor:
    if pattern.shape[-3:-2] != value.shape[-3:-2] and value.ndim > 2 and value.shape[-3] > 1:
        value = value.repeat_interleave(pattern.shape[-3] // value.shape[-3], -3)
    return pattern @ value
