"""What every domain offers, and what the kinds of domain share."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from dsl.evaluate import Cases
from dsl.rows import Rows
from dsl.terms import Input, Value

BATCH = 4096
_BLOCK = 2**62  # counting stays within int64
_DIGITS = 1000  # sizes of more digits are not worth writing down, and nothing of the size is ever enumerated


class Domain(ABC):
    """A set of inputs of one kind.

    A *raw* input is what an emitted `predict` takes; `Rows` are a batch of them as arrays; `Cases` are the columns that
    a program reads.
    """

    __slots__ = ()

    @property
    @abstractmethod
    def kind(self) -> str:
        """tokens, numbers or image."""

    @property
    @abstractmethod
    def size(self) -> int | None:
        """How many inputs there are, exactly; None where there is no end to them, or none that could be reached."""

    @property
    @abstractmethod
    def sequence(self) -> bool:
        """Whether inputs have a position axis."""

    @property
    @abstractmethod
    def inputs(self) -> tuple[Input, ...]:
        """The input columns of a program."""

    @property
    @abstractmethod
    def distribution(self) -> str:
        """What `sample` draws from, in words."""

    @property
    def offset(self) -> int:
        """How many leading positions (the prefix) the program does not see."""
        return 0

    @property
    def symbols(self) -> tuple[Value, ...]:
        """The symbol of each token id; () where inputs are not tokens."""
        return ()

    @property
    def fill(self) -> int:
        """The value of padded positions."""
        return 0

    @property
    def product(self) -> Domain | None:
        """The free product to explore beyond given samples, where one is stated."""
        return None

    def enumerate(self, batch: int = BATCH) -> Iterator[Rows]:
        """Yield every input once, in a fixed order, short ones first, at most `batch` rows of one length at a time.

        Raises ValueError where the domain cannot be enumerated.
        """
        raise ValueError(f"cannot enumerate {self.describe()}")

    @abstractmethod
    def sample(self, n: int, rng: np.random.Generator) -> Rows:
        """Draw n inputs from `distribution`."""

    def split(self, rng: np.random.Generator) -> tuple[Domain, Domain]:
        """Part given samples in a half to search on and a half to judge by, which share no input.

        Raises ValueError where the domain is not made of samples.
        """
        raise ValueError(f"only given samples can be split, not {self.describe()}")

    @abstractmethod
    def contains(self, raw: Any) -> str | None:
        """Give None where a raw input is in the domain, else a sentence with the offending value and the domain."""

    @abstractmethod
    def render(self) -> dict[str, Any]:
        """Give the resolved [input] table and the size, ready for JSON."""

    @abstractmethod
    def describe(self) -> str:
        """Give the domain in a short phrase."""

    @abstractmethod
    def raw(self, rows: Rows) -> list:
        """Give each row as `predict` takes it."""

    @abstractmethod
    def rows(self, raws: Sequence[Any]) -> Rows:
        """Give raw inputs as arrays: the inverse of `raw`. Raises ValueError for one that is not in the domain."""

    @abstractmethod
    def cases(self, rows: Rows, extra: Sequence[Value] = ()) -> Cases:
        """Give the columns that a program reads, positions before `offset` dropped.

        extra: symbols a program may speak of beside the domain's own; they are coded after them.
        """


def check(domain: Domain, raws: Sequence[Any]) -> None:
    """Raise ValueError for the first raw input that is not in the domain."""
    for raw in raws:
        wrong = domain.contains(raw)
        if wrong is not None:
            raise ValueError(wrong)


def counted(radices: Sequence[int], batch: int) -> Iterator[np.ndarray]:
    """Yield every mixed-radix number once, in order, as int64 [row, digit], the last digit the fastest.

    >>> [d.tolist() for d in counted([2, 2], 3)]
    [[[0, 0], [0, 1], [1, 0]], [[1, 1]]]
    """
    low, block = len(radices), 1
    while low and block * radices[low - 1] <= _BLOCK:
        low -= 1
        block *= radices[low]
    for head in range(math.prod(radices[:low])):
        for start in range(0, block, batch):
            rest = np.arange(start, min(start + batch, block))
            digits = np.empty((len(rest), len(radices)), np.int64)
            for k in reversed(range(low, len(radices))):
                rest, digits[:, k] = np.divmod(rest, radices[k])
            for k in reversed(range(low)):
                head, digits[:, k] = divmod(head, radices[k])
            yield digits


def how_many(choices: int, length: tuple[int, int | None]) -> int | None:
    """Give how many sequences of `choices` a position there are; None for more than 10**1000, or without a bound.

    >>> how_many(2, (1, 3)), how_many(2, (1, None))
    (14, None)
    """
    least, most = length
    if most is None or most * math.log10(choices) > _DIGITS:
        return None
    return most - least + 1 if choices == 1 else (choices ** (most + 1) - choices**least) // (choices - 1)


def scored(lengths: np.ndarray, width: int, offset: int) -> np.ndarray:
    """Give the positions that count by default, bool [row, position]: the real ones past the prefix."""
    positions = np.arange(width)
    return (positions >= offset) & (positions < lengths[:, None])


def symbol_key(symbol: Value) -> tuple[type, Value]:
    """Give what tells symbols apart: 1, True and 1.0 are three."""
    return type(symbol), symbol


def united(symbols: Sequence[Value], extra: Sequence[Value]) -> tuple[Value, ...]:
    """Give the symbols, and after them those of `extra` that are not among them.

    >>> united(("a", 1), ["b", True, "a", "b"])
    ('a', 1, 'b', True)
    """
    return tuple({symbol_key(s): s for s in (*symbols, *extra)}.values())


def listed(symbols: Sequence[Value]) -> str:
    """Give symbols as a phrase shows them: runs of integers by their ends, long lists cut.

    >>> listed(["a", "b"]), listed([*range(150), "<eos>"]), listed([0, " "])
    ('a, b', '0 to 149, <eos>', "0, ' '")
    """
    names, start = [], 0
    while start < len(symbols):
        end = start + 1
        while end < len(symbols) and _follows(symbols[end - 1], symbols[end]):
            end += 1
        long = end - start > 3
        names += [f"{symbols[start]} to {symbols[end - 1]}"] if long else map(_plain, symbols[start:end])
        start = end
    return ", ".join(names if len(names) <= 12 else [*names[:8], "...", names[-1]])


def _follows(first: Value, second: Value) -> bool:
    return type(first) is int and type(second) is int and second == first + 1


def _plain(symbol: Value) -> str:
    """Give a symbol without quotes where that cannot be misread."""
    misread = isinstance(symbol, str) and (not symbol.isprintable() or not symbol or " " in symbol or "," in symbol)
    return repr(symbol) if misread else str(symbol)


def span(length: tuple[int, int | None]) -> str:
    """Give bounds on a length in words."""
    least, most = length
    if most is None:
        return f"{least} or more"
    return str(most) if least == most else f"{least} to {most}"
