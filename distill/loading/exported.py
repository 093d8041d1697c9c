"""torch.export archives (.pt2), read without `torch.export.load`.

That loader unpickles sample inputs, weights and constants without restraint, evaluates the strings that describe
sizes and guards, and calls whatever function of torch a node names: an archive can run any command. Here the graph
is read as the JSON it is, may call only the tensor operations of `torch.ops.aten` and integer arithmetic, and
weights are read as bytes. It is also forty times faster, as most of `torch.export` need not be imported.
"""

from __future__ import annotations

import io
import json
import math
import operator
import re
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from distill.errors import BadInput, shown
from distill.loading.archive import Archive, damaged
from distill.loading.graph import ARRANGING, Graph, Node, Ref
from distill.loading.model import Model

_DTYPES = {
    1: torch.uint8, 2: torch.int8, 3: torch.int16, 4: torch.int32, 5: torch.int64, 6: torch.float16,
    7: torch.float32, 8: torch.float64, 10: torch.complex64, 11: torch.complex128, 12: torch.bool, 13: torch.bfloat16,
}  # fmt: skip
_MEMORY_FORMATS = {
    1: torch.contiguous_format, 2: torch.channels_last, 3: torch.channels_last_3d, 4: torch.preserve_format,
}  # fmt: skip
_OPERATORS = {
    f"_operator.{f.__name__}": f
    for f in (
        operator.add, operator.sub, operator.mul, operator.floordiv, operator.truediv, operator.mod, operator.neg,
        operator.pow, operator.eq, operator.ne, operator.lt, operator.le, operator.gt, operator.ge, operator.and_,
        operator.or_, operator.not_, operator.getitem,
    )
} | {f"math.{f.__name__}": f for f in (math.ceil, math.floor, math.trunc, math.sqrt)}  # fmt: skip
_FILES = frozenset({"from_file", "save"})  # operations of aten that reach files
_TARGET = re.compile(r"torch\.ops\.aten\.(\w+)\.(\w+)")


def load_exported(archive: Archive, device: str) -> Model:
    """Read an exported program's graph and weights; its tensors are made on `device`.

    Raises BadInput where the archive is damaged, the graph takes or gives more than one tensor, or it calls what is
    not a tensor operation.
    """
    with damaged(archive.path, "an exported program"):
        name = _only(archive, "models/", ".json")
        program = json.loads(archive.read(f"models/{name}.json"))
        module = program["graph_module"]
        state = _payload(archive, "weights", name) | _payload(archive, "constants", name)
        graph, known = _Reader(archive, device).graph(module, state, program.get("range_constraints", {}))
        return Model(graph.to(device), "exported graph", (archive.path,), known)


class _Reader:
    """Turns the JSON of one exported graph into nodes."""

    def __init__(self, archive: Archive, device: str) -> None:
        self.path, self.device = archive.path, torch.device(device)

    def graph(self, module: dict, state: dict[str, Tensor], ranges: dict) -> tuple[Graph, dict[str, Any]]:
        tensors: dict[str, Tensor] = {}
        constants: dict[str, Any] = {}
        arguments: list[str] = []
        for spec in module["signature"]["input_specs"]:
            (kind, body), *_ = spec.items()
            if kind in ("parameter", "buffer", "tensor_constant"):
                tensors[body["arg"]["name"]] = state[body[f"{kind}_name"]]
            elif kind == "constant_input":
                constants[body["name"]] = self.argument(body["value"])
            elif kind == "user_input" and "as_tensor" in body["arg"]:
                arguments.append(body["arg"]["as_tensor"]["name"])
            elif kind != "user_input" or "as_none" not in body["arg"]:
                raise BadInput(self.path, f"a graph that takes a {kind}", "one tensor", "export forward(tensor)")
        specs = module["signature"]["output_specs"]
        results = [s["user_output"]["arg"]["as_tensor"]["name"] for s in specs if "user_output" in s]
        for what, names in (("takes", arguments), ("gives", results)):
            if len(names) != 1:
                found = f"a graph that {what} {len(names)} tensors ({', '.join(names)})"
                raise BadInput(self.path, found, "one", "export a forward(tensor) that returns the logits alone")
        nodes = [self.node(n) for n in module["graph"]["nodes"]]
        sizes = module["graph"]["tensor_values"][arguments[0]]["sizes"]
        known: dict[str, Any] = {"sizes": tuple(s.get("as_int") for s in sizes)}
        if len(sizes) > 1 and (most := _largest(sizes[1], ranges)) is not None:
            known["positions"] = most
        for node in nodes:
            if node.call is torch.ops.aten.embedding.default and node.kwargs["indices"] == Ref(arguments[0]):
                known["vocab_size"] = len(tensors[node.kwargs["weight"].name])
        return Graph(nodes, constants, arguments[0], results[0], tensors), known

    def node(self, node: dict) -> Node:
        target = node["target"]
        call = self.target(target)
        named = [(i["name"], self.argument(i["arg"])) for i in node["inputs"]]
        outputs = [_output(o) for o in node["outputs"]]
        name = node.get("name") or next(o for o in outputs if isinstance(o, str))
        keywords = target.startswith("torch.")
        return Node(
            name,
            ".".join(filter(None, (_module(node["metadata"].get("nn_module_stack", "")), name))),
            call,
            () if keywords else tuple(a for _, a in named),
            dict(named) if keywords else {},
            outputs[0] if len(outputs) == 1 else outputs,
            not keywords or target.split(".")[3] in ARRANGING,
        )

    def target(self, target: str) -> Callable[..., Any]:
        """Give what a node calls: an operation on tensors, or arithmetic on their sizes."""
        if target in _OPERATORS:
            return _OPERATORS[target]
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
                return Ref(value["name"])
            case "as_tensors":
                return [Ref(v["name"]) for v in value]
            case "as_name":
                return Ref(value)
            case "as_optional_tensors" | "as_sym_ints" | "as_sym_floats" | "as_sym_bools":
                return [self.argument(v) for v in value]
            case "as_sym_int" | "as_sym_float" | "as_sym_bool" | "as_optional_tensor":
                return self.argument(value)
            case "as_int" | "as_ints" | "as_float" | "as_floats" | "as_bool" | "as_bools" | "as_string" | "as_strings":
                return float(value) if tag == "as_float" else value
            case "as_scalar_type":
                return _DTYPES[value]
            case "as_memory_format":
                return _MEMORY_FORMATS[value]
            case "as_layout":
                return torch.strided
            case "as_device":
                return self.device
        found, remedy = f"a graph that passes a value {tag!r}", "export a simpler forward"
        raise BadInput(self.path, found, "tensors and numbers", remedy)


