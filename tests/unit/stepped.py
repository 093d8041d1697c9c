"""Small recurrent networks for tests, and what changes when their states do."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from distill.network import Network
from dsl.rows import Rows
from tests.unit.networks import rows, site
from verify.subject import EVERY, Swap


class Layered(nn.Module):
    """A recurrent layer and a head at each position."""

    def __init__(self, layer: nn.RNNBase) -> None:
        super().__init__()
        self.layer, self.head = layer, nn.Linear(layer.hidden_size * (2 if layer.bidirectional else 1), 2)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.layer(x)[0])


class Looped(nn.Module):
    """A cell called once a position."""

    def __init__(self, cell: nn.Module) -> None:
        super().__init__()
        self.cell, self.head = cell, nn.Linear(3, 2)

    def forward(self, x: Tensor) -> Tensor:
        state = (torch.zeros(x.shape[0], 3), torch.zeros(x.shape[0], 3))
        outputs = []
        for t in range(x.shape[1]):
            state = self.cell(x[:, t], state)
            outputs.append(self.head(state[0]))
        return torch.stack(outputs, 1)


def lstm(**options: Any) -> Layered:
    return Layered(nn.LSTM(1, 3, batch_first=True, **options))


def full(net: Network, count: int = 12) -> Rows:
    """Give rows without padding."""
    values = rows(net, count).values
    return Rows(values, np.full(len(values), values.shape[1]))


def states(net: Network) -> list[str]:
    return [str(s) for s in net.sites if s.call == EVERY]


def changed(net: Network, name: str, position: int) -> list[bool]:
    """Say at which positions outputs change when a site's value at one position does."""
    batch, place = full(net), site(net, name)
    run = net.run(batch, record=[place])
    patch = np.full_like(run.recorded[place], np.nan)
    patch[:, position] = 3.0
    other = net.run(batch, record=[place], patch={place: Swap(patch)})
    assert np.allclose(other.recorded[place][:, position], 3)
    again = net.run(batch, patch={place: Swap(run.recorded[place])})
    np.testing.assert_allclose(again.outputs, run.outputs, atol=1e-6)
    return (np.abs(other.outputs - run.outputs) > 1e-7).any(axis=(0, 2)).tolist()


@contextmanager
def quiet() -> Iterator[None]:
    """Silence torch, which warns of its own layers and of TorchScript."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
