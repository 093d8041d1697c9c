"""Makes bundles of networks so small that a compile takes no time, and runs the command line on them."""

from __future__ import annotations

from pathlib import Path

import torch

from distill.cli import run

NETS = '''
import torch
from torch import nn


class Both(nn.Module):
    """Says whether both of two numbers are 1."""

    def __init__(self, how):
        super().__init__()
        self.how, self.one = how, nn.Parameter(torch.ones(1))

    def forward(self, x):
        both = self.one * x[:, 0] * x[:, 1] - 0.5
        logits = torch.stack([-both, both], -1)
        if self.how == "nan":
            return logits * float("nan")
        return (logits, logits) if self.how == "several" else logits


class Copy(nn.Module):
    """Gives each token back; it has a place for 16 of them."""

    def __init__(self):
        super().__init__()
        self.tokens, self.places = nn.Embedding(3, 3), nn.Embedding(16, 3)

    def forward(self, x):
        return self.tokens(x) + self.places(torch.arange(x.shape[1]))


def build(config):
    print("what the code of a bundle prints")
    if config["how"] == "raises":
        raise KeyError("no such layer")
    return Copy() if config["how"] == "copy" else Both(config["how"])
'''
NUMBERS = 'kind = "numbers"\nwidth = 2\nlow = 0\nhigh = 1\n'
TOKENS = 'kind = "tokens"\nvocab = ["a", "b", "c"]\nlength = [1, 3]\n'
WHOLE = 'at = "whole"\nsymbols = ["no", "yes"]\n'


def both(folder: Path, input: str = NUMBERS, output: str = WHOLE, how: str = "well", one: float = 1.0) -> Path:
    """Make a bundle whose network says whether both of two numbers are 1."""
    return bundle(folder, input, output, how, {"one": torch.tensor([one])})


def copy(folder: Path, input: str = TOKENS, output: str = "") -> Path:
    """Make a bundle whose network gives each token back."""
    weights = {"tokens.weight": torch.eye(3), "places.weight": torch.zeros(16, 3)}
    return bundle(folder, input, output, "copy", weights)


def bundle(folder: Path, input: str, output: str, how: str, weights: dict[str, torch.Tensor]) -> Path:
    """Make a bundle: a checkpoint, the code of its network, and distill.toml."""
    folder.mkdir(exist_ok=True)
    torch.save({"state_dict": weights, "config": {"how": how}}, folder / "network.pt")
    (folder / "nets.py").write_text(NETS)
    network = 'file = "network.pt"\nfactory = "nets.py:build"'
    (folder / "distill.toml").write_text(f"[network]\n{network}\n[input]\n{input}\n[output]\n{output}")
    return folder


def distill(*arguments: object) -> int:
    """Run the command line in this process, and give its exit status."""
    return run([*map(str, arguments)])
