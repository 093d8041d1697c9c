"""How many candidates a search looks at until it has its answer, and how long that takes, with guidance and without.

python -m benchmarks.guidance BUNDLE ... [--arms NAME ...] [--seconds 20] [--out FILE]

A target is the problem that a network poses. The unguided search runs to its end; the bar is what its shortest program
takes, and 2 bits. Every arm, unguided too, is then counted up to the first program that is right on all rows searched
on and no longer than that; an arm that does not get there counts with all that it looked at, never with less than the
unguided one. Problem, rows, activations and random numbers are the same in every arm.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np

from distill.evidence import Evidence, first_evidence
from distill.question import Question, ask
from dsl import show
from dsl.terms import Expr
from synthesis.attempt import Attempt, Settings
from synthesis.bank import Bank
from synthesis.search import search

SLACK = 2.0  # bits that an arm's answer may be longer than the unguided search's
FEWEST = 100  # candidates that a target takes unguided, or it is left out
RESAMPLED = 10_000


@dataclass(frozen=True, slots=True, eq=False)
class Posed:
    """A target: a network's problem, and what it takes to listen to the network."""

    name: str
    question: Question
    evidence: Evidence
    settings: Settings


Arm = Callable[[Posed], Settings]  # how far, and with what guidance, to search


@dataclass(frozen=True, slots=True)
class Run:
    """One search. candidates, seconds (of CPU): until the answer, or all of them; bits: the answer's.

    grown: the candidates of banks over sequences, without those of the small banks that write dependencies down.
    """

    target: str
    arm: str
    solved: bool
    candidates: int
    seconds: float
    bits: float
    grown: int = 0
    program: str = ""


