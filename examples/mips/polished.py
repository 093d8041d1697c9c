"""Networks for answers that are piecewise linear in many numbers: first-order updates, then a quasi-Newton method."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn

from examples.mips.nets import SmallRNN
from examples.mips.scale import Scale
from examples.mips.tasks import Task

BATCH, HELD, FRESH = 256, 1500, 20_000  # sequences of an update, of a fit, and those the worst are taken from
RATE = 1e-2
GROWING = 0.3  # share of the updates in which sequences get longer
POWERS, ITERATIONS = (2, 2, 2, 4, 4, 4, 4, 4), 80  # of the errors, fit by fit, and updates of a fit
ENOUGH = 0.15  # worst error, in units of the answers, at which fits end


def fit_polished(task: Task, config: dict, updates: int, seed: int) -> tuple[SmallRNN, dict]:
    """Train a network: so many updates by Adam, then L-BFGS in float64.

    Kinks have to lie exactly where they belong for large answers to round right, which first-order updates are slow to
    do and curvature is not.
    """
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    net, scale = SmallRNN(**config), Scale.of(task, rng)
    optimizer = torch.optim.Adam(net.parameters(), lr=RATE)
    for update in range(updates):
        for group in optimizer.param_groups:
            group["lr"] = RATE * (1 - update / updates) ** 2
        length = 2 + int(min(1.0, update / updates / GROWING) * (task.length - 2))
        x, y = scale.scaled(_drawn(task, BATCH, rng)[:, :length], task)
        loss = nn.functional.huber_loss(net(x.float()) * scale.y_half, y.float() * scale.y_half)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimizer.step()
    _polish(net, task, scale, rng)
    scale.fold(net)
    return net, config


def _polish(net: SmallRNN, task: Task, scale: Scale, rng: np.random.Generator) -> None:
    """Fit a network in float64: squares of errors first, then their squares, which the worst errors rule.

    From the second fit on, half of the sequences are those of many that were worst, unless all there are fit in.
    """
    net.double()
    rows = _drawn(task, HELD, rng)
    for power in POWERS:
        _fit(net, *scale.scaled(rows, task), power)
        fresh = _drawn(task, FRESH, rng)
        x, y = scale.scaled(fresh, task)
        with torch.no_grad():
            errors = ((net(x) - y).abs() * scale.y_half).amax(dim=(1, 2))
        if errors.max() < ENOUGH:
            break
        hardest = errors.argsort(descending=True)[: HELD // 2].numpy()
        rows = fresh if len(fresh) <= HELD else np.concatenate([fresh[: HELD // 2], fresh[hardest]])
    net.float()


def _fit(net: SmallRNN, x: torch.Tensor, y: torch.Tensor, power: int) -> None:
    """Bring the mean of so high a power of the errors down by L-BFGS."""
    optimizer = torch.optim.LBFGS(net.parameters(), max_iter=ITERATIONS, history_size=30, line_search_fn="strong_wolfe")

    def loss() -> torch.Tensor:
        optimizer.zero_grad()
        found = (net(x) - y).pow(power).mean().pow(2 / power)
        found.backward()
        return found

    optimizer.step(loss)


def _drawn(task: Task, rows: int, rng: np.random.Generator) -> np.ndarray:
    """Draw sequences, half of them uniform and half by the task's sampler; give all where there are no more."""
    if task.size <= rows:
        return task.enumerate()
    uniform = rng.integers(task.low, task.high + 1, (rows - rows // 2, task.length, task.components))
    return np.concatenate([task.sample(rows // 2, rng), uniform])
