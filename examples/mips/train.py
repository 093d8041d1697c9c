"""Trains a network for each task until it is right; `python -m examples.mips.train --cache DIR`."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
import torch
from cyclopts import App, Parameter
from torch import nn

from examples.mips import nets
from examples.mips.learnt import fit_learnt
from examples.mips.linear import LINEAR, fit_linear
from examples.mips.polished import fit_polished
from examples.mips.tasks import TASKS, Task
from examples.mips.taught import fit_taught

Kind = Literal["rnn", "gru", "lstm"]
Fit = Callable[[int], tuple[nn.Module, dict]]  # from a seed: a network and its config

CACHE = Path("~/.cache/distill/mips")
ENUMERATED, DRAWN = 2**20, 100_000  # sequences up to which all are run, and how many are drawn otherwise
MARGIN = 0.4  # how far an answer may be off where sequences are drawn: those that are not drawn are a little worse
CHUNK = 2**16  # sequences run at once
NOISE = (0.0, 0.02, 0.05)  # on the state, by attempt: states that stay apart under noise are few and far between
PATIENT = (5, 10)  # times the updates of a try, in the last

app = App(help="Train a small network for each of the 62 tasks of MIPS.")


@torch.no_grad()
def wrong(net: nn.Module, task: Task, rng: np.random.Generator) -> int:
    """Count the sequences on which a network errs: of all there are, or, by a stricter measure, of as many as DRAWN."""
    allowed = MARGIN
    if task.size <= ENUMERATED:
        rows, allowed = task.enumerate(), 0.5
    else:
        uniform = rng.integers(task.low, task.high + 1, (DRAWN // 2, task.length, task.components))
        rows = np.concatenate([task.sample(DRAWN // 2, rng), uniform])
    errors = 0
    for start in range(0, len(rows), CHUNK):
        part = rows[start : start + CHUNK]
        found = net(torch.as_tensor(part, dtype=torch.float32)).numpy()
        errors += int((np.abs(found - task.answer(part)) >= allowed).any(axis=(1, 2)).sum())
    return errors


def tries(task: Task, kind: Kind, updates: int) -> Iterator[Fit]:
    """Yield ways to train a network for a task, those of small networks first."""
    outputs = task.answer(task.sample(2, np.random.default_rng(0))).shape[2]
    base = {"in_dim": task.components, "out_dim": outputs}
    if kind != "rnn":
        for hidden, noise in zip((16, 32, 64), NOISE, strict=True):
            yield partial(fit_learnt, task, {**base, "cell": kind, "hidden": hidden}, noise, updates)
    elif task.kind == "linear":
        yield partial(fit_linear, task)
    elif task.kind == "local":
        for width, noise in zip((16, 64, 128), NOISE, strict=True):
            config = {**base, **LINEAR, "hidden": task.components, "g_depth": 3, "g_width": width}
            yield partial(fit_learnt, task, config, noise, updates)
    elif task.kind == "piecewise":
        for hidden, f_width, g_width in ((1, 8, 1), (2, 1, 16), (2, 16, 1), (3, 16, 32), (6, 32, 48), (16, 64, 64)):
            sizes = {"f_depth": 1 + (f_width > 1), "f_width": f_width, "g_depth": 1 + (g_width > 1), "g_width": g_width}
            config = {**base, "hidden": hidden, **sizes}
            yield partial(fit_polished, task, config, updates)
        yield partial(fit_polished, task, config, PATIENT[0] * updates)
    else:
        states = task.states or 16
        two = {**base, "f_depth": 2, "g_depth": 2}
        small = {**two, "hidden": 2 + states // 3, "f_width": 24, "g_width": 24}
        yield partial(fit_learnt, task, small, 0.0, updates)
        large = {**two, "hidden": min(4 + states, 24), "f_width": 128, "g_width": 64}
        for _ in range(2):
            yield partial(fit_taught, task, large)
        yield partial(fit_learnt, task, large, NOISE[1], updates)
        for longer in PATIENT:
            yield partial(fit_learnt, task, large, NOISE[1] / 2, longer * updates)


def write(folder: Path, task: Task, net: nn.Module, config: dict) -> None:
    """Write a network as a bundle."""
    folder.mkdir(parents=True, exist_ok=True)
    torch.save({"state_dict": net.state_dict(), "config": config}, folder / "checkpoint.pt")
    (folder / "nets.py").write_text(Path(nets.__file__).read_text())
    (folder / "distill.toml").write_text(
        '[network]\nfile = "checkpoint.pt"\nfactory = "nets.py:build"\n\n'
        f'[input]\nkind = "numbers"\nlow = {task.low}\nhigh = {task.high}\nwidth = {task.components}\n'
        f'length = [1, {task.length}]\n\n[output]\nreadout = "round"\nat = "each"\n'
    )


@app.default
def main(
    names: Annotated[list[str] | None, Parameter(help="Tasks; all by default.")] = None,
    *,
    cache: Path = CACHE,
    kind: Kind = "rnn",
    updates: int = 4000,
    seed: int = 0,
) -> None:
    """Train what the cache does not have yet.

    updates: by gradient, of one try. seed: of the first try of each task; the next have the next.
    """
    torch.set_num_threads(1)
    for name in names or TASKS:
        task, folder = TASKS[name], cache.expanduser() / kind / name
        if (folder / "distill.toml").exists():
            continue
        began, errors = time.process_time(), []
        for attempt, fit in enumerate(tries(task, kind, updates)):
            net, config = fit(seed + attempt)
            errors.append(wrong(net, task, np.random.default_rng(seed + 1)))
            if not errors[-1]:
                write(folder, task, net, config)
                break
        count, spent = sum(p.numel() for p in net.parameters()), time.process_time() - began
        fate = "not right" if errors[-1] else "right"
        said = f"{config['hidden']} units, {count} parameters, {spent:.0f} s, sequences wrong by try {errors}"
        print(f"{kind}/{name}: {fate}, {said}", flush=True)


if __name__ == "__main__":
    app()
