"""TorchScript archives: a language of its own, which needs no Python but can reach files.

`torch.save` and `torch.from_file` are operations of it like any other, and some code runs while it is loaded: the
default values of arguments, and the `__setstate__` of classes. So the text is searched before it is loaded, and the
graph of `forward`, in which no name can hide any more, before it is run.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import torch

from distill.errors import BadInput, NeedsTrust, shown
from distill.loading.archive import Archive, damaged
from distill.loading.model import Model

# Names that reach outside the tensors, and the roots of all operations where they do not name one at once: what is
# passed on under another name cannot be followed. Strings and comments are searched too.
_REACHES = re.compile(
    rb"\b(?:save|from_file|classes|autograd|__setstate__|rpc_\w+)\b"
    rb"|\btorch\b(?!\.\w)|\bops\b(?!\.(?:aten|prim)\.\w)"
)
_FILES = frozenset({"aten::save", "aten::from_file"})
_CALLS = frozenset({"prim::CallMethod", "prim::CallFunction"})  # what is still a call may be any code
_REMEDY = "pass --trust if you trust its author"


def load_torchscript(archive: Archive, device: str, *, trust: bool) -> Model:
    """Load a TorchScript module.

    Raises NeedsTrust where its code could reach beyond tensors, or run on loading; BadInput where it is damaged.
    """
    if not trust:
        _search(archive)
    with damaged(archive.path, "a TorchScript module"):
        module = torch.jit.load(str(archive.path), map_location=device)
        graph = getattr(module, "inlined_graph", None)
    if graph is None:
        raise BadInput(archive.path, "a module without forward", "forward(tensor)", "script the whole network")
    for kind in [] if trust else _kinds(graph):
        if kind in _FILES | _CALLS or not kind.startswith(("aten::", "prim::")) or kind.startswith("prim::rpc"):
            raise NeedsTrust(archive.path, f"the operation {shown(kind)}", "operations on tensors alone", _REMEDY)
    embeddings = [m for m in module.modules() if getattr(m, "original_name", "") == "Embedding"]
    known = {"vocab_size": len(embeddings[0].weight)} if len(embeddings) == 1 else {}
    return Model(module, getattr(module, "original_name", "TorchScript"), (archive.path,), known)


def _search(archive: Archive) -> None:
    """Search the entries as torch's own reader finds them, as two readers may find different ones."""
    with damaged(archive.path, "a TorchScript module"):
        reader = torch._C.PyTorchFileReader(str(archive.path))
        entries = {name: reader.get_record(name) for name in reader.get_all_records() if not name.startswith("data/")}
    for name, content in sorted(entries.items()):
        place = f"{archive.path}, {name}"
        if name == "model.json" or b"torch.classes" in content:
            raise NeedsTrust(place, "objects beside tensors", "tensors alone", _REMEDY)
        if name.startswith("code/") and not name.endswith(".debug_pkl") and (found := _REACHES.search(content)):
            what = f"{found.group(0).decode('utf-8', 'replace')!r}, by which code can reach beyond tensors"
            raise NeedsTrust(place, what, "operations on tensors alone", _REMEDY)


def _kinds(block: Any) -> Iterator[str]:
    """Yield the kind of every node of a graph, those of its blocks and subgraphs too."""
    for node in block.nodes():
        yield node.kind()
        for inner in node.blocks():
            yield from _kinds(inner)
        for name in node.attributeNames():
            if node.kindOf(name) == "g":
                yield from _kinds(node.g(name))
            elif node.kindOf(name) == "gs":
                for graph in node.gs(name):
                    yield from _kinds(graph)
