"""Compiles the trained networks and prints the table of the benchmark; `python -m examples.mips.run --cache DIR`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Annotated

import torch
from cyclopts import App, Parameter

from distill.emit import code_lines
from examples.mips.held import held, stored
from examples.mips.tasks import TASKS, Task
from examples.mips.train import CACHE, Kind

REFUSED = 3  # exit status of `distill compile` where no program was accepted
COLUMNS = ("task", "network", "MIPS", "GPT-4", "ours", "lines", "seconds", "claim", "mechanism")

app = App(help="Compile the networks of the benchmark, and hold every program against its network.")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one network.

    ours: "exact", "equal on N", or what went wrong. seconds: of the compiler's process time. claim, mechanism: what the
    certificate says.
    """

    task: Task
    network: str
    ours: str
    lines: int | None = None
    seconds: float | None = None
    claim: str = ""
    mechanism: str = ""

    @property
    def right(self) -> bool:
        """Tell whether there is a program, and it was found equal to its network."""
        return self.ours.startswith(("exact", "equal"))

    def row(self) -> str:
        """Give a row of the table, in markdown."""
        marks = ["yes" if solved else "" for solved in (self.task.mips, self.task.gpt4)]
        lines = "" if self.lines is None else str(self.lines)
        seconds = "" if self.seconds is None else f"{self.seconds:.1f}"
        cells = [self.task.name, self.network, *marks, self.ours, lines, seconds, self.claim, self.mechanism]
        return f"| {' | '.join(cells)} |"


def compiled(bundle: Path, program: Path, budget: float) -> tuple[int, float]:
    """Compile a bundle in a process of its own; gives the exit status and the process time in seconds.

    What it says goes beside the program, into a file with the ending .json.
    """
    command = [sys.executable, "-m", "distill", "compile", str(bundle), "-o", str(program), "--budget", str(budget)]
    with program.with_suffix(".json").open("w", encoding="utf-8") as said:
        process = subprocess.Popen([*command, "--trust", "--quiet", "--json"], stdout=said, stderr=said)
        _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return process.returncode, used.ru_utime + used.ru_stime


def outcome(task: Task, bundle: Path, out: Path, budget: float, sequences: int) -> Outcome:
    """Compile one network and check what came of it."""
    if not (bundle / "distill.toml").exists():
        return Outcome(task, "not trained", "")
    kept = stored(bundle)
    count = sum(values.numel() for values in kept["state_dict"].values())
    network = f"{kept['config']['hidden']} units, {count:,} parameters"
    program = out / f"{task.name}.py"
    status, seconds = compiled(bundle, program, budget)
    if status:
        return Outcome(task, network, "refused" if status == REFUSED else f"exit {status}", seconds=seconds)
    certificate = json.loads(program.with_suffix(".certificate.json").read_text(encoding="utf-8"))
    lines = code_lines(program.read_text(encoding="utf-8"))
    claim, verdict = certificate["behaviour"]["claim"], certificate["mechanism"]["verdict"]
    return Outcome(task, network, held(task, bundle, program, sequences), lines, seconds, claim, verdict)


@app.default
def main(
    names: Annotated[list[str] | None, Parameter(help="Tasks; all by default.")] = None,
    *,
    cache: Path = CACHE,
    kind: Kind = "rnn",
    out: Path = Path("mips-programs"),
    budget: float = 60.0,
    sequences: int = 1_000_000,
    jobs: int = 2,
) -> None:
    """Print the table.

    out: where the programs go. budget: seconds for each search. sequences: how many are drawn where there are too many
    to run all of them. jobs: networks at once.
    """
    torch.set_num_threads(1)
    bundles, folder = cache.expanduser() / kind, out / kind
    folder.mkdir(parents=True, exist_ok=True)
    print(f"| {' | '.join(COLUMNS)} |\n{'|---' * len(COLUMNS)}|", flush=True)
    outcomes = []
    with ThreadPoolExecutor(jobs) as pool:
        asked = [task for name, task in TASKS.items() if not names or name in names]
        for found in pool.map(lambda task: outcome(task, bundles / task.name, folder, budget, sequences), asked):
            outcomes.append(found)
            print(found.row(), flush=True)
    trained = sum(found.network != "not trained" for found in outcomes)
    right, short = [found for found in outcomes if found.right], 15
    brief = sum(found.lines is not None and found.lines <= short for found in right)
    spent = median([found.seconds for found in outcomes if found.seconds is not None] or [0.0])
    print(
        f"\n{trained} of {len(outcomes)} trained; {len(right)} compiled and equal, {brief} of them in at most {short}"
    )
    print(f"lines; median {spent:.1f} s")


if __name__ == "__main__":
    app()
