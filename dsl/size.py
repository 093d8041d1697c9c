"""Size: how many bits it takes to write a term down. The search prefers, and the certificate reports, the least.

What is used twice is paid once and then by reference, so naming a step costs nothing and repeating it costs little.
"""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache
from math import fsum, isfinite, log2

from dsl.primitives import PRIMITIVES
from dsl.terms import Call, Expr, Literal, Program, Table, Value, children, subterms
from dsl.types import Kind

INPUT_BITS = 2.0
SYMBOL_BITS = 4.0  # one of an alphabet of about sixteen
REFERENCE_BITS = 3.0  # another use of what has been written already
CALL_BITS = {"lookup": 4.0, "scan": 6.0}  # the two forms that are no primitives


def bits(term: Expr | Program) -> float:
    """Give the description length in bits: each distinct subterm's own, and a reference for each further use.

    >>> from dsl.terms import call, integer
    >>> bits(call("add", call("index"), integer(1)))
    9.5
    """
    roots = _roots(term)
    own: dict[Expr, float] = {}
    uses: dict[Expr, int] = {}
    for root in dict.fromkeys(roots):
        for node in subterms(root):
            if node not in own:
                own[node] = own_bits(node)
                for child in children(node):
                    uses[child] = uses.get(child, 0) + 1
    repeats = (
        (count - 1) * (REFERENCE_BITS if children(node) else min(REFERENCE_BITS, own[node]))
        for node, count in uses.items()
        if count > 1
    )
    return round(fsum([*own.values(), *repeats]), 2)  # fsum: the order of the terms does not show


def nodes(term: Expr | Program) -> int:
    """Give the number of distinct subterms; a table counts as one."""
    return len({node for root in _roots(term) for node in subterms(root)})


def _roots(term: Expr | Program) -> list[Expr]:
    return [*(step for _, step in term.steps), term.result] if isinstance(term, Program) else [term]


def own_bits(node: Expr) -> float:
    """Give what one node costs without its arguments; raises KeyError on a call of what is no primitive."""
    if isinstance(node, Call):
        return CALL_BITS[node.op] if node.op in CALL_BITS else PRIMITIVES[node.op].cost
    if isinstance(node, Literal):
        return literal_bits(node.value, node.kind)
    return _table_bits(node) if isinstance(node, Table) else INPUT_BITS


def literal_bits(value: Value, kind: Kind) -> float:
    """Give the bits of a constant: numbers by their magnitude or digits, symbols by the alphabet's size."""
    if kind is Kind.BOOL:
        return 1.0
    if kind is Kind.SYMBOL or not isinstance(value, (int, float)):
        return SYMBOL_BITS * max(1, len(value)) if isinstance(value, frozenset) else SYMBOL_BITS
    return _real_bits(value) if isinstance(value, float) else _integer_bits(value)


def _integer_bits(value: int) -> float:
    """1 bit for 0, 2.5 for 1, 3.4 for 2, then 1.5 for each doubling; another for a sign."""
    return round(1 + 1.5 * log2(1 + abs(value)), 2) + (value < 0)


@lru_cache(maxsize=1 << 12)
def _real_bits(value: float) -> float:
    """Count its decimal digits, or its numerator and denominator where it is a fraction of small integers."""
    if not isfinite(value):
        return SYMBOL_BITS
    mantissa, _, exponent = f"{abs(value):.17g}".partition("e")
    digits = int(repr(abs(value)).partition("e")[0].replace(".", "").strip("0") or "0")
    scale = abs(int(exponent or 0)) + len(mantissa.partition(".")[2])
    decimal = _integer_bits(digits) + _integer_bits(min(scale, 400))
    fraction = Fraction(abs(value)).limit_denominator(64)
    ratio = _integer_bits(fraction.numerator) + _integer_bits(fraction.denominator - 1)
    return round((min(decimal, ratio) if float(fraction) == abs(value) else decimal) + (value < 0), 2)


def _table_bits(table: Table) -> float:
    """The default, and the key and value of each entry that is not the default's."""
    total = literal_bits(table.default, table.kind)
    for entry, value in table.entries:
        if value != table.default:
            total += sum(map(literal_bits, entry, table.key_kinds)) + literal_bits(value, table.kind)
    return round(total, 2)
