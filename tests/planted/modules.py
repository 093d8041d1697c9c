"""The modules that planted networks are wired of. None has submodules: each is one site, under its own name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn


def weights(**tensors: Tensor) -> dict[str, nn.Parameter]:
    return {name: nn.Parameter(t.float()) for name, t in tensors.items()}


class Stage(nn.Module):
    """A layer of ReLUs and a linear one, at each position by itself."""

    def __init__(self, read: Tensor, bias: Tensor, write: Tensor) -> None:
        super().__init__()
        self.read, self.bias, self.write = weights(read=read, bias=bias, write=write).values()

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(x @ self.read + self.bias) @ self.write


class Attend(nn.Module):
    """One head of attention, that may also look at nothing: at a sink with a score and a value of its own."""

    def __init__(self, query: Tensor, key: Tensor, value: Tensor, sink: Tensor, score: float, causal: bool) -> None:
        super().__init__()
        self.query, self.key, self.value, self.sink = weights(query=query, key=key, value=value, sink=sink).values()
        self.score, self.causal = score, causal

    def forward(self, x: Tensor) -> Tensor:
        scores = (x @ self.query) @ (x @ self.key).transpose(1, 2)
        if self.causal:
            scores = scores + torch.full(scores.shape[1:], -torch.inf).triu(1)
        scores = torch.cat([scores, torch.full_like(scores[:, :, :1], self.score)], -1)
        values = torch.cat([x @ self.value, self.sink.expand(len(x), 1, -1)], 1)
        return torch.softmax(scores, -1) @ values


class Pool(nn.Module):
    """The sum or the largest of each value over the positions."""

    def __init__(self, read: Tensor, bias: Tensor, write: Tensor, largest: bool) -> None:
        super().__init__()
        self.read, self.bias, self.write = weights(read=read, bias=bias, write=write).values()
        self.largest = largest

    def forward(self, x: Tensor) -> Tensor:
        x = x @ self.read + self.bias
        return (x.amax(1) if self.largest else x.sum(1)) @ self.write


class Wired(nn.Module):
    """Modules, each fed with what others gave, side by side.

    plan: for each module, in the order of computation, the names of its sources ("input" is the network's own).
    cells: those called once a position, with what they gave before beside their sources; 0 before the first.
    stretched: the last module has no positions, and its output stands at each.
    """

    def __init__(
        self, nodes: Mapping[str, nn.Module], plan: Mapping[str, Sequence[str]], cells: Sequence[str], stretched: bool
    ) -> None:
        super().__init__()
        for name, node in nodes.items():
            self.add_module(name, node)
        self.plan, self.cells, self.stretched = plan, frozenset(cells), stretched

    def forward(self, x: Tensor) -> Tensor:
        values, last = {"input": x}, x
        for name, sources in self.plan.items():
            node = self.get_submodule(name)
            if isinstance(node, nn.Embedding):
                places = torch.arange(x.shape[1]).expand(x.shape)
                last = node(values["input"] if sources else places)
            else:
                fed = torch.cat([values[s] for s in sources], -1)
                last = _recur(node, fed) if name in self.cells else node(fed)
            values[name] = last
        return last[:, None].expand(-1, x.shape[1], -1) if self.stretched else last


def _recur(cell: nn.Module, fed: Tensor) -> Tensor:
    states = [cell(torch.cat([fed[:, 0], torch.zeros(len(fed), cell.get_parameter("write").shape[1])], -1))]
    for t in range(1, fed.shape[1]):
        states.append(cell(torch.cat([fed[:, t], states[-1]], -1)))
    return torch.stack(states, 1)
