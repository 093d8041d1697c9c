"""Trains a network for each task until it is right; `python -m examples.mips.train --cache DIR`."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import torch
from cyclopts import App, Parameter
from torch import nn

from examples.mips import nets
from examples.mips.linear import fit_linear
from examples.mips.remembering import fit_remembering
from examples.mips.tasks import TASKS, Task
from examples.mips.taught import teach

CACHE = Path("~/.cache/distill/mips")
ENUMERATED, DRAWN = 2**20, 100_000  # sequences up to which all are run, and how many are drawn otherwise
CHUNK = 2**16  # sequences run at once
BATCH = 512
CURRICULUM = 0.97  # share of right answers at which sequences get longer
EVERY = 100  # updates between two looks at how it goes
NOISE = (0.0, 0.02, 0.05)  # on the state, by attempt: states that stay apart under noise are few and far between

app = App(help="Train a small network for each of the 62 tasks of MIPS.")


@dataclass(frozen=True, slots=True)
class Scale:
    """Inputs less `middle` over `half`, answers likewise: what networks are trained on, folded into their weights."""

    middle: float
    half: float
    y_middle: float
    y_half: float


def scale_of(task: Task, rng: np.random.Generator) -> Scale:
    """Give the scale of a task's inputs and answers."""
    y = task.answer(task.sample(2000, rng))
    half = max((task.high - task.low) / 2, 0.5)
    y_half = max((float(y.max()) - float(y.min())) / 2, 0.5)
    return Scale((task.high + task.low) / 2, half, (float(y.max()) + float(y.min())) / 2, y_half)


@torch.no_grad()
def folded(net: nn.Module, scale: Scale) -> None:
    """Fold the scale into the first and last weights, in place: the network takes and gives raw integers."""
    if isinstance(net, nets.SmallRNN):
        first, columns, last = net.f[0], slice(net.hidden, None), net.g[-1]
        pairs = [(first.weight, first.bias, columns)]
    else:
        last = net.out
        pairs = [(net.rnn.weight_ih_l0, net.rnn.bias_ih_l0, slice(None))]
    for weight, bias, columns in pairs:
        bias -= weight[:, columns].sum(1) * (scale.middle / scale.half)
        weight[:, columns] /= scale.half
    last.weight *= scale.y_half
    last.bias *= scale.y_half
    last.bias += scale.y_middle


