"""Sequences of symbols: a prefix, free symbols of bounded length, a suffix."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from dsl.domains.base import BATCH, Domain, check, counted, how_many, listed, scored, span, symbol_key, united
from dsl.evaluate import Cases
from dsl.rows import Rows
from dsl.terms import Input, Value
from dsl.types import Axis, Kind, Type


@dataclass(frozen=True, slots=True)
class Tokens(Domain):
    """Every sequence of prefix, `length` symbols of the alphabet, suffix.

    vocab: the symbol of each id. length: least and most free symbols; most is None where there is no bound.
    scores: whether outputs are judged by position (then `Rows.scored` is set) or once a row.
    """

    vocab: tuple[Value, ...]
    alphabet: tuple[Value, ...]
    length: tuple[int, int | None]
    prefix: tuple[Value, ...] = ()
    suffix: tuple[Value, ...] = ()
    pad: Value = None
    scores: bool = True
    codes: dict[tuple[type, Value], int] = field(init=False, repr=False, compare=False)
    free: frozenset[tuple[type, Value]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "codes", {symbol_key(s): code for code, s in enumerate(self.vocab)})
        object.__setattr__(self, "free", frozenset(map(symbol_key, self.alphabet)))

    @property
    def kind(self) -> str:
        """tokens."""
        return "tokens"

    @property
    def size(self) -> int | None:
        """How many sequences there are; None without a bound on the length that counts."""
        return how_many(len(self.alphabet), self.length)

    @property
    def sequence(self) -> bool:
        """Tokens have positions."""
        return True

    @property
    def offset(self) -> int:
        """The length of the prefix."""
        return len(self.prefix)

    @property
    def symbols(self) -> tuple[Value, ...]:
        """The vocabulary."""
        return self.vocab

    @property
    def fill(self) -> int:
        """The id of the pad symbol, 0 where there is none."""
        return 0 if self.pad is None else self.codes[symbol_key(self.pad)]

    @property
    def inputs(self) -> tuple[Input, ...]:
        """`token`: integers where all visible symbols are, else symbols, with `number` beside mixed ones."""
        if all(type(s) is int for s in self.alphabet + self.suffix):
            return (Input("token", Type(Kind.INT, Axis.POSITION)),)
        token = Input("token", Type(Kind.SYMBOL, Axis.POSITION))
        integers = sum(type(s) is int for s in self.vocab)
        return (token, Input("number", Type(Kind.INT, Axis.POSITION))) if integers >= 3 else (token,)

    @property
    def distribution(self) -> str:
        """Each length as often as any other, so that short inputs are not starved; then each symbol likewise."""
        return f"uniform over the lengths {span(self.length)}, then over the symbols {listed(self.alphabet)}"

    def enumerate(self, batch: int = BATCH) -> Iterator[Rows]:
        """Yield every sequence once, by length and then in the alphabet's order."""
        least, most = self.length
        if self.size is None or most is None:
            raise ValueError(f"cannot enumerate {self.describe()}")
        letters = self.ids(self.alphabet)
        for n in range(least, most + 1):
            for digits in counted([len(letters)] * n, batch):
                yield self._assemble(letters[digits], np.full(len(digits), n))

    def sample(self, n: int, rng: np.random.Generator) -> Rows:
        """Draw n sequences from `distribution`. Raises ValueError without a bound on the length."""
        least, most = self.length
        if most is None:
            raise ValueError(f"cannot draw from {self.describe()}: its length has no bound")
        counts = rng.integers(least, most + 1, size=n)
        free = rng.integers(0, len(self.alphabet), size=(n, int(counts.max(initial=0))))
        return self._assemble(self.ids(self.alphabet)[free], counts)

    def contains(self, raw: Any) -> str | None:
        """Name the first thing about a list of symbols that leaves the domain."""
        if not isinstance(raw, (list, tuple)):
            return f"{raw!r} is not a list of symbols; the domain is {self.describe()}"
        ends = len(raw) - len(self.suffix)
        where = f"the domain is {self.describe()}"
        for part, start, name in ((self.prefix, 0, "prefix"), (self.suffix, ends, "suffix")):
            for k, symbol in enumerate(part, start):
                if not 0 <= k < len(raw) or symbol_key(raw[k]) != symbol_key(symbol):
                    return f"the {name} symbol {symbol!r} is missing at position {max(k, 0)}; {where}"
        for k in range(len(self.prefix), ends):
            if not isinstance(raw[k], (str, int, float)) or symbol_key(raw[k]) not in self.free:
                return f"{raw[k]!r} at position {k} is not a symbol of the domain; {where}"
        (least, most), count = self.length, ends - len(self.prefix)
        if count < least or (most is not None and count > most):
            return f"{count} free symbols are not {span(self.length)}; {where}"
        return None

    def render(self) -> dict[str, Any]:
        """Give the [input] table as resolved."""
        return {
            "kind": self.kind,
            "vocab": list(self.vocab),
            "pad": self.pad,
            "prefix": list(self.prefix),
            "alphabet": list(self.alphabet),
            "length": list(self.length),
            "suffix": list(self.suffix),
            "size": self.size,
        }

    def describe(self) -> str:
        """Give the domain in a short phrase.

        >>> Tokens(("a", "b", "<bos>"), ("a", "b"), (1, 8), prefix=("<bos>",)).describe()
        '<bos> then 1 to 8 symbols of a, b'
        """
        parts = [listed(self.prefix)] if self.prefix else []
        plural = "symbol" if self.length == (1, 1) else "symbols"
        parts.append(f"{span(self.length)} {plural} of {listed(self.alphabet)}")
        return " then ".join([*parts, listed(self.suffix)] if self.suffix else parts)

    def raw(self, rows: Rows) -> list[list[Value]]:
        """Give each row as its list of symbols, prefix and suffix included, no padding."""
        symbols = np.empty(len(self.vocab), object)
        symbols[:] = self.vocab
        assert rows.lengths is not None
        return [line[:n] for line, n in zip(symbols[rows.values].tolist(), rows.lengths.tolist(), strict=True)]

    def rows(self, raws: Sequence[Any]) -> Rows:
        """Give lists of symbols as ids, right-padded, with what is scored by default."""
        check(self, raws)
        lengths = np.array([len(raw) for raw in raws], np.int64)
        values = np.full((len(raws), int(lengths.max(initial=0))), self.fill, np.int64)
        for line, raw in zip(values, raws, strict=True):
            line[: len(raw)] = self.ids(raw)
        return self.batch(values, lengths)

    def cases(self, rows: Rows, extra: Sequence[Value] = ()) -> Cases:
        """Give `token` and, for mixed vocabularies, `number`: [row, position past the prefix]."""
        ids = rows.values[:, self.offset :]
        integers = [s for s in self.vocab if type(s) is int]
        absent = min(integers, default=0) - 1
        numbers = np.array([s if type(s) is int else absent for s in self.vocab], np.int64)
        columns = {i.name: ids if i.type.kind is Kind.SYMBOL else numbers[ids] for i in self.inputs}
        return Cases(columns, rows.mask[:, self.offset :], united(self.vocab, extra))

    def batch(self, values: np.ndarray, lengths: np.ndarray) -> Rows:
        """Give ids [row, position] as rows with what is scored by default."""
        return Rows(values, lengths, scored(lengths, values.shape[1], self.offset) if self.scores else None)

    def ids(self, symbols: Sequence[Value]) -> np.ndarray:
        """Give the ids of symbols of the vocabulary."""
        return np.array([self.codes[symbol_key(s)] for s in symbols], np.int64)

    def _assemble(self, free: np.ndarray, counts: np.ndarray) -> Rows:
        """Put prefix and suffix round the first `counts` of the free ids [row, position]."""
        (rows, most), start = free.shape, self.offset
        values = np.full((rows, start + most + len(self.suffix)), self.fill, np.int64)
        values[:, :start] = self.ids(self.prefix)
        values[:, start : start + most] = np.where(np.arange(most) < counts[:, None], free, self.fill)
        for k, code in enumerate(self.ids(self.suffix)):
            values[np.arange(rows), start + counts + k] = code
        return self.batch(values, start + counts + len(self.suffix))
