"""Reading networks from files, one module a format. Nothing of a file runs unless the caller trusts it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from distill.errors import BadInput, shown
from distill.loading.archive import open_archive
from distill.loading.model import Model

_EXPECTED = "a torch.export, TorchScript or torch.save file"
_REMEDY = "correct [network] file, or save the network again"


def load_model(path: Path, *, factory: str | None, root: Path, device: str, trust: bool) -> Model:
    """Read the network at `path`, a file or a Hugging Face folder; the format is told from the content.

    factory: "file.py:function" in `root`, for checkpoints. Raises BadInput where the file is missing, damaged or of
    no known format, and NeedsTrust where reading it would run its author's code.
    """
    if path.is_dir():
        from distill.loading.huggingface import load_folder

        return load_folder(path)
    if not path.is_file():
        raise BadInput(path, "no file", "a .pt2 or .pt file, or a folder", "correct [network] file")
    with path.open("rb") as stream:
        start = stream.read(4)
    if start == b"PK\x03\x04":
        archive = open_archive(path)
        if archive.under("models/") or "serialized_exported_program.json" in archive.names:
            from distill.loading.exported import load_exported

            return _stepwise(load_exported(archive, device))
        if "constants.pkl" in archive.names:
            from distill.loading.torchscript import load_torchscript

            return _stepwise(load_torchscript(archive, device, trust=trust))
        if "data.pkl" not in archive.names:
            raise BadInput(path, f"a zip file of {shown(sorted(archive.names))}", _EXPECTED, _REMEDY)
    elif start[:1] != b"\x80":
        raise BadInput(path, f"a file that starts with {start!r}", _EXPECTED, _REMEDY)
    from distill.loading.checkpoint import load_checkpoint

    return _stepwise(load_checkpoint(path, factory, root, trust=trust))


def _stepwise(model: Model) -> Model:
    """Give the model with its recurrent layers run cell by cell, each state a site."""
    from distill.loading.recurrent import stepwise

    return replace(model, module=stepwise(model.module))


__all__ = ["Model", "load_model"]
