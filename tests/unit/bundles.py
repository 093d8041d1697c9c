"""Makes bundles to read, without networks in them."""

from pathlib import Path

import numpy as np

from distill.bundle import Bundle, fill, read_bundle

TOKENS = 'kind = "tokens"\nvocab = ["a", "b", "<bos>", "<pad>"]\n'


def begin(folder: Path) -> Path:
    """Put empty files into a folder where a network and its code would be."""
    (folder / "network.pt2").touch()
    (folder / "nets.py").touch()
    return folder


def write(folder: Path, input: str = "", output: str = "", network: str = 'file = "network.pt2"') -> Path:
    """Write distill.toml with these lines in its tables."""
    text = f"[network]\n{network}\n[input]\n{input}\n[output]\n{output}\n"
    (folder / "distill.toml").write_text(text, encoding="utf-8")
    return folder


def completed(folder: Path, found: dict | None = None, flags: dict | None = None) -> Bundle:
    """Read a bundle and complete it as if its network said what is found."""
    return fill(read_bundle(folder, flags or {}), found or {})


def samples(folder: Path, **arrays) -> str:
    """Write inputs.npz, and give the line that names it."""
    np.savez(folder / "inputs.npz", **{name: np.asarray(a) for name, a in arrays.items()})
    return 'samples = "inputs.npz"\n'
