"""Linear recurrent networks from data: least squares for the impulse response, a balanced realisation for the state."""

from __future__ import annotations

import numpy as np
import torch

from examples.mips.nets import SmallRNN
from examples.mips.tasks import Task

LINEAR = {"f_depth": 1, "f_width": 1, "g_depth": 1, "g_width": 1}
DELAYS = 9  # the response is read off so many steps; the Hankel matrix has them as rows and as columns


def fit_linear(task: Task, seed: int) -> tuple[SmallRNN, dict]:
    """Give a network whose f and g are linear, of the smallest state that gives the answers (subspace identification).

    It is a Ho-Kalman realisation: the singular value decomposition of the responses' Hankel matrix, so that the state's
    units are mixtures of what the task remembers.
    """
    rng, steps = np.random.default_rng(seed), 2 * DELAYS
    x = rng.integers(task.low, task.high + 1, (4 * steps * task.components + 64, steps, task.components))
    wanted = task.answer(x).astype(float)
    past = np.concatenate([x[:, ::-1].reshape(len(x), -1), np.ones((len(x), 1))], axis=1).astype(float)
    outputs = wanted.shape[2]
    response = np.linalg.lstsq(past, wanted[:, -1], rcond=None)[0]
    blocks = response[:-1].reshape(steps, task.components, outputs).transpose(0, 2, 1)  # [delay, output, component]
    drift = np.zeros((steps, outputs, 1))  # what a constant input of 1 adds
    totals = [_constant(task, x[:, : t + 1], wanted[:, t]) for t in range(steps)]
    drift[:, :, 0] = np.diff(np.stack(totals), axis=0, prepend=0.0)
    both = np.concatenate([blocks, drift], axis=2)
    hankel = np.block([[both[i + j] for j in range(DELAYS)] for i in range(DELAYS)])
    left, size, right = np.linalg.svd(hankel)
    rank = int((size > 1e-6 * size[0]).sum())
    root = np.sqrt(size[:rank])
    observed, controlled = left[:, :rank] * root, (root[:, None] * right[:rank])
    move = np.linalg.lstsq(observed[:-outputs], observed[outputs:], rcond=None)[0]
    enter = controlled[:, : task.components + 1]
    config = {"in_dim": task.components, "out_dim": outputs, "hidden": rank, **LINEAR}
    net = SmallRNN(**config)
    found = {
        "f.0.weight": np.concatenate([move, enter[:, :-1]], axis=1),
        "f.0.bias": enter[:, -1],
        "g.0.weight": observed[:outputs],
        "g.0.bias": np.zeros(outputs),
    }
    net.load_state_dict({name: torch.as_tensor(value) for name, value in found.items()})
    return net, config


def _constant(task: Task, x: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Give what the answer is where all inputs are 0, by least squares."""
    flat = np.concatenate([x.reshape(len(x), -1), np.ones((len(x), 1))], axis=1).astype(float)
    return np.linalg.lstsq(flat, wanted, rcond=None)[0][-1]
