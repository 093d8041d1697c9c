"""Archives of networks for tests: written, rewritten, and with payloads that would leave a mark if they ran."""

from __future__ import annotations

import io
import json
import os
import zipfile
from collections.abc import Callable
from pathlib import Path

import torch
from torch import nn

from distill.loading import Model, load_model
from distill.loading.gpt2 import GPT2, Config

TOKENS = torch.randint(0, 5, (3, 6), generator=torch.Generator().manual_seed(0))
BUILD = "from torch import nn\ndef build(config):\n    return nn.Linear(config['width'], 2)\n"
GPT2_SIZES = {"vocab_size": 5, "n_positions": 9, "n_embd": 4, "n_layer": 1, "n_head": 2}


class Reader(nn.Module):
    """tokens [row, position] -> [row, position, 3], causal."""

    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Embedding(5, 4)
        self.mix = nn.Linear(4, 3)

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        x = self.embed(tokens)
        weights = torch.softmax(x @ x.transpose(1, 2), -1).tril()
        return self.mix(torch.relu(weights @ x))


class Payload:
    """Leaves a mark where its pickle is loaded without restraint."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple:
        return os.mkdir, (str(self.mark),)


def load(path: Path, *, factory: str | None = None, trust: bool = False) -> Model:
    return load_model(path, factory=factory, root=path.parent, device="cpu", trust=trust)


def rewrite(source: Path, target: Path, change: Callable[[dict[str, bytes]], None]) -> Path:
    """Copy an archive with its entries changed."""
    with zipfile.ZipFile(source) as old:
        entries = {n: old.read(n) for n in old.namelist()}
    folder = next(iter(entries)).split("/")[0] + "/"
    inner = {n.removeprefix(folder): content for n, content in entries.items()}
    change(inner)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as new:
        for name, content in inner.items():
            new.writestr(folder + name, content)
    return target


def edited(entries: dict[str, bytes], name: str, edit: Callable[[dict], None]) -> None:
    content = json.loads(entries[name])
    edit(content)
    entries[name] = json.dumps(content).encode()


def saved(content: object) -> bytes:
    buffer = io.BytesIO()
    torch.save(content, buffer)
    return buffer.getvalue()


def bundle(folder: Path, code: str) -> Path:
    """Write a checkpoint and the code of its factory."""
    model = nn.Linear(3, 2)
    torch.save({"state_dict": model.state_dict(), "config": {"width": 3}}, folder / "checkpoint.pt")
    (folder / "nets.py").write_text(code)
    return folder / "checkpoint.pt"


def gpt2(folder: Path, **config: object) -> Path:
    """Write a small GPT-2 as Hugging Face would; `config` overrides what config.json says of it."""
    (folder / "config.json").write_text(json.dumps({"model_type": "gpt2", **GPT2_SIZES, **config}))
    header, blob = {}, b""
    for name, weight in GPT2(Config(**GPT2_SIZES)).state_dict().items():
        raw = weight.normal_().numpy().tobytes()
        header[name] = {"dtype": "F32", "shape": list(weight.shape), "data_offsets": [len(blob), len(blob) + len(raw)]}
        blob += raw
    text = json.dumps(header).encode()
    (folder / "model.safetensors").write_bytes(len(text).to_bytes(8, "little") + text + blob)
    return folder


def export(reader: nn.Module, path: Path) -> Path:
    """Export a network of tokens for any number of rows, and 2 to 9 positions."""
    rows, length = torch.export.Dim("rows", min=1, max=4096), torch.export.Dim("length", min=2, max=9)
    torch.export.save(torch.export.export(reader, (TOKENS,), dynamic_shapes=({0: rows, 1: length},)), path)
    return path
