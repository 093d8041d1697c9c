"""What an emitted module must know beside the program: its inputs, its outputs, and where it came from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dsl.terms import Expr, Value
from dsl.types import Kind


@dataclass(frozen=True, slots=True)
class Signature:
    """The domain and the outputs of a module.

    kind: "tokens" | "numbers". at: "each" | "last" | "whole", as in the bundle. output: what one output is.
    vocabulary: tokens: every symbol an input may hold (the pad left out), in the order of their codes.
    prefix, suffix: the symbols round the free ones. alphabet: the free symbols; () where any of the vocabulary may be.
    length: least and most free symbols, or steps; most None where there is no bound; None for no bound at all.
    sequence: whether there is a position axis. names: the components, as the program's inputs call them.
    low, high: the integers each component ranges over; () for real numbers.
    scored: a BOOL term: where it does not hold the output is None. symbols: the outputs' order (default: vocabulary).
    exceptions: inputs that the program is wrong on, each with its output, as `predict` takes and gives them.
    """

    kind: str
    at: str
    output: Kind
    vocabulary: tuple[Value, ...] = ()
    prefix: tuple[Value, ...] = ()
    suffix: tuple[Value, ...] = ()
    alphabet: tuple[Value, ...] = ()
    length: tuple[int, int | None] | None = None
    sequence: bool = True
    names: tuple[str, ...] = ("x",)
    low: tuple[int, ...] = ()
    high: tuple[int, ...] = ()
    scored: Expr | None = None
    symbols: tuple[Value, ...] = ()
    exceptions: tuple[tuple[Any, Any], ...] = ()

    @property
    def free(self) -> tuple[Value, ...]:
        """The symbols that may stand where the symbols are free."""
        return self.alphabet or self.vocabulary

    @property
    def visible(self) -> tuple[Value, ...]:
        """The symbols that the program may see: the free ones and the suffix."""
        return self.free + tuple(s for s in self.suffix if not any(same_symbol(s, f) for f in self.free))

    @property
    def order(self) -> tuple[Value, ...]:
        """All symbols in the order of their codes."""
        return self.vocabulary + tuple(s for s in self.symbols if not any(same_symbol(s, v) for v in self.vocabulary))

    @property
    def span(self) -> tuple[int, int | None]:
        """The least and most positions that the program sees."""
        least, most = self.length or (0, None)
        return least + len(self.suffix), None if most is None else most + len(self.suffix)


@dataclass(frozen=True, slots=True)
class About:
    """The docstring: what is computed, where it came from, what was verified; a sentence each."""

    what: str
    origin: str
    verified: str


def same_symbol(a: Value, b: Value) -> bool:
    """Say whether two symbols are one: True, 1 and 1.0 are three."""
    return type(a) is type(b) and a == b
