"""Networks of a linear memory and a readout: f remembers the last few inputs, g, which alone is trained, reads them."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import torch
from torch import nn

from examples.mips.linear import LINEAR, fit_linear
from examples.mips.nets import SmallRNN
from examples.mips.tasks import Task, before

BATCH = 1024
ROWS = 8192  # sequences that the readout is trained on


def fit_remembering(task: Task, steps: int, width: int, seed: int, seconds: float) -> tuple[SmallRNN, dict]:
    """Give a network whose state is a mixture of the last `steps` inputs, and whose readout is trained.

    The mixture is that of a linear network for the task of giving all of them (`fit_linear`).
    """
    rng = np.random.default_rng(seed)
    memory = replace(task, answer=lambda x: np.concatenate([before(x, k) for k in range(steps)], axis=2))
    line, found = fit_linear(memory, rng)
    config = {**found, **LINEAR, "out_dim": task.answer(task.sample(2, rng)).shape[2], "g_depth": 2, "g_width": width}
    torch.manual_seed(seed)
    net = SmallRNN(**config)
    net.f.load_state_dict(line.f.state_dict())
    x = task.sample(ROWS, rng)
    y = torch.as_tensor(task.answer(x), dtype=torch.float32).flatten(0, 1)
    with torch.no_grad():
        held = _states(net, torch.as_tensor(x, dtype=torch.float32)).flatten(0, 1)
    scale, size = held.abs().mean(0), max(float(y.abs().max()), 1.0)
    optimizer = torch.optim.Adam(net.g.parameters(), lr=1e-2)
    schedule = torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.9997)
    until = time.monotonic() + seconds
    while time.monotonic() < until and optimizer.param_groups[0]["lr"] > 2e-5:
        some = torch.as_tensor(rng.integers(0, len(y), BATCH))
        loss = torch.log1p((net.g(held[some] / scale) * size - y[some]).square()).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    with torch.no_grad():
        first, last = net.g[0], net.g[-1]
        assert isinstance(first, nn.Linear)
        assert isinstance(last, nn.Linear)
        first.weight /= scale
        last.weight *= size
        last.bias *= size
    return net, config


def _states(net: SmallRNN, x: torch.Tensor) -> torch.Tensor:
    """Give the states after each step, [row, step, unit]."""
    h, found = x.new_zeros(len(x), net.hidden), []
    for t in range(x.shape[1]):
        h = net.f(torch.cat([h, x[:, t]], dim=-1))
        found.append(h)
    return torch.stack(found, dim=1)
