"""Small networks of several kinds for tests, as subjects, and random rows for them."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from distill import probe
from distill.bundle import InputSpec
from distill.loading import Model
from distill.network import Network
from dsl.rows import Rows
from verify.subject import Site

TOKENS = InputSpec(kind="tokens", vocab=tuple("abcde"), length=(1, 6))
STEPS = InputSpec(kind="numbers", width=1, length=(1, 6), low=(-3,), high=(3,))
NUMBERS = InputSpec(kind="numbers", width=3, low=(0, 0, 0), high=(9, 9, 9))
IMAGE = InputSpec(kind="image", shape=(1, 8, 8), scale=1 / 255)


class Recurrent(nn.Module):
    """A cell called once a position, and a head."""

    def __init__(self) -> None:
        super().__init__()
        self.cell, self.head = nn.Linear(5, 4), nn.Linear(4, 2)

    def forward(self, x: Tensor) -> Tensor:
        state, outputs = x.new_zeros(len(x), 4), []
        for t in range(x.shape[1]):
            state = torch.tanh(self.cell(torch.cat([state, x[:, t]], -1)))
            outputs.append(self.head(state))
        return torch.stack(outputs, 1)


class Bidirectional(nn.Module):
    """Time first inside, and reads to the end: padding would change what comes before it."""

    def __init__(self) -> None:
        super().__init__()
        self.embed, self.lstm, self.head = nn.Embedding(5, 4), nn.LSTM(4, 3, bidirectional=True), nn.Linear(6, 2)

    def forward(self, tokens: Tensor) -> Tensor:
        return self.head(self.lstm(self.embed(tokens).transpose(0, 1))[0]).transpose(0, 1)


class Transformer(nn.Module):
    """An encoder of torch's own, whose fused path skips its submodules; positions are embedded."""

    def __init__(self, causal: bool = False) -> None:
        super().__init__()
        layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)
        self.embed, self.where = nn.Embedding(5, 8), nn.Embedding(9, 8)
        self.body, self.head = nn.TransformerEncoder(layer, 1, enable_nested_tensor=False), nn.Linear(8, 5)
        self.causal = causal

    def forward(self, tokens: Tensor) -> Tensor:
        length = tokens.shape[1]
        x = self.embed(tokens) + self.where(torch.arange(length, device=tokens.device))
        mask = torch.full((length, length), -torch.inf).triu(1) if self.causal else None
        return self.head(self.body(x, mask))


class Convolutional(nn.Module):
    """Works in place between its layers."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.relu, self.head = nn.Conv2d(1, 2, 3), nn.ReLU(inplace=True), nn.Linear(2, 2)

    def forward(self, image: Tensor) -> Tensor:
        return self.head(self.relu(self.conv(image)).mean((2, 3)))


class Feed(nn.Module):
    """Two layers, with a bottleneck between them."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.last = nn.Linear(3, 4), nn.Linear(4, 2)

    def forward(self, x: Tensor) -> Tensor:
        return self.last(torch.relu(self.first(x)))


CASES = {
    "recurrent": (Recurrent, STEPS),
    "bidirectional": (Bidirectional, TOKENS),
    "transformer": (Transformer, TOKENS),
    "convolutional": (Convolutional, IMAGE),
    "feed": (Feed, NUMBERS),
}


def network(module: nn.Module, spec: InputSpec, **known: object) -> Network:
    return Network(Model(module, type(module).__name__, (), dict(known)), spec)


def rows(net: Network, count: int = 40) -> Rows:
    """Draw random rows of mixed lengths."""
    found = probe.lengths(net)
    values = probe.draw(net.spec, net.found, count, max(found, default=None), seed=1)
    return Rows(values, np.random.default_rng(0).integers(1, found[-1] + 1, count) if found else None)


def site(net: Network, name: str) -> Site:
    return next(s for s in net.sites if str(s) == name)
