"""Holds a compiled program against its network, on every sequence there is or on very many drawn afresh."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import numpy as np
import torch

from examples.mips import nets
from examples.mips.tasks import Task

ENUMERATED = 2**21  # sequences of full length up to which every one is run, and every shorter one
CHUNK = 2**15  # sequences at once
SHORTER = 2**10  # sequences of each shorter length where they are drawn
FAILURES = (ArithmeticError, LookupError, TypeError, ValueError, RecursionError)  # of a program, on an input


def stored(bundle: Path) -> dict:
    """Give what a bundle's checkpoint holds: `config` and `state_dict`."""
    return torch.load(bundle / "checkpoint.pt", weights_only=True)


@torch.no_grad()
def held(task: Task, bundle: Path, program: Path, sequences: int) -> str:
    """Give "exact", "equal on N" of N drawn, or the first sequence found on which the program is not the network.

    sequences: how many of full length are drawn where there are more than ENUMERATED.
    """
    kept = stored(bundle)
    net = nets.build(kept["config"])
    net.load_state_dict(kept["state_dict"])
    predict_batch = module_at(program).predict_batch
    count = 0
    for x in batches(task, sequences):
        answers = net(torch.as_tensor(x, dtype=torch.float32)).round().long().numpy()
        asked = (x[:, :, 0] if x.shape[2] == 1 else x).tolist()
        try:
            given = np.array(predict_batch(asked, strict=False)).reshape(answers.shape)
        except FAILURES as failure:
            return f"fails: {type(failure).__name__}"
        wrong = (given != answers).any(axis=(1, 2))
        if wrong.any():
            return f"differs on {asked[int(wrong.argmax())]}"
        count += len(x)
    return "exact" if task.size <= ENUMERATED else f"equal on {count:,}"


def batches(task: Task, sequences: int) -> Iterator[np.ndarray]:
    """Yield sequences, int64 [row, step, component]: all of every length, or, at full length, so many drawn."""
    rng = np.random.default_rng(7)
    for length in range(1, task.length + 1):
        part = task.shortened(length)
        if task.size <= ENUMERATED:
            rows = part.enumerate()
            yield from (rows[start : start + CHUNK] for start in range(0, len(rows), CHUNK))
            continue
        wanted = sequences if length == task.length else SHORTER
        yield from (part.sample(min(CHUNK, wanted - start), rng) for start in range(0, wanted, CHUNK))


def module_at(path: Path) -> ModuleType:
    """Load an emitted program."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
