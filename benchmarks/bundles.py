"""Bundles of the networks that tasks are made into."""

from __future__ import annotations

import json
import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from benchmarks.compiled import BOS, PAD, Compiled, compiled
from benchmarks.rasp import Value, evaluate
from benchmarks.tasks import Task

CHECKED = 20  # inputs on which a network is held against its program


def write_bundle(folder: Path, task: Task, rng: np.random.Generator) -> None:
    """Write the network of a task and what is to be known of it. Raises ValueError where the network is wrong."""
    made = compiled(task.op, task.length, rng)
    some = [[task.symbols[k] for k in rng.integers(0, len(task.symbols), n)] for n in range(1, task.length + 1)]
    rows = task.rows or some
    tokens = _encoded(made, rows)
    _check(made, task, rows[:CHECKED], tokens[:CHECKED])
    _export(made.module, tokens[:2], 1 + task.length, folder / "network.pt2")
    if task.rows is not None:
        np.savez(folder / "inputs.npz", tokens=tokens, lengths=np.array([1 + len(row) for row in rows]))
    (folder / "distill.toml").write_text(_described(made, task))


def _encoded(made: Compiled, rows: Sequence[Sequence[Value]]) -> np.ndarray:
    """Give token ids [row, position], <bos> before each row."""
    ids = {symbol: k for k, symbol in enumerate(made.vocab)}
    tokens = np.full((len(rows), 1 + max(map(len, rows))), ids[PAD])
    for k, row in enumerate(rows):
        tokens[k, : 1 + len(row)] = [ids[BOS], *(ids[symbol] for symbol in row)]
    return tokens


def _check(made: Compiled, task: Task, rows: Sequence[Sequence[Value]], tokens: np.ndarray) -> None:
    with torch.no_grad():
        best = made.module(torch.as_tensor(tokens)).argmax(-1).numpy()
    for row, columns in zip(rows, best, strict=True):
        given, expected = [made.symbols[c] for c in columns[1 : 1 + len(row)]], evaluate(task.op, row)
        if given != expected:
            raise ValueError(
                f"the network made gives {given} for {row}, its program {expected}; are its weights exact?"
            )


def _export(module: torch.nn.Module, tokens: np.ndarray, positions: int, path: Path) -> None:
    sizes = {0: torch.export.Dim("row"), 1: torch.export.Dim("position", max=positions)}
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "No complete tensor found in the group", UserWarning)
        exported = torch.export.export(module, (torch.as_tensor(tokens),), dynamic_shapes=(sizes,))
        torch.export.save(exported, path)


def _described(made: Compiled, task: Task) -> str:
    """Give the distill.toml."""
    inputs = {"kind": "tokens", "vocab": made.vocab, "pad": PAD, "prefix": [BOS]}
    if task.rows is None:
        inputs |= {"alphabet": task.symbols, "length": [1, task.length]}
    else:
        inputs |= {"samples": "inputs.npz"}
    output = {"readout": "argmax", "at": "each", "symbols": made.symbols}
    tables = {"network": {"file": "network.pt2"}, "input": inputs, "output": output}
    return "\n".join(
        f"[{name}]\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in table.items())
        for name, table in tables.items()
    )
