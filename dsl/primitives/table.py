"""The shape of a primitive's declaration, and the one table all of them are in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from dsl.types import Axis, Kind

Array = Any  # numpy or torch, through array-api-compat
BOOL, INT, REAL, SYMBOL = Kind.BOOL, Kind.INT, Kind.REAL, Kind.SYMBOL
ROW, POSITION, PAIR = Axis.ROW, Axis.POSITION, Axis.PAIR


@dataclass(frozen=True, slots=True)
class Context:
    """What a primitive may ask for beside its arguments: the array namespace and the real positions.

    xp: the array API namespace; mask: bool [row, position]; index: int64 [1, position].
    symbols: what the codes of symbol columns stand for.
    """

    xp: Any
    mask: Array
    index: Array
    symbols: tuple = ()


@dataclass(frozen=True, slots=True)
class Overload:
    """One signature: the kinds it takes and the kind it gives."""

    params: tuple[Kind, ...]
    result: Kind


@dataclass(frozen=True, slots=True)
class Primitive:
    """A primitive, with all its meanings.

    axes: None: elementwise, the result varies over the widest argument's axis (never mixing POSITION and PAIR);
          else (axis of each argument, axis of the result). A ROW argument may stand where POSITION is expected.
    cost: bits that its use adds to a program.
    evaluate: (context, *arrays) -> array; total: it has a value everywhere, also at padding.
    python: the Python source, a template over its arguments' sources, as the family's file says.
    precedence: of the template's outermost operator, 0 (loosest) to 9 (an atom).
    doc: what it gives, in one line. noun: what a step computed by it is called.
    literals: positions of the arguments that must be Literals.
    phrase: what it gives, in English, round its arguments: {0} is the first as a noun, {0+} a plural, {0!} without
          an article, {0?} a clause, {0*} the positions it selects. After a bar: the phrase for nouns that are truth
          values.
    packed: the same on booleans that stand 64 to a word as its bits, for those that are bitwise.
    """

    name: str
    family: str
    overloads: tuple[Overload, ...]
    evaluate: Callable[..., Array]
    python: str
    doc: str
    axes: tuple[tuple[Axis, ...], Axis] | None = None
    cost: float = 4.0
    precedence: int = 9
    noun: str = ""
    literals: tuple[int, ...] = ()
    commutes: bool = False
    phrase: str = ""
    packed: Callable[[Array, Array], Array] | None = None
    infix: str = field(default="")  # how the DSL text writes it, where it is an operator


PRIMITIVES: dict[str, Primitive] = {}


def declare(primitive: Primitive) -> Primitive:
    """Enter a primitive in the table; raises ValueError on a second of the same name."""
    if primitive.name in PRIMITIVES:
        raise ValueError(f"primitive {primitive.name!r} is declared twice")
    PRIMITIVES[primitive.name] = primitive
    return primitive


def for_each(kinds: tuple[Kind, ...], params: str, result: str) -> tuple[Overload, ...]:
    """Expand a signature over `kinds`: `T` stands for each in turn, other letters for themselves (b, i, r, s).

    >>> [o.result.value for o in for_each((INT, REAL), "T T", "T")]
    ['int', 'real']
    """
    fixed = {"b": BOOL, "i": INT, "r": REAL, "s": SYMBOL}
    return tuple(
        Overload(
            tuple(fixed.get(p, kind) for p in params.split()),
            fixed.get(result, kind),
        )
        for kind in kinds
    )


ANY = (BOOL, INT, REAL, SYMBOL)
NUMBER = (INT, REAL)
ORDERED = (INT, REAL)