@torch.no_grad()
def wrong(net: nn.Module, task: Task, rng: np.random.Generator) -> int:
    """Count the sequences on which a network errs: of all there are, or of as many as DRAWN."""
    if task.size <= ENUMERATED:
        rows = task.enumerate()
    else:
        uniform = rng.integers(task.low, task.high + 1, (DRAWN // 2, task.length, task.components))
        rows = np.concatenate([task.sample(DRAWN // 2, rng), uniform])
    errors = 0
    for start in range(0, len(rows), CHUNK):
        part = rows[start : start + CHUNK]
        found = net(torch.as_tensor(part, dtype=torch.float32)).round().numpy()
        errors += int((found != task.answer(part)).any(axis=(1, 2)).sum())
    return errors


def configs(task: Task, kind: str) -> Iterator[dict]:
    """Yield the sizes to try, the smallest first."""
    outputs = task.answer(task.sample(2, np.random.default_rng(0))).shape[2]
    base = {"in_dim": task.components, "out_dim": outputs}
    if kind != "rnn":
        for hidden in (16, 32, 64):
            yield {**base, "cell": kind, "hidden": hidden}
        return
    if task.kind == "local":
        for width in (16, 64, 128):
            yield {**base, "hidden": task.components, "f_depth": 1, "f_width": 1, "g_depth": 3, "g_width": width}
        return
    states = task.states or 16
    for hidden, width in ((2 + states // 3, 24), (3 + states // 2, 48), (4 + states, 128)):
        sizes = {"f_depth": 2, "f_width": width, "g_depth": 2, "g_width": max(24, width // 2)}
        yield {**base, "hidden": min(hidden, 24), **sizes}


def trained_by_states(task: Task, config: dict, seed: int, seconds: float) -> nn.Module | None:
    """Train a network that is shown the states first; None where it is not right then."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    net, scale = nets.SmallRNN(**config), scale_of(task, rng)
    teach(net, task, scale.middle, scale.half, seed, seconds)
    folded(net, scale)
    return None if wrong(net, task, rng) else net


def train(task: Task, config: dict, noise: float, seed: int, seconds: float) -> nn.Module | None:
    """Train one network; None where it is not right in time. Sequences start short and get longer."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    net, scale = nets.build(config), scale_of(task, rng)
    optimizer = torch.optim.Adam(net.parameters(), lr=4e-3)
    everything = task.enumerate() if task.size <= 2 * BATCH else None
    length, until, good, rate = min(2, task.length), time.monotonic() + seconds, 0, 4e-3
    for update in range(1, 10**9):
        rows = task.sample(BATCH, rng) if everything is None else everything
        x = torch.as_tensor((rows[:, :length] - scale.middle) / scale.half, dtype=torch.float32)
        y = torch.as_tensor(task.answer(rows[:, :length]), dtype=torch.float32)
        found = net(x, noise) * scale.y_half + scale.y_middle
        loss = torch.log1p((found - y) ** 2).mean() / 2
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimizer.step()
        if update % EVERY:
            continue
        right = float((found.detach().round() == y).float().mean())
        if length < task.length and right > CURRICULUM:
            length = min(task.length, length + 1 + (right > 0.999))
        elif length == task.length:
            good = good + 1 if right > 0.995 else 0
            if good and good % 5 == 0:
                rate = max(rate * 0.6, 1e-4)
                for group in optimizer.param_groups:
                    group["lr"] = rate
            if good >= 5 and (net(x) * scale.y_half + scale.y_middle).round().eq(y).all():
                trial = nets.build(config)
                trial.load_state_dict(net.state_dict())
                folded(trial, scale)
                if not wrong(trial, task, rng):
                    return trial
        if time.monotonic() > until:
            return None
    return None


def write(folder: Path, task: Task, net: nn.Module, config: dict) -> None:
    """Write a network as a bundle."""
    folder.mkdir(parents=True, exist_ok=True)
    torch.save({"state_dict": net.state_dict(), "config": config}, folder / "checkpoint.pt")
    shutil.copy(Path(nets.__file__), folder / "nets.py")
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
    kind: str = "rnn",
    seconds: float = 60.0,
    attempts: int = 4,
    shown: int = 1,
    seed: int = 0,
) -> None:
    """Train what the cache does not have yet.

    seconds: for one attempt. attempts: sizes and seeds tried in turn. shown: that of them, from which on a machine is
    shown its states first.
    """
    torch.set_num_threads(1)
    for name in names or TASKS:
        task, folder = TASKS[name], cache.expanduser() / kind / name
        if (folder / "distill.toml").exists():
            continue
        began, net, config = time.monotonic(), None, {}
        if kind == "rnn" and task.kind == "linear":
            net, config = fit_linear(task, np.random.default_rng(seed))
            net = None if wrong(net, task, np.random.default_rng(seed + 1)) else net
        sizes = list(configs(task, kind))
        for attempt in range(attempts):
            if net is not None:
                break
            config = sizes[min(attempt, len(sizes) - 1)]
            if kind == "rnn" and task.kind == "window":
                net, config = fit_remembering(task, 2, 32, seed + attempt, seconds)
                net = None if wrong(net, task, np.random.default_rng(seed + 1)) else net
            elif kind == "rnn" and task.kind == "machine" and attempt >= shown:
                config = sizes[-1]
                net = trained_by_states(task, config, seed + attempt, seconds)
            else:
                net = train(task, config, NOISE[attempt % len(NOISE)], seed + attempt, seconds)
        spent = time.monotonic() - began
        if net is None:
            print(f"{kind}/{name}: not right after {spent:.0f} s", flush=True)
            continue
        write(folder, task, net, config)
        count = sum(p.numel() for p in net.parameters())
        print(f"{kind}/{name}: right, {config['hidden']} units, {count} parameters, {spent:.0f} s", flush=True)


if __name__ == "__main__":
    app()
