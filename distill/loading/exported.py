"""torch.export archives (.pt2), read without `torch.export.load`.

That loader unpickles sample inputs, weights and constants without restraint, evaluates the strings that describe
sizes and guards, and calls whatever function of torch a node names: an archive can run any command. Here the graph
is read as the JSON it is, may call only what `distill.loading.nodes` lists, and weights are read as bytes. It is also
forty times faster, as most of `torch.export` need not be imported.
"""

from __future__ import annotations

import io
import json
import re
from typing import Any

import torch
from torch import Tensor, nn

from distill.errors import BadInput
from distill.loading.archive import Archive, damaged
from distill.loading.graph import Graph, Node, Ref
from distill.loading.model import Model, unpickle
from distill.loading.nodes import DTYPES, Scope

OLD = "serialized_exported_program.json"  # what archives of torch before 2.8 hold


def load_exported(archive: Archive, device: str) -> Model:
    """Read an exported program's graph and weights; its tensors are made on `device`.

    Raises BadInput where the archive is damaged, the graph takes or gives more than one tensor, or it calls what is
    not a tensor operation.
    """
    with damaged(archive.path, "an exported program"):
        program, state = _old(archive) if OLD in archive.names else _new(archive)
        module, ranges = program["graph_module"], program.get("range_constraints", {})
        scope = Scope(archive.path, torch.device(device))
        tensors, constants, argument = _inputs(module["signature"]["input_specs"], state, scope)
        results = [s["user_output"]["arg"] for s in module["signature"]["output_specs"] if "user_output" in s]
        if len(results) != 1 or "as_tensor" not in results[0]:
            found = f"a graph that gives {len(results)} values"
            raise BadInput(archive.path, found, "one tensor", "export a forward that returns the logits alone")
        nodes = list(scope.nodes(module["graph"]))
        known = _known(module["graph"]["tensor_values"][argument], ranges, nodes, argument, tensors)
        graph = Graph(nodes, constants, argument, results[0]["as_tensor"]["name"], tensors)
        return Model(graph.to(device), "exported graph", (archive.path,), known)


def _inputs(specs: list[dict], state: dict[str, Tensor], scope: Scope) -> tuple[dict[str, Tensor], dict[str, Any], str]:
    """Give the graph's tensors and constant inputs by the names it has for them, and the name of its argument."""
    tensors: dict[str, Tensor] = {}
    constants: dict[str, Any] = {}
    arguments: list[str] = []
    for spec in specs:
        (kind, body), *_ = spec.items()
        if kind in ("parameter", "buffer", "tensor_constant"):
            tensors[body["arg"]["name"]] = state[body[f"{kind}_name"]]
        elif kind == "constant_input":
            constants[body["name"]] = scope.argument(body["value"])
        elif kind == "user_input" and "as_tensor" in body["arg"]:
            arguments.append(body["arg"]["as_tensor"]["name"])
        elif kind != "user_input" or "as_none" not in body["arg"]:
            raise BadInput(scope.path, f"a graph that takes a {kind}", "one tensor", "export forward(tensor)")
    if len(arguments) != 1:
        found = f"a graph that takes {len(arguments)} tensors ({', '.join(arguments)})"
        raise BadInput(scope.path, found, "one", "export forward(tensor)")
    return tensors, constants, arguments[0]


def _known(meta: dict, ranges: dict, nodes: list[Node], argument: str, tensors: dict[str, Tensor]) -> dict[str, Any]:
    """Give what the graph says of its input: sizes, the most positions, the rows of the embedding that reads it."""
    sizes, tokens = meta["sizes"], not DTYPES[meta["dtype"]].is_floating_point
    known: dict[str, Any] = {"sizes": tuple(s.get("as_int") for s in sizes)}
    sequence = len(sizes) == 2 if tokens else len(sizes) == 3
    if sequence and (most := _largest(sizes[1], ranges)) is not None:
        known["positions"] = most
    for node in nodes:
        if node.call is torch.ops.aten.embedding.default and node.kwargs["indices"] == Ref(argument):
            known["vocab_size"] = len(tensors[node.kwargs["weight"].name])
    return known


def _largest(size: dict, ranges: dict) -> int | None:
    """Give the largest size an axis may have, None where it is not bounded."""
    if "as_int" in size:
        return size["as_int"]
    name = re.fullmatch(r"(?:Symbol\(')?(\w+)(?:'.*\))?", size["as_expr"]["expr_str"])
    return ranges.get(name.group(1), {}).get("max_val") if name else None


def _old(archive: Archive) -> tuple[dict, dict[str, Tensor]]:
    """Read the program and its tensors from an archive of torch before 2.8."""
    tensors: dict[str, Tensor] = {}
    for part in ("serialized_state_dict.pt", "serialized_constants.pt"):
        if content := archive.read(part):
            tensors |= unpickle(io.BytesIO(content))
    return json.loads(archive.read(OLD)), tensors


def _new(archive: Archive) -> tuple[dict, dict[str, Tensor]]:
    """Read the one program of an archive, and its tensors."""
    programs = archive.under("models/")
    if len(programs) != 1:
        raise BadInput(archive.path, f"{len(programs)} programs", "one", "export the network alone")
    name = programs[0].removeprefix("models/").removesuffix(".json")
    return json.loads(archive.read(programs[0])), _payload(archive, "weights", name) | _payload(
        archive, "constants", name
    )


def _payload(archive: Archive, kind: str, name: str) -> dict[str, Tensor]:
    """Read the tensors of "weights" or "constants", by name."""
    legacy = f"data/{kind}/{name}.pt"
    if legacy in archive.names:
        return dict(unpickle(io.BytesIO(archive.read(legacy))))
    config = json.loads(archive.read(f"data/{kind}/{name}_{kind}_config.json"))["config"]
    blobs = {m["path_name"]: archive.read(f"data/{kind}/{m['path_name']}") for m in config.values()}
    tensors: dict[str, Tensor] = {}
    for key, meta in config.items():
        blob = blobs[meta["path_name"]]
        if meta["use_pickle"]:
            tensors[key] = unpickle(io.BytesIO(blob))
        else:
            tensors[key] = _tensor(blob, meta["tensor_meta"])
        if meta.get("is_param") and tensors[key].is_floating_point():
            tensors[key] = nn.Parameter(tensors[key], requires_grad=False)
    return tensors


def _tensor(blob: bytes, meta: dict) -> Tensor:
    dtype = DTYPES[meta["dtype"]]
    sizes, strides = ([s["as_int"] for s in meta[key]] for key in ("sizes", "strides"))
    if not blob:
        return torch.zeros(sizes, dtype=dtype) if 0 in sizes else torch.empty(0, dtype=dtype).reshape(sizes)
    flat = torch.frombuffer(bytearray(blob), dtype=dtype)
    return flat.as_strided(sizes, strides, meta["storage_offset"]["as_int"])
