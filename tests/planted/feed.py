"""Feed-forward networks on four integers, without positions."""

from __future__ import annotations

from tests.planted.builder import Builder, nearest, numbers
from tests.planted.forms import at_least, copied, equal, gated, larger, relu, residue, scaled, smaller, wires
from tests.planted.planted import Planted, plant

X0, X1, X2, X3 = wires("x0 x1 x2 x3")


def peaks(seed: int) -> Planted:
    """Two branches, that know of different inputs."""
    b = Builder(seed, numbers(4, 2))
    a, c = wires("a c")
    b.stage("left", "input", a=larger(X0, X1))
    b.stage("right", "input", c=larger(X2, X3))
    b.head("left right", a - c - 0.5)
    return plant(
        "feed",
        "peaks",
        b,
        b.question("sign", "whole"),
        """a @ left := max(x0, x1)
           c @ right := max(x2, x3)
           a > c""",
        "a@right c@left",
        "left",
        """d @ left := max(x1 - x0, 0)
           e @ right := max(x3 - x2, 0)
           x0 + d > x2 + e""",
        """u @ left := x0 > max(x2, x3)
           v @ right := x1 > max(x2, x3)
           u or v""",
    )


def gap(seed: int) -> Planted:
    """One stage after the other; the second passes on what the first found, and nothing reads it there."""
    b = Builder(seed, numbers(4, 4))
    d, e = wires("d e")
    b.stage("first", "input", d=relu(X0 - X1) + relu(X1 - X0), x2=copied(X2), x3=copied(X3))
    b.stage("second", "first", e=smaller(d, X2), x3=copied(X3), d=copied(d))
    b.head("second", *nearest(e + X3, range(9)))
    return plant(
        "feed",
        "gap",
        b,
        b.question("argmax", "whole", tuple(range(9))),
        """d @ first := abs(x0 - x1)
           e @ second := min(d, x2)
           e + x3""",
        "d@second e@first",
        "second",
        """top @ first := max(x0, x1)
           low @ first := min(x0, x1)
           min(top - low, x2) + x3""",
        """f @ second := max(x2 - abs(x0 - x1), 0)
           x2 - f + x3""",
    )


def choice(seed: int) -> Planted:
    """A number that passes a gate, or another; the inputs are turned before anything is computed of them."""
    b = Builder(seed, numbers(4, 4))
    p, s, g = wires("p s g")
    b.stage("lift", "input", x0=copied(X0), x1=copied(X1), x2=copied(X2), x3=copied(X3))
    b.stage("first", "lift", p=equal(X0 - X1, 0), s=copied(X2 + X3), x0=copied(X0), x3=copied(X3))
    b.stage("second", "first", g=gated(s, p) + gated(X0, 1 - p), x3=copied(X3), s=copied(s))
    b.head("second", g - X3)
    return plant(
        "feed",
        "choice",
        b,
        b.question("round", "whole"),
        """p @ first := x0 == x1
           s @ first := x2 + x3
           g @ second := s if p else x0
           g - x3""",
        "p@lift s@second g@lift p@second",
        "second",
        """d @ first := abs(x0 - x1)
           s @ first := x2 + x3
           (s if d == 0 else x0) - x3""",
        """most @ first := x0 <= x1
           least @ first := x1 <= x0
           (x2 + x3 if most and least else x0) - x3""",
    )


def carry(seed: int) -> Planted:
    """The second digit of a sum in base 5: two branches that meet."""
    b = Builder(seed, numbers(4, 4))
    c, h, r = wires("c h r")
    b.stage("left", "input", c=at_least(X0 + X1, 5))
    b.stage("right", "input", h=residue(X2 + X3, 5, 8))
    b.stage("join", "left right", r=copied(h + c) + scaled(-5, at_least(h + c, 5)), h=copied(h))
    b.head("join", *nearest(r, range(5)))
    return plant(
        "feed",
        "carry",
        b,
        b.question("argmax", "whole", tuple(range(5))),
        """c @ left := x0 + x1 > 4
           h @ right := (x2 + x3) % 5
           (h + int(c)) % 5""",
        "c@right h@join h@left c@join",
        "join",
        """t @ right := x2 + x3
           (t + int(x0 + x1 > 4)) % 5""",
        """c @ left := x0 + x1 > 4
           u @ right := x2 + x3 > 4
           (x2 + x3 - 5 * int(u) + int(c)) % 5""",
    )


NETWORKS = (peaks, gap, choice, carry)
