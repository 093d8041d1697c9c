"""Time and progress: one budget for the whole compile, seconds a stage, and word of what is going on."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass(slots=True)
class Clock:
    """Counts a budget down and notes what each stage took.

    deadline: on time.monotonic()'s clock. report: called with a line whenever there is something to say.
    """

    budget: float
    report: Callable[[str], None] = lambda _: None
    started: float = field(default_factory=time.monotonic)
    seconds: dict[str, float] = field(default_factory=dict)
    interrupted: bool = False

    @property
    def deadline(self) -> float:
        """When the budget is spent."""
        return self.started + self.budget

    @property
    def late(self) -> bool:
        """Whether it is, or the user wants what was found so far."""
        return self.interrupted or time.monotonic() > self.deadline

    @property
    def over(self) -> bool:
        """Whether even a judgement under way should end: half as long again as the budget has passed."""
        return self.interrupted or time.monotonic() > self.started + 1.4 * self.budget

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time a stage; repeated ones add up."""
        self.report(name)
        start = time.monotonic()
        try:
            yield
        finally:
            self.seconds[name] = self.seconds.get(name, 0.0) + time.monotonic() - start
