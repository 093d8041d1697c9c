"""How the seconds of a compile grow with the vocabulary, the length of inputs, and the nesting of the program.

    OMP_NUM_THREADS=1 python -m benchmarks.scaling run      compiles at each size, into docs/scaling.json
    python -m benchmarks.scaling_plot                       draws what is there, and tells it in docs/scaling.md

Each compile is of a network of its own, made of a program at random (`benchmarks.tasks`, `benchmarks.compiled`), and is
a process of its own, whose CPU seconds count and which is stopped where it overruns. Sizes that are there already are
not compiled again but with `--again`; `--only length/reverse` does a part.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from benchmarks.bundles import write_bundle
from benchmarks.tasks import AXES

RESULTS = Path(__file__).parents[1] / "docs" / "scaling.json"
REPEATS = 3
GRACE = 60.0  # seconds beyond half as much again as the budget, after which a compile is stopped


@dataclass(frozen=True, slots=True)
class Point:
    """What is compiled. seed: of the network's program, bases and samples; budget: seconds."""

    axis: str
    task: str
    size: int
    seed: int
    budget: float


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it. seconds: of CPU; megabytes: the most memory held, also while the network was made.

    None: nothing is known, as the compile was stopped or broke; `why` says which.
    """

    accepted: bool
    why: str
    parameters: int | None
    seconds: float | None
    megabytes: int | None
    claim: str | None
    program: str | None


def compiled_at(point: Point) -> Outcome:
    """Make the network of a point and compile it, in this process."""
    import distill

    rng = np.random.default_rng([point.seed, point.size])
    task = AXES[point.axis].tasks[point.task](point.size, rng)
    with tempfile.TemporaryDirectory() as folder:
        write_bundle(Path(folder), task, rng)
        start = sum(os.times()[:4])
        found = distill.compile(folder, budget=point.budget, seed=point.seed)
        seconds = sum(os.times()[:4]) - start
    kilobytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return Outcome(
        accepted=found.get("accepted", True),
        why=found.get("why", ""),
        parameters=found["network"]["parameters"],
        seconds=round(seconds, 2),
        megabytes=kilobytes // 1024,
        claim=(found["behaviour"] or {}).get("claim"),
        program=(found["program"] or {}).get("dsl"),
    )


def measured(point: Point) -> Outcome:
    """Compile at a point in a process of its own; what breaks is an outcome too."""
    command = [sys.executable, "-m", "benchmarks.scaling", "point", json.dumps(asdict(point))]
    limit = 1.5 * point.budget + GRACE
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=limit)
    except subprocess.TimeoutExpired:
        return Outcome(False, f"stopped after {limit:.0f} s", None, None, None, None, None)
    if done.returncode:
        last = (done.stderr.strip().splitlines() or [f"status {done.returncode}"])[-1]
        return Outcome(False, last[:200], None, None, None, None, None)
    return Outcome(**json.loads(done.stdout))


def read_results(path: Path) -> dict[Point, Outcome]:
    """Read what was measured."""
    return {Point(**record["point"]): Outcome(**record["outcome"]) for record in json.loads(path.read_text())}


def run(options: argparse.Namespace) -> None:
    """Compile at the points that are asked for, and write each result as it comes."""
    results = read_results(options.results) if options.results.exists() else {}
    for point in points(options.repeats, options.budget):
        name = f"{point.axis}/{point.task}/{point.size}"
        if options.only not in name or point.size > options.most or (point in results and not options.again):
            continue
        results[point] = found = measured(point)
        print(name, point.seed, "accepted" if found.accepted else f"refused: {found.why}", found.seconds, flush=True)
        records = [{"point": asdict(p), "outcome": asdict(o)} for p, o in results.items()]
        options.results.write_text(json.dumps(records, indent=1, ensure_ascii=False) + "\n")


def points(repeats: int, budget: float) -> list[Point]:
    """Give all points, `repeats` for each size."""
    return [
        Point(name, task, size, seed, budget)
        for name, axis in AXES.items()
        for task in axis.tasks
        for size in axis.sizes
        for seed in range(repeats)
    ]


def main() -> None:
    """Read the command line and do what it says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    one = commands.add_parser("point", help="compile at one point, and print what came of it")
    one.add_argument("point", type=lambda text: Point(**json.loads(text)))
    many = commands.add_parser("run", help="compile at all points, each in a process of its own")
    many.add_argument("--only", default="", help="part of AXIS/TASK/SIZE")
    many.add_argument("--most", type=int, default=sys.maxsize, help="the largest size")
    many.add_argument("--repeats", type=int, default=REPEATS)
    many.add_argument("--budget", type=float, default=120.0, help="seconds of a compile")
    many.add_argument("--again", action="store_true", help="compile what is there already, too")
    many.add_argument("--results", type=Path, default=RESULTS)
    options = parser.parse_args()
    if options.command == "point":
        print(json.dumps(asdict(compiled_at(options.point))))
    else:
        run(options)


if __name__ == "__main__":
    main()
