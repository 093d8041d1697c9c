"""Files of `torch.save`: a checkpoint with the factory that builds its network, or a whole pickled module."""

from __future__ import annotations

import importlib.util
import pickle
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import nn

from distill.errors import BadInput, NeedsTrust, shown
from distill.loading.archive import damaged
from distill.loading.model import Model, unpickle

_TRUST = "pass --trust if you trust its author"


def load_checkpoint(path: Path, factory: str | None, root: Path, *, trust: bool) -> Model:
    """Read {"state_dict": ..., "config": ...} and build its network with `factory`, "file.py:function" in `root`.

    Raises NeedsTrust for whatever runs the bundle's own code (the factory, a pickled module) without `trust`, and
    BadInput where the file, the factory and the weights do not fit together.
    """
    content = _unpickle(path, trust=trust)
    if isinstance(content, nn.Module):
        return Model(content, type(content).__name__, (path,), {})
    if not isinstance(content, dict) or not isinstance(content.get("state_dict"), dict):
        found = f"the keys {shown(sorted(map(str, content)))}" if isinstance(content, dict) else shown(type(content))
        raise BadInput(path, found, 'a checkpoint {"state_dict": ..., "config": ...}', "save it with both keys")
    if not factory:
        raise BadInput(
            path, "a checkpoint without a factory", "code that builds its module", 'set factory = "file.py:function"'
        )
    if not trust:
        raise NeedsTrust(
            path, f"factory {factory!r}, which runs the bundle's own code", "a network that runs none", _TRUST
        )
    build, code = _factory(factory, root)
    with damaged(code, f"a network built by {factory!r} from the checkpoint's config", "correct the code"):
        module = build(content.get("config", {}))
    if not isinstance(module, nn.Module):
        raise BadInput(code, f"{shown(type(module))} from {factory!r}", "a torch.nn.Module", "return the network")
    with damaged(path, "weights that fit the factory's module", "save the checkpoint and its code together"):
        module.load_state_dict(content["state_dict"])
    return Model(module, type(module).__name__, (path, code), {})


def _unpickle(path: Path, *, trust: bool) -> Any:
    with damaged(path, "a torch.save file"):
        try:
            return unpickle(path)
        except pickle.UnpicklingError as error:
            if "nsupported" not in str(error):  # damaged, not a class that torch will not build
                raise
            if not trust:
                found = "a pickle of more than tensors and plain values, which runs code when loaded"
                raise NeedsTrust(path, found, '{"state_dict": ..., "config": ...}', _TRUST) from error
        return torch.load(path, map_location="cpu", weights_only=False)


def _factory(factory: str, root: Path) -> tuple[Callable[[Any], Any], Path]:
    """Import the function a factory names; its file may import its neighbours in the bundle."""
    file, _, name = factory.partition(":")
    code = (root / file).resolve()
    if not name or not code.is_file() or root.resolve() not in code.parents:
        raise BadInput(root, f"factory {factory!r}", '"file.py:function", a file of the bundle', "correct its name")
    spec = importlib.util.spec_from_file_location(f"_bundle_{code.stem}", code)
    if spec is None or spec.loader is None:
        raise BadInput(code, "a file of another kind", f"Python code for factory {factory!r}", "name a .py file")
    module = importlib.util.module_from_spec(spec)
    sys.path.insert(0, str(root))
    sys.modules[module.__name__] = module  # where dataclasses look up what their annotations mean
    try:
        with damaged(code, "code that can be imported", "correct it"):
            spec.loader.exec_module(module)
    finally:
        sys.path.remove(str(root))
    if not callable(build := getattr(module, name, None)):
        raise BadInput(code, f"no function {name!r}", f"what factory {factory!r} names", "correct its name")
    return build, code
