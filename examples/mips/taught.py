"""Networks that are shown the states first: for machines that are slow to be found from answers alone."""

from __future__ import annotations

import time

import numpy as np
import torch
from torch import nn

from examples.mips.nets import SmallRNN
from examples.mips.tasks import Task

CONTINUATIONS, LENGTH = 8, 5  # by whose answers states are told apart
SEQUENCES = 1500  # on which the transitions are met
SPREAD = 0.12  # of the noise on the states while they are learnt: they become attractors
BATCH = 2048


def transitions(task: Task, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, int]:
    """Give what is to be learnt: states before, inputs, states after, answers, one line each, and how many states.

    Two prefixes are in one state where the answer there and those to the same continuations are the same; the state
    before the first step is 0.
    """
    x = task.sample(SEQUENCES, rng)
    tails = rng.integers(task.low, task.high + 1, (CONTINUATIONS, LENGTH, task.components))
    told = []
    for t in range(task.length):
        parts = []
        for tail in tails:
            longer = np.concatenate([x[:, : t + 1], np.broadcast_to(tail, (len(x), *tail.shape))], axis=1)
            parts.append(task.answer(longer)[:, t:].reshape(len(x), -1))
        told.append(np.concatenate(parts, axis=1))
    _, codes = np.unique(np.concatenate(told), axis=0, return_inverse=True)
    after = codes.reshape(task.length, len(x)).T + 1
    before = np.concatenate([np.zeros_like(after[:, :1]), after[:, :-1]], axis=1)
    answers = task.answer(x)
    return (
        before.ravel(),
        x.reshape(-1, x.shape[2]),
        after.ravel(),
        answers.reshape(-1, answers.shape[2]),
        after.max() + 1,
    )


def teach(net: SmallRNN, task: Task, middle: float, half: float, seed: int, seconds: float) -> None:
    """Train f to lead from state to state and g to read the answer off, each state a point; g's scale is that of y."""
    rng = np.random.default_rng(seed)
    before, x, after, y, count = transitions(task, rng)
    points = rng.standard_normal((count, net.hidden))
    points[0] = 0.0
    place = torch.as_tensor(points, dtype=torch.float32)
    shift, width = (y.max() + y.min()) / 2, max((y.max() - y.min()) / 2, 0.5)
    read = torch.as_tensor((x - middle) / half, dtype=torch.float32)
    wanted = torch.as_tensor((y - shift) / width, dtype=torch.float32)
    optimizer = torch.optim.Adam(net.parameters(), lr=4e-3)
    until = time.monotonic() + seconds
    schedule = torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.9995)
    while time.monotonic() < until and optimizer.param_groups[0]["lr"] > 2e-4:
        some = torch.as_tensor(rng.integers(0, len(before), BATCH))
        old, new = place[before[some]], place[after[some]]
        moved = net.f(torch.cat([old + SPREAD * torch.randn_like(old), read[some]], dim=1))
        told = net.g(new + SPREAD * torch.randn_like(new))
        loss = (moved - new).square().mean() + (told - wanted[some]).square().mean()
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimizer.step()
        schedule.step()
