"""Networks that pool over the positions, and answer once a row."""

from __future__ import annotations

from tests.planted.builder import Builder, nearest, numbers, tokens
from tests.planted.forms import Form, at_least, copied, equal, gated, relu, residue, wires
from tests.planted.planted import Planted, plant

A, B, C = (Form({f"is.{s}": 1.0}) for s in "abc")
X = Form({"x": 1.0})


def crowd(seed: int) -> Planted:
    """How many are large, and the largest of all."""
    b = Builder(seed, numbers(1, 3, (3, 4)))
    big, k, m = wires("big k m")
    b.stage("each", "input", big=at_least(X, 2), x=copied(X))
    b.pool("total", "each", k=big)
    b.pool("top", "each", largest=True, m=X)
    b.head("total top", *nearest(k + m, range(9)))
    return plant(
        "pooled",
        "crowd",
        b,
        b.question("argmax", "whole", tuple(range(9))),
        """big @ each := x > 1
           k @ total := count_all(big)
           m @ top := max_all(x)
           k + m""",
        "k@top m@total k@each m@each",
        "total",
        """two @ total := count_all(x == 2)
           three @ total := count_all(x == 3)
           two + three + max_all(x)""",
        """few @ total := count_all(x <= 1)
           m @ top := max_all(x)
           length() - few + m""",
    )


def spread(seed: int) -> Planted:
    """Two counts, how far they are apart, and one of them again."""
    b = Builder(seed, tokens())
    na, nb, d = wires("na nb d")
    b.embed()
    b.pool("left", "embed", na=A)
    b.pool("right", "embed", nb=B)
    b.stage("join", "left right", d=relu(na - nb) + relu(nb - na), nb=copied(nb))
    b.head("join", d + nb)
    return plant(
        "pooled",
        "spread",
        b,
        b.question("round", "whole"),
        """na @ left := count_all(token == #"a")
           nb @ right := count_all(token == #"b")
           d @ join := abs(na - nb)
           d + nb""",
        "na@right nb@join d@left d@right",
        "join",
        """na @ left := count_all(token == #"a")
           nb @ right := count_all(token == #"b")
           top @ join := max(na, nb)
           top - min(na, nb) + nb""",
        """na @ left := count_all(token == #"a")
           nb @ right := count_all(token == #"b")
           more @ join := na > nb
           (na - nb if more else nb - na) + nb""",
    )


def thirds(seed: int) -> Planted:
    """A sum that goes round, and how many are 0; the answer stands at every position."""
    b = Builder(seed, numbers(1, 2, (4, 5)))
    zero, z, t, q = wires("zero z t q")
    b.stage("each", "input", zero=equal(X, 0), x=copied(X))
    b.pool("zeros", "each", z=zero)
    b.pool("sum", "each", t=X)
    b.stage("join", "zeros sum", q=residue(t, 3, 10), z=copied(z))
    b.head("join", z - q)
    return plant(
        "pooled",
        "thirds",
        b,
        b.question("round", "last"),
        """z @ zeros := count_all(x == 0)
           q @ join := sum_all(x) % 3
           z - q""",
        "q@zeros z@sum q@each z@each",
        "join",
        """ones @ sum := count_all(x == 1)
           twos @ sum := count_all(x == 2)
           count_all(x == 0) - (ones + 2 * twos) % 3""",
        """rest @ zeros := count_all(x > 0)
           q @ join := sum_all(x) % 3
           length() - rest - q""",
    )


def gate(seed: int) -> Planted:
    """A count that passes where a flag is up, and another."""
    b = Builder(seed, tokens("abc", (3, 4)))
    f, n, nb, g = wires("f n nb g")
    b.embed()
    b.pool("flag", "embed", largest=True, f=C)
    b.pool("tally", "embed", n=A)
    b.pool("others", "embed", nb=B)
    b.stage("join", "flag tally", g=gated(n, f, 6), f=copied(f))
    b.head("join others", g - nb)
    return plant(
        "pooled",
        "gate",
        b,
        b.question("round", "whole"),
        """f @ flag := any_all(token == #"c")
           n @ tally := count_all(token == #"a")
           nb @ others := count_all(token == #"b")
           g @ join := n if f else 0
           g - nb""",
        "g@tally f@join nb@flag n@others",
        "join",
        """nc @ flag := count_all(token == #"c")
           n @ tally := count_all(token == #"a")
           nb @ others := count_all(token == #"b")
           (n if nc > 0 else 0) - nb""",
        """f @ flag := any_all(token == #"c")
           rest @ tally := count_all(token != #"a")
           (length() - rest if f else 0) - count_all(token == #"b")""",
    )


NETWORKS = (crowd, spread, thirds, gate)
