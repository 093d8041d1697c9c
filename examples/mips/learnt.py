"""Networks from the answers alone: first-order updates on sequences that start short and get longer."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn

from examples.mips import nets
from examples.mips.scale import Scale
from examples.mips.tasks import Task

BATCH = 512
RATE, SLOWEST, SLOWING = 4e-3, 1e-4, 0.6
LONGER, GOOD = 0.97, 0.995  # share of right answers at which sequences get longer, and updates in the end smaller
EVERY, LOOKS = 100, 5  # updates between two looks at how it goes; looks at a good share that are due before a step
SETTLED = 128  # batches whose answers must all be right for training to end early


def fit_learnt(task: Task, config: dict, noise: float, updates: int, seed: int) -> tuple[nn.Module, dict]:
    """Train a network; it ends early where the answers to many sequences of full length are right.

    noise: standard deviation of what is added to the state. The loss is ½·log(1 + (ŷ - y)²), of unscaled answers.
    """
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    net, scale = nets.build(config), Scale.of(task, rng)
    optimizer = torch.optim.Adam(net.parameters(), lr=RATE)
    everything = task.enumerate() if task.size <= 2 * BATCH else None
    length, good = min(2, task.length), 0
    for update in range(1, updates + 1):
        rows = task.sample(BATCH, rng) if everything is None else everything
        x, y = scale.scaled(rows[:, :length], task)
        error = (net(x.float(), noise) - y) * scale.y_half
        loss = torch.log1p(error**2).mean() / 2
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimizer.step()
        for group in optimizer.param_groups:
            group["lr"] = min(group["lr"], max(2 * RATE * (1 - update / updates), SLOWEST))
        if update % EVERY:
            continue
        right = float((error.detach().abs() < 0.5).float().mean())
        if length < task.length:
            length = min(task.length, length + (right > LONGER) + (right > 0.999))
            continue
        good = good + 1 if right > GOOD else 0
        if good and good % LOOKS == 0:
            for group in optimizer.param_groups:
                group["lr"] = max(group["lr"] * SLOWING, SLOWEST)
            if _settled(net, scale, task, rng):
                break
    scale.fold(net)
    return net, config


@torch.no_grad()
def _settled(net: nn.Module, scale: Scale, task: Task, rng: np.random.Generator) -> bool:
    """Tell whether the answers to many sequences are right, and by a margin."""
    x, y = scale.scaled(task.sample(SETTLED * BATCH, rng), task)
    return bool(((net(x.float()) - y).abs() * scale.y_half < 0.3).all())