def _output(output: dict) -> Any:
    """Give the name an output is bound to, None for none, a list for several."""
    (tag, value), *_ = output.items()
    match tag:
        case "as_tensor":
            return value["name"]
        case "as_sym_int" | "as_sym_float" | "as_sym_bool":
            return value["as_name"]
        case "as_tensors":
            return [v["name"] for v in value]
    return None


def _module(stack: str) -> str:
    """Give the innermost module path of a node: the last of "key,path,type;key,path,type"."""
    parts = stack.rsplit(";", 1)[-1].split(",")
    return parts[1] if len(parts) == 3 and "metadata_hook" not in parts[1] else ""


def _largest(size: dict, ranges: dict) -> int | None:
    """Give the largest size an axis may have, None where it is not bounded."""
    if "as_int" in size:
        return size["as_int"]
    name = re.fullmatch(r"(?:Symbol\(')?(\w+)(?:'.*\))?", size["as_expr"]["expr_str"])
    return ranges.get(name.group(1), {}).get("max_val") if name else None


def _only(archive: Archive, folder: str, ending: str) -> str:
    found = [n[len(folder) : -len(ending)] for n in archive.under(folder) if n.endswith(ending)]
    if len(found) != 1:
        raise BadInput(archive.path, f"{len(found)} programs", "one", "export the network alone")
    return found[0]


def _payload(archive: Archive, kind: str, name: str) -> dict[str, Tensor]:
    """Read the tensors of "weights" or "constants", by name."""
    legacy = f"data/{kind}/{name}.pt"
    if legacy in archive.names:
        return dict(torch.load(io.BytesIO(archive.read(legacy)), map_location="cpu", weights_only=True))
    config = json.loads(archive.read(f"data/{kind}/{name}_{kind}_config.json"))["config"]
    blobs = {m["path_name"]: archive.read(f"data/{kind}/{m['path_name']}") for m in config.values()}
    tensors: dict[str, Tensor] = {}
    for key, meta in config.items():
        blob = blobs[meta["path_name"]]
        if meta["use_pickle"]:
            tensors[key] = torch.load(io.BytesIO(blob), map_location="cpu", weights_only=True)
        else:
            tensors[key] = _tensor(blob, meta["tensor_meta"])
        if meta.get("is_param") and tensors[key].is_floating_point():
            tensors[key] = nn.Parameter(tensors[key], requires_grad=False)
    return tensors


def _tensor(blob: bytes, meta: dict) -> Tensor:
    dtype = _DTYPES[meta["dtype"]]
    sizes, strides = ([s["as_int"] for s in meta[key]] for key in ("sizes", "strides"))
    if not blob:
        return torch.zeros(sizes, dtype=dtype) if 0 in sizes else torch.empty(0, dtype=dtype).reshape(sizes)
    flat = torch.frombuffer(bytearray(blob), dtype=dtype)
    return flat.as_strided(sizes, strides, meta["storage_offset"]["as_int"])
