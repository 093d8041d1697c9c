"""Bundles: what a network's weights do not say, read from a folder, a model file and flags.

`read_bundle` reads what is stated, `fill` completes it from the network, `make_domain` makes the domain it states.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from types import MappingProxyType
from typing import Any

from distill.consistency import KEYS_OF_KIND, check_input, check_output
from distill.domain import make_domain
from distill.errors import BadInput, shown
from distill.infer import fill
from distill.manifest import Stated, read_flags, read_manifest
from distill.specs import MANIFEST, Bundle, InputSpec, NetworkSpec, OutputSpec

_NONE: Mapping[str, object] = MappingProxyType({})


def read_bundle(path: Path, flags: Mapping[str, object] = _NONE) -> Bundle:
    """Read a bundle folder, a Hugging Face folder without distill.toml, or a bare model file.

    flags: the keys of distill.toml by name, overriding it (None: not given); text stands for the TOML value it spells.
    Raises BadInput for whatever can be seen to be wrong without the network.
    """
    path = Path(path)
    if path.name == MANIFEST:
        path = path.parent
    if not path.exists():
        raise BadInput(path, "nothing there", "a bundle's folder or a model file", "check the path")
    root = path if path.is_dir() else path.parent
    stated: Stated = {}
    if path.is_dir() and (path / MANIFEST).exists():
        stated = read_manifest(path / MANIFEST)
    stated |= read_flags(flags)
    places = {name: place for name, (_, place) in stated.items()}
    values = {name: value for name, (value, _) in stated.items()}
    if "samples" in values:
        values["samples"] = _samples(values["samples"], places["samples"], root)
    network = NetworkSpec(_model(path, values.get("file"), places), values.get("factory"), root)
    _check_factory(network, places)
    values.setdefault("kind", _kind(values, network))
    name = path.resolve().stem if path.is_file() else path.resolve().name
    bundle = Bundle(name, network, InputSpec(**_of(InputSpec, values)), OutputSpec(**_of(OutputSpec, values)), places)
    check_input(bundle)
    check_output(bundle)
    return bundle


def _kind(values: Mapping[str, Any], network: NetworkSpec) -> str | None:
    """Give the kind whose own keys are stated; Hugging Face folders hold language models."""
    stated = (kind for kind, keys in KEYS_OF_KIND.items() if any(key in values for key in keys))
    return next(stated, "tokens" if network.path.is_dir() else None)


def _of(spec: type, values: Mapping[str, Any]) -> dict[str, Any]:
    return {f.name: values[f.name] for f in fields(spec) if f.name in values}


def _inside(root: Path, name: str, place: str) -> Path:
    """Give a path of the bundle; raises BadInput where it leads out of it, or to nothing."""
    found = root / name
    if Path(name).is_absolute() or not found.resolve().is_relative_to(root.resolve()):
        raise BadInput(place, shown(name), "a path inside the bundle", f"move the file into {root}")
    if not found.exists():
        raise BadInput(place, f"{name!r}, which does not exist", f"a file in {root}", "correct the name")
    return found


def _model(path: Path, name: str | None, places: Mapping[str, str]) -> Path:
    """Give the model file, or the Hugging Face folder."""
    if name is not None:
        return _inside(path if path.is_dir() else path.parent, name, places["file"])
    if path.is_file() or (path / "config.json").is_file():
        return path
    files = sorted(f for f in path.iterdir() if f.suffix in (".pt", ".pt2"))
    if len(files) != 1:
        found = shown([f.name for f in files]) if files else "no model file"
        expected = f"a {MANIFEST}, a config.json, or one .pt2 or .pt file"
        raise BadInput(path, found, expected, f"name the file in {MANIFEST}, or give its path")
    return files[0]


def _samples(name: str, place: str, root: Path) -> Path:
    """Give the samples' file: in the bundle, or anywhere where a flag says so."""
    if not place.startswith("--"):
        return _inside(root, name, place)
    if not Path(name).is_file():
        raise BadInput(place, f"{name!r}, which does not exist", "an .npz file", "correct the path")
    return Path(name)


def _check_factory(network: NetworkSpec, places: Mapping[str, str]) -> None:
    if network.factory is None:
        return
    file, _, function = network.factory.partition(":")
    if not file.endswith(".py") or not function.isidentifier():
        expected = "a .py file of the bundle and a function in it"
        raise BadInput(places["factory"], shown(network.factory), expected, 'write it like factory = "nets.py:build"')
    _inside(network.root, file, places["factory"])


__all__ = ["Bundle", "InputSpec", "NetworkSpec", "OutputSpec", "fill", "make_domain", "read_bundle"]
