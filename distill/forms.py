"""The form of inputs: what they begin and end with, what stands between, how many of it, and whether it repeats."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from dsl.domains import Numbers, Tokens
from dsl.rows import Rows
from verify.plans import STRATEGIES, distinct

_PALETTE = 512  # values of a component that are told apart
_REALS = np.linspace(-3.0, 3.0, 61)
_EXCEPTIONS = 5  # among as many inputs drawn freely, for a property that all samples have to be one of the domain
DISTINCT = "no symbol comes twice"


def _one_leads(line: np.ndarray) -> bool:
    counts = np.sort(np.unique(line, return_counts=True)[1])
    return len(counts) < 2 or counts[-1] > counts[-2]


PROPERTIES: Mapping[str, Callable[[np.ndarray], bool]] = MappingProxyType(
    {
        DISTINCT: lambda line: len(np.unique(line)) == len(line),
        "one symbol is the most frequent": _one_leads,
        "no symbol follows itself": lambda line: bool((line[1:] != line[:-1]).all()),
        "the last symbol came before": lambda line: len(line) > 0 and bool((line[:-1] == line[-1]).any()),
        "the first symbol comes again": lambda line: len(line) > 0 and bool((line[1:] == line[0]).any()),
    }
)  # of the free steps of samples


@dataclass(frozen=True, slots=True)
class Property:
    """One of PROPERTIES, of all free steps, or of those that are `every` apart."""

    name: str
    every: int = 1

    def holds(self, line: np.ndarray) -> bool:
        """Say whether free steps [step] have it."""
        return all(PROPERTIES[self.name](line[start :: self.every]) for start in range(self.every))

    def __str__(self) -> str:
        return self.name if self.every == 1 else f"of steps {self.every} apart {self.name}"


@dataclass(frozen=True, slots=True, eq=False)
class Form:
    """Inputs are a start, some free steps, and an end.

    start, end: [step, component]; letters: for each component the values that it takes, in order.
    counts: least and most free steps in the domain, in steps of `step`. properties: those that all inputs have.
    """

    start: np.ndarray
    end: np.ndarray
    letters: tuple[np.ndarray, ...]
    counts: tuple[int, int]
    step: int = 1
    properties: tuple[Property, ...] = ()

    @property
    def repeats(self) -> bool:
        """Whether a value may come twice."""
        return Property(DISTINCT) not in self.properties

    def holds(self, free: np.ndarray) -> bool:
        """Say whether free steps [step, component] have the properties."""
        return all(found.holds(free[:, 0]) for found in self.properties)

    @property
    def around(self) -> int:
        """How many steps are not free."""
        return len(self.start) + len(self.end)

    def draw(self, strategy: str, count: int, n: int, rng: np.random.Generator) -> np.ndarray:
        """Draw the free steps of n inputs: [row, step, component]."""
        if not count:
            return np.zeros((n, 0, len(self.letters)), self.letters[0].dtype)
        plans = [STRATEGIES[strategy](len(values), n, count, rng) for values in self.letters]
        if not self.repeats:
            plans = [distinct(p, len(values)) for p, values in zip(plans, self.letters, strict=True)]
        return np.stack([values[p] for p, values in zip(plans, self.letters, strict=True)], axis=-1)

    def fresh(self, steps: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Draw values that could stand in place of the free steps of one input: [step, component]."""
        if self.repeats:
            return np.stack([rng.choice(values, len(steps)) for values in self.letters], axis=-1)
        unused = rng.permutation(np.setdiff1d(self.letters[0], steps))[: len(steps), None]
        return unused if len(unused) == len(steps) else steps

    def assemble(self, free: Sequence[np.ndarray], fill: int) -> tuple[np.ndarray, np.ndarray]:
        """Put start and end round free steps, one array a row: [row, step, component], and how many steps are real."""
        lengths = np.array([self.around + len(part) for part in free], np.int64)
        shape = (len(free), int(lengths.max(initial=0)), len(self.letters))
        values = np.full(shape, fill, self.letters[0].dtype)
        for line, part in zip(values, free, strict=True):
            whole = np.concatenate([self.start, part, self.end])
            line[: len(whole)] = whole
        return values, lengths


def stated_form(domain: Tokens | Numbers) -> Form | None:
    """Give the form that a free domain states; None without a bound on its lengths."""
    if domain.length is None or domain.length[1] is None:
        return None
    counts = (domain.length[0], domain.length[1])
    if isinstance(domain, Tokens):
        start, letters, end = map(domain.ids, (domain.prefix, domain.alphabet, domain.suffix))
        return Form(start[:, None], end[:, None], (letters,), counts)
    nothing = np.zeros((0, domain.width))
    if domain.low is None or domain.high is None:
        return Form(nothing, nothing, (_REALS,) * domain.width, counts)
    return Form(nothing, nothing, tuple(map(_range, domain.low, domain.high)), counts)


def _range(low: int, high: int) -> np.ndarray:
    """Give the integers from low to high, or enough of them, as floats."""
    return np.unique(np.rint(np.linspace(low, high, min(high - low + 1, _PALETTE))))


def seen_form(rows: Rows, given: np.ndarray) -> Form:
    """Read off what the first `given` [row] positions of samples have in common. rows: tokens."""
    lines = [line[:n] for line, n in zip(rows.values, given.tolist(), strict=True)]
    shortest = min(map(len, lines))
    start = _shared(lines, shortest)
    end = _shared([line[::-1] for line in lines], shortest - start)
    middles = [line[start : len(line) - end] for line in lines]
    counts = np.array([len(m) for m in middles])
    step = int(np.gcd.reduce(counts - counts.min())) or 1
    letters, first = np.unique(np.concatenate(middles)), lines[0][:, None]
    around = first[:start], first[len(first) - end :]
    return Form(*around, (letters,), (int(counts.min()), int(counts.max())), step, _properties(middles, step))


def _shared(lines: Sequence[np.ndarray], most: int) -> int:
    """Give how many symbols all lines begin with, at most `most`."""
    same = np.array([line[:most] for line in lines])
    return int((same == same[0]).all(axis=0).cumprod().sum())


def _properties(lines: Sequence[np.ndarray], step: int) -> tuple[Property, ...]:
    """Give the properties that all lines have, and that lines drawn freely of their symbols often have not."""
    rng, pool = np.random.default_rng(0), np.concatenate(lines)
    free = [rng.choice(pool, len(line)) for line in lines if len(line)]
    found = tuple(
        known
        for known in (Property(name, every) for every in sorted({1, step}) for name in PROPERTIES)
        if all(map(known.holds, lines)) and sum(not known.holds(line) for line in free) >= _EXCEPTIONS
    )
    return found[:1] if Property(DISTINCT) in found else found  # which has the others that it can have
