"""Networks that are shown the states first: for machines that are slow to be found from answers alone."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn

from examples.mips.nets import SmallRNN
from examples.mips.scale import Scale
from examples.mips.tasks import Task

CONTINUATIONS, LENGTH = 32, 5  # by whose answers states are told apart
SEQUENCES = 1500  # on which the transitions are met
SPREAD = 0.12  # of the noise on the states while they are learnt: they become attractors
BATCH, UPDATES = 2048, 6000
RATE, DECAY = 4e-3, 0.9995


def transitions(task: Task, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Give sequences, [row, step, component], and the states before the first step and after each, [row, 1 + step].

    Two beginnings are in one state where the answer there and those to the same continuations are the same; the state
    before the first step is 0, and no other is.
    """
    x = task.sample(SEQUENCES, rng)
    tails = rng.integers(task.low, task.high + 1, (CONTINUATIONS, LENGTH, task.components))
    told = []
    for t in range(1, task.length + 1):
        longer = [np.concatenate([x[:, :t], np.broadcast_to(tail, (len(x), *tail.shape))], axis=1) for tail in tails]
        told.append(np.concatenate([task.answer(rows)[:, t - 1 :].reshape(len(x), -1) for rows in longer], axis=1))
    _, codes = np.unique(np.concatenate(told), axis=0, return_inverse=True)
    return x, np.pad(1 + codes.reshape(task.length, len(x)).T, ((0, 0), (1, 0)))


def fit_taught(task: Task, config: dict, seed: int) -> tuple[SmallRNN, dict]:
    """Train f to lead from state to state, each a point, and g to read the answers off."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    net, scale = SmallRNN(**config), Scale.of(task, rng)
    x, states = transitions(task, rng)
    points = rng.standard_normal((states.max() + 1, net.hidden))
    points[0] = 0.0
    place = torch.as_tensor(points, dtype=torch.float32)
    read, wanted = (part.float().flatten(0, 1) for part in scale.scaled(x, task))
    before, after = states[:, :-1].ravel(), states[:, 1:].ravel()
    optimizer = torch.optim.Adam(net.parameters(), lr=RATE)
    schedule = torch.optim.lr_scheduler.ExponentialLR(optimizer, DECAY)
    for _ in range(UPDATES):
        some = rng.integers(0, len(before), BATCH)
        old, new = place[before[some]], place[after[some]]
        moved = net.f(torch.cat([old + SPREAD * torch.randn_like(old), read[some]], dim=1))
        told = net.g(new + SPREAD * torch.randn_like(new))
        loss = (moved - new).square().mean() + (told - wanted[some]).square().mean()
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimizer.step()
        schedule.step()
    scale.fold(net)
    return net, config
