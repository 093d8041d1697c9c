"""The 62 tasks of MIPS (arXiv 2402.05110): integer sequences in, an integer a step out, y[t] from x[0..t] alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

Answer = Callable[[np.ndarray], np.ndarray]  # int64 [row, step, component] -> int64 [row, step, output]


@dataclass(frozen=True, slots=True)
class Task:
    """A task: inputs are `components` integers a step, each from low to high.

    length: steps trained on. mips, gpt4: whether they solved it. states: of its minimal Mealy machine, where finite and
    small. kind: how a network is best trained: "linear", "local" (of the present input), "machine" (of not too many
    states) or "piecewise" (linear, in numbers).
    """

    name: str
    answer: Answer
    low: int
    high: int
    components: int = 1
    length: int = 10
    states: int | None = None
    mips: bool = False
    gpt4: bool = False
    kind: str = "machine"

    @property
    def size(self) -> int:
        """How many sequences of the full length there are; the shorter ones are their beginnings."""
        return (self.high - self.low + 1) ** (self.components * self.length)

    def shortened(self, length: int) -> Task:
        """Give the same task on sequences of another length."""
        return replace(self, length=length)

    def enumerate(self) -> np.ndarray:
        """Give all sequences of the full length, int64 [row, step, component]."""
        base, digits = self.high - self.low + 1, self.components * self.length
        codes = np.arange(self.size)[:, None] // base ** np.arange(digits)[None, ::-1] % base
        return codes.reshape(-1, self.length, self.components) + self.low

    def sample(self, rows: int, rng: np.random.Generator) -> np.ndarray:
        """Draw sequences: half uniform, half where steps often repeat, mirror or stay near those before them."""
        shape = (rows, self.length, self.components)
        found = rng.integers(self.low, self.high + 1, shape)
        odd = np.arange(rows) % 4
        for t in range(1, self.length):
            back = rng.integers(0, t, rows)
            again = (odd == 1) & (rng.random(rows) < 0.6)  # an earlier step again
            found[again, t] = found[again, back[again]]
            near = (odd == 3) & (rng.random(rows) < 0.7)  # a step that differs by one
            moved = found[near, t - 1] + rng.integers(-1, 2, (int(near.sum()), self.components))
            found[near, t] = np.clip(moved, self.low, self.high)
        mirrored = np.nonzero(odd == 1)[0][::2]
        for row in mirrored if self.length > 1 else ():
            n = int(rng.integers(2, self.length + 1))
            found[row, n - n // 2 : n] = found[row, : n // 2][::-1]
        return found


def _one(f: Callable[[np.ndarray], np.ndarray]) -> Answer:
    return lambda x: f(x[:, :, 0])[:, :, None]


def _two(f: Callable[[np.ndarray, np.ndarray], np.ndarray]) -> Answer:
    return lambda x: f(x[:, :, 0], x[:, :, 1])[:, :, None]


def before(x: np.ndarray, steps: int = 1) -> np.ndarray:
    """Give x as it was some steps before, 0 before the start."""
    return np.concatenate([np.zeros_like(x[:, :steps]), x[:, :-steps]], axis=1)[:, : x.shape[1]] if steps else x


def _last(x: np.ndarray, count: int) -> np.ndarray:
    return np.sum([before(x, k) for k in range(count)], axis=0)


def _carried(step: Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]) -> Answer:
    """Give what a state machine gives: step(state, x[row, component]) -> (state, y), from state 0."""

    def run(x: np.ndarray) -> np.ndarray:
        state, out = np.zeros(len(x), np.int64), []
        for t in range(x.shape[1]):
            state, y = step(state, x[:, t])
            out.append(y)
        return np.stack(out, axis=1)[:, :, None]

    return run


def _addition(base: int) -> Answer:
    return _carried(lambda carry, x: ((x.sum(1) + carry) // base, (x.sum(1) + carry) % base))


def _division(by: int) -> Answer:
    return _carried(lambda rest, x: ((2 * rest + x[:, 0]) % by, (2 * rest + x[:, 0]) // by))


def _majority(kinds: int) -> Answer:
    return _one(lambda x: np.stack([(x == k).cumsum(1) * kinds - k for k in range(kinds)], -1).argmax(-1))


def _palindromes(x: np.ndarray) -> np.ndarray:
    return np.stack([(x[:, : t + 1] == x[:, t::-1]).all(1) for t in range(x.shape[1])], 1).astype(np.int64)


def _balanced(x: np.ndarray) -> np.ndarray:
    depth = (1 - 2 * x).cumsum(1)
    return ((depth == 0) & (np.minimum.accumulate(depth, 1) >= 0)).astype(np.int64)


def _alternating(count: int) -> Answer:
    def f(x: np.ndarray) -> np.ndarray:
        return np.all([before(x, k) != before(x, k + 1) for k in range(count - 1)], axis=0).astype(np.int64)

    return _one(f)


def _newton(force: Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]) -> Answer:
    """Give positions of a unit mass: the velocity changes by force(x, position, velocity), then it moves."""

    def run(x: np.ndarray) -> np.ndarray:
        place = np.zeros_like(x[:, 0])
        speed, out = np.zeros_like(place), []
        for t in range(x.shape[1]):
            speed = speed + force(x[:, t], place, speed)
            place = place + speed
            out.append(place)
        return np.stack(out, axis=1)

    return run


def _turned(speed: np.ndarray) -> np.ndarray:
    return np.stack([-speed[:, 1], speed[:, 0]], axis=1)


def _tasks() -> list[Task]:
    names = {2: "Binary", **{b: f"Base_{b}" for b in range(3, 8)}}
    found = [Task(f"{names[b]}_Addition", _addition(b), 0, b - 1, 2, states=2, mips=b == 2, gpt4=b == 6) for b in names]
    bits = {"Xor": np.bitwise_xor, "Or": np.bitwise_or, "And": np.bitwise_and}
    found += [Task(f"Bitwise_{n}", _two(f), 0, 1, 2, 10, 1, True, True, "local") for n, f in bits.items()]
    found += [
        Task("Bitwise_Not", _one(lambda x: 1 - x), 0, 1, 1, 10, 1, True, True, "local"),
        Task("Parity_Last2", _one(lambda x: _last(x, 2) % 2), 0, 1, states=2, mips=True, gpt4=True),
        Task("Parity_Last3", _one(lambda x: _last(x, 3) % 2), 0, 1, states=4, mips=True),
        Task("Parity_Last4", _one(lambda x: _last(x, 4) % 2), 0, 1, states=8),
        Task("Parity_All", _one(lambda x: x.cumsum(1) % 2), 0, 1, states=2, mips=True),
        Task("Parity_Zeros", _one(lambda x: (1 - x).cumsum(1) % 2), 0, 1, states=2, mips=True),
        Task("Parity_Bits_Mod2", _one(lambda x: np.arange(x.shape[1]) % 2 + 0 * x), 0, 1, states=2, gpt4=True),
        Task("Evens_Counter", _one(lambda x: (1 - x % 2).cumsum(1)), 0, 9, kind="piecewise"),
        Task("Sum_All", _one(lambda x: x.cumsum(1)), 0, 99, 1, 10, None, True, True, "linear"),
    ]
    for n in range(2, 8):
        found.append(
            Task(
                f"Sum_Last{n}",
                _one(lambda x, n=n: _last(x, n)),
                0,
                99,
                length=10 if n < 5 else 20,
                mips=True,
                gpt4=n > 3,
                kind="linear",
            )
        )
    found.append(Task("Current_Number", _one(lambda x: x), 0, 99, 1, 10, 1, True, True, "linear"))
    for n in range(1, 6):
        delayed = _one(lambda x, n=n: before(x, n))
        found.append(Task(f"Prev{n}", delayed, 0, 99, 1, 10 if n < 5 else 20, None, True, True, "linear"))
    wide = (-100, 99)
    found += [
        Task("Bit_Shift_Right", _one(before), 0, 1, 1, 10, 2, True, True, "linear"),
        Task("Previous_Equals_Current", _one(lambda x: (x == before(x)).astype(int)), 0, 7, states=8, mips=True),
        Task("Diff_Last2", _one(lambda x: x - before(x)), *wide, mips=True, kind="linear"),
        Task("Abs_Diff", _one(lambda x: abs(x - before(x))), *wide, mips=True, kind="piecewise"),
        Task("Abs_Current", _one(abs), *wide, 1, 10, 1, True, True, "local"),
        Task("Diff_Abs_Values", _one(lambda x: abs(x) - abs(before(x))), *wide, gpt4=True, kind="piecewise"),
        Task("Min_Seen", _one(lambda x: np.minimum.accumulate(x, 1)), 0, 9, 1, 10, 10, False, True, "piecewise"),
        Task("Max_Seen", _one(lambda x: np.maximum.accumulate(x, 1)), 0, 99, 1, 10, 100, False, True, "piecewise"),
        Task("Majority_0_1", _majority(2), 0, 1, gpt4=True, kind="machine"),
        Task("Majority_0_2", _majority(3), 0, 2, kind="piecewise"),
        Task("Majority_0_3", _majority(4), 0, 3, kind="piecewise"),
        Task("Evens_Detector", _one(lambda x: 1 - x % 2), 0, 9, 1, 10, 1, False, True, "local"),
        Task(
            "Perfect_Square_Detector", _one(lambda x: np.isin(x, (0, 1, 4, 9, 16)) + 0), 0, 19, 1, 10, 1, kind="local"
        ),
        Task("Bit_Palindrome", _one(_palindromes), 0, 1, gpt4=True, kind="piecewise"),
        Task("Balanced_Parenthesis", _one(_balanced), 0, 1, kind="machine"),
        Task("Alternating_Last3", _alternating(3), 0, 1, states=4),
        Task("Alternating_Last4", _alternating(4), 0, 1, states=6, gpt4=True),
        Task("Bit_Dot_Prod_Mod2", _two(lambda a, b: (a * b).cumsum(1) % 2), 0, 1, 2, states=2, mips=True),
    ]
    found += [Task(f"Div_{k}", _division(k), 0, 1, states=k, gpt4=k == 3) for k in (3, 5, 7)]
    for k in range(3, 9):
        total = _one(lambda x, k=k: x.cumsum(1) % k)
        found.append(Task(f"Add_Mod_{k}", total, 0, k - 1, states=k, mips=k == 3, gpt4=k == 3))
    dither = _one(lambda x: x.cumsum(1) // 15 - before(x.cumsum(1) // 15))
    newton = {"Freebody": lambda x, p, v: x, "Gravity": lambda x, p, v: x - 1, "Spring": lambda x, p, v: x - p}
    found.append(Task("Dithering", dither, 0, 15, states=15, gpt4=True))
    found += [Task(f"Newton_{n}", _newton(f), -10, 10, mips=True, kind="linear") for n, f in newton.items()]
    found.append(Task("Newton_Magnetic", _newton(lambda x, p, v: x + _turned(v)), -10, 10, 2, kind="linear"))
    return found


TASKS = {task.name: task for task in _tasks()}
