"""Inputs and answers on a scale that networks train well on, and the weights that undo it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from examples.mips.nets import SmallRNN
from examples.mips.tasks import Task


@dataclass(frozen=True, slots=True)
class Scale:
    """Inputs less `middle` over `half`, answers likewise: between -1 and 1, or almost."""

    middle: float
    half: float
    y_middle: float
    y_half: float

    @classmethod
    def of(cls, task: Task, rng: np.random.Generator) -> Scale:
        """Give the scale of a task's inputs and answers; that of the answers is found by drawing."""
        y = task.answer(task.sample(2000, rng))
        low, high = float(y.min()), float(y.max())
        half = max((task.high - task.low) / 2, 0.5)
        return cls((task.high + task.low) / 2, half, (high + low) / 2, max((high - low) / 2, 0.5))

    def scaled(self, rows: np.ndarray, task: Task) -> tuple[torch.Tensor, torch.Tensor]:
        """Give sequences [row, step, component] and their answers on this scale, float64."""
        y = (task.answer(rows) - self.y_middle) / self.y_half
        return torch.as_tensor((rows - self.middle) / self.half), torch.as_tensor(y)

    @torch.no_grad()
    def fold(self, net: nn.Module) -> None:
        """Fold the scale into the first and last weights, in place: the network takes and gives raw integers."""
        held = net.state_dict()  # its tensors are the network's own
        if isinstance(net, SmallRNN):
            weight, bias, last = held["f.0.weight"][:, net.hidden :], held["f.0.bias"], f"g.{len(net.g) - 1}"
        else:
            weight, bias, last = held["rnn.weight_ih_l0"], held["rnn.bias_ih_l0"], "out"
        bias -= weight.sum(1) * (self.middle / self.half)
        weight /= self.half
        held[f"{last}.weight"] *= self.y_half
        held[f"{last}.bias"] *= self.y_half
        held[f"{last}.bias"] += self.y_middle