@dataclass(slots=True, eq=False)
class Meter:
    """What a search under way has looked at, and (candidates, grown, seconds, bits, term) at each program it found."""

    seconds: float
    bar: float = -np.inf
    started: float = field(default_factory=time.process_time)
    banks: list[Bank] = field(default_factory=list)
    found: list[tuple[int, int, float, float, Expr]] = field(default_factory=list)

    @property
    def tried(self) -> int:
        """Candidates looked at so far, in all banks."""
        return sum(bank.tried for bank in self.banks)

    @property
    def grown(self) -> int:
        """The same, in banks over sequences alone."""
        return sum(bank.tried for bank in self.banks if bank.layout.mask.shape[1] > 1)

    @property
    def spent(self) -> float:
        """Seconds of CPU since the start."""
        return time.process_time() - self.started

    def late(self) -> bool:
        """Whether the time is up or the bar is reached."""
        return self.spent > self.seconds or any(bits <= self.bar for _, _, _, bits, _ in self.found)

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Note every bank that is made and every program that is found."""
        make, offer = Bank.__init__, Attempt.offer

        def made(bank: Bank, *args: Any, **options: Any) -> None:
            make(bank, *args, **options)
            self.banks.append(bank)

        def offered(attempt: Attempt, term: Expr, origin: str) -> None:
            new = term not in attempt.tried
            offer(attempt, term, origin)
            if new and term in attempt.found:
                self.found.append((self.tried, self.grown, self.spent, attempt.found[term].bits, term))

        with mock.patch.object(Bank, "__init__", made), mock.patch.object(Attempt, "offer", offered):
            yield


def pose(path: Path) -> Posed:
    """Load a network and pose its problem, as a compile does."""
    rng = np.random.default_rng(0)
    question = ask(path, {}, device="cpu", trust=True)
    evidence = first_evidence(question, rng)
    return Posed(path.name, question, evidence, Settings(tolerance=question.tolerance))


def unguided(posed: Posed) -> Settings:
    """Search for terms of all pieces alone, size by size."""
    return replace(posed.settings, plain=0)


def plain(posed: Posed) -> Settings:
    """Try one operation on the inputs alone before terms of three nodes, as a compile does."""
    return posed.settings


ARMS: dict[str, Arm] = {"unguided": unguided, "plain": plain}


def measure(posed: Posed, arm: str, seconds: float, bar: float | None = None) -> Run:
    """Run one arm up to the bar; without one, to the end, and count up to what it found to be the bar."""
    meter = Meter(seconds, -np.inf if bar is None else bar)
    with meter.watching():
        search(posed.evidence.problem, ARMS[arm](posed), np.random.default_rng(1), late=meter.late)
    best = min((bits for _, _, _, bits, _ in meter.found), default=np.inf)
    for tried, grown, spent, bits, term in meter.found:
        if bits <= (best + SLACK if bar is None else bar):
            return Run(posed.name, arm, True, tried, spent, bits, grown, show(term))
    return Run(posed.name, arm, False, meter.tried, meter.spent, best, meter.grown)


def ratios(runs: Sequence[Run], arm: str, what: str) -> np.ndarray:
    """Give, for each target, how many times more the unguided search took: candidates or seconds."""
    base = {r.target: r for r in runs if r.arm == "unguided"}
    ours = [r for r in runs if r.arm == arm and r.target in base]
    least = 0.01 if what == "seconds" else 1.0  # what was not measured, or not needed, counts as so much

    def taken(run: Run) -> float:
        return max(least, float(getattr(run, what)))

    taking = [taken(r) if r.solved else max(taken(r), taken(base[r.target])) for r in ours]
    return np.array([taken(base[r.target]) / t for r, t in zip(ours, taking, strict=True)])


def interval(values: np.ndarray) -> tuple[float, float, float]:
    """Give the geometric mean of ratios and its bootstrap interval at 95 %."""
    from scipy.stats import bootstrap

    logs = np.log(values)
    found = bootstrap(
        (logs,), np.mean, n_resamples=RESAMPLED, method="percentile", rng=np.random.default_rng(0)
    ).confidence_interval
    return float(np.exp(logs.mean())), float(np.exp(found.low)), float(np.exp(found.high))


def summary(runs: Sequence[Run], arms: Sequence[str]) -> Iterator[str]:
    """Say for each arm how many times fewer candidates and seconds it takes."""
    for arm in arms:
        ours = [r for r in runs if r.arm == arm]
        for what in ("candidates", "grown", "seconds"):
            mean, low, high = interval(ratios(runs, arm, what))
            yield f"{arm:10} {what:10} {mean:6.2f} x fewer [{low:.2f}, {high:.2f}]"
        yield f"{arm:10} solves {sum(r.solved for r in ours)} of {len(ours)}"


def main() -> None:
    """Measure the bundles given and print a line a run, then the geometric means."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("bundles", nargs="+", type=Path)
    parser.add_argument("--arms", nargs="*", default=[a for a in ARMS if a != "unguided"])
    parser.add_argument("--seconds", type=float, default=20.0, help="of CPU for each search")
    parser.add_argument("--out", type=Path, help="a line of JSON for each run")
    given = parser.parse_args()
    runs: list[Run] = []
    for path in given.bundles:
        posed = pose(path)
        base = measure(posed, "unguided", given.seconds)
        if not base.solved or base.candidates < FEWEST:
            print(f"{path.name}: left out, {base.candidates} candidates, solved: {base.solved}", flush=True)
            continue
        done = [base, *(measure(posed, arm, given.seconds, base.bits + SLACK) for arm in given.arms)]
        runs += done
        for r in done:
            counts = f"{r.candidates:8} {r.grown:8} {r.seconds:7.2f} s {r.bits:6.1f} bits"
            print(f"{r.target:28.28} {r.arm:10} {counts} {'' if r.solved else 'unsolved'}", flush=True)
        if given.out:
            with given.out.open("a") as file:
                file.writelines(json.dumps(asdict(r)) + "\n" for r in done)
    print(*summary(runs, given.arms), sep="\n")


if __name__ == "__main__":
    main()
