"""Compiles the trained networks and prints the table of the benchmark; `python -m examples.mips.run --cache DIR`."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Annotated, Literal

import numpy as np
import torch
from cyclopts import App, Parameter

from distill.emit import code_lines
from examples.mips import nets
from examples.mips.tasks import TASKS, Task
from examples.mips.train import CACHE

ENUMERATED = 2**21  # sequences up to which a program is held against its network on every one
CHUNK = 2**15  # sequences at once

app = App(help="Compile the networks of the benchmark, and hold every program against its network.")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one network. ours: "exact", "equal on N" or why not; found: what distill claimed."""

    task: Task
    network: str
    ours: str
    lines: int | None
    seconds: float
    found: str
    mechanism: str

    def row(self) -> str:
        """Give a row of the table, in markdown."""
        marks = ["yes" if solved else "" for solved in (self.task.mips, self.task.gpt4)]
        lines = "" if self.lines is None else str(self.lines)
        cells = [self.task.name, self.network, *marks, self.ours, lines, f"{self.seconds:.1f}", self.found]
        return f"| {' | '.join([*cells, self.mechanism])} |"


HEAD = f"| task | network | MIPS | GPT-4 | ours | lines | seconds | claim | mechanism |\n{'|---' * 9}|"


def compiled(bundle: Path, out: Path, budget: float) -> tuple[int, float]:
    """Compile a bundle in a process of its own; gives the exit status and the seconds it took."""
    command = [sys.executable, "-m", "distill", "compile", str(bundle), "-o", str(out / f"{bundle.name}.py")]
    began = time.monotonic()
    done = subprocess.run([*command, "--budget", str(budget), "--trust", "--quiet"], capture_output=True, check=False)
    return done.returncode, time.monotonic() - began


def module_at(path: Path) -> ModuleType:
    """Load an emitted program."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@torch.no_grad()
def held(task: Task, bundle: Path, program: Path, sequences: int) -> str:
    """Hold a program against its network: on all sequences there are, or on so many that are drawn afresh."""
    stored = torch.load(bundle / "checkpoint.pt", weights_only=True)
    net = nets.build(stored["config"])
    net.load_state_dict(stored["state_dict"])
    predict_batch = module_at(program).predict_batch
    rng = np.random.default_rng(7)
    whole = task.size <= ENUMERATED
    total = task.size if whole else sequences
    rows = task.enumerate() if whole else None
    for start in range(0, total, CHUNK):
        count = min(CHUNK, total - start)
        x = task.sample(count, rng) if rows is None else rows[start : start + count]
        answers = net(torch.as_tensor(x, dtype=torch.float32)).round().long().numpy()
        given = np.array(predict_batch(_plain(x), strict=False)).reshape(answers.shape)
        wrong = (given != answers).any(axis=(1, 2))
        if wrong.any():
            return f"differs on {_plain(x[wrong][:1])[0]}"
    return "exact" if whole else f"equal on {total:,}"


def _plain(x: np.ndarray) -> list:
    """Give sequences as programs take them: a number a step where there is one component."""
    return (x[:, :, 0] if x.shape[2] == 1 else x).tolist()


def outcome(name: str, kind: str, cache: Path, out: Path, budget: float, sequences: int) -> Outcome:
    """Compile one network and check what came of it."""
    task, bundle = TASKS[name], cache / kind / name
    if not (bundle / "distill.toml").exists():
        return Outcome(task, "not trained", "", None, 0.0, "", "")
    stored = torch.load(bundle / "checkpoint.pt", weights_only=True)
    count = sum(v.numel() for v in stored["state_dict"].values())
    network = f"{stored['config']['hidden']} units, {count} parameters"
    status, seconds = compiled(bundle, out, budget)
    if status:
        return Outcome(task, network, "refused" if status == 3 else f"exit {status}", None, seconds, "", "")
    program = out / f"{name}.py"
    certificate = json.loads(program.with_suffix(".certificate.json").read_text())
    lines = code_lines(program.read_text())
    claim, verdict = certificate["behaviour"]["claim"], certificate["mechanism"]["verdict"]
    return Outcome(task, network, held(task, bundle, program, sequences), lines, seconds, claim, verdict)


@app.default
def main(
    names: Annotated[list[str] | None, Parameter(help="Tasks; all by default.")] = None,
    *,
    cache: Path = CACHE,
    kind: Literal["rnn", "gru", "lstm"] = "rnn",
    out: Path = Path("mips-programs"),
    budget: float = 60.0,
    sequences: int = 1_000_000,
    jobs: int = 2,
) -> None:
    """Print the table.

    out: where the programs go. sequences: how many are drawn where there are too many to run all of them.
    """
    torch.set_num_threads(1)
    folder = out / kind
    folder.mkdir(parents=True, exist_ok=True)
    cache = cache.expanduser()
    print(HEAD, flush=True)
    outcomes = []
    with ThreadPoolExecutor(jobs) as pool:
        asked = [name for name in TASKS if not names or name in names]
        for found in pool.map(lambda n: outcome(n, kind, cache, folder, budget, sequences), asked):
            outcomes.append(found)
            print(found.row(), flush=True)
    right = sum(o.ours == "exact" or o.ours.startswith("equal") for o in outcomes)
    trained = sum(o.network != "not trained" for o in outcomes)
    seconds = sorted(o.seconds for o in outcomes if o.seconds)
    middle = seconds[len(seconds) // 2] if seconds else 0.0
    print(f"\n{trained} of {len(outcomes)} trained, {right} compiled and equal; median {middle:.1f} s")


if __name__ == "__main__":
    app()
