"""Recurrent networks: cells called once a position, whose states are memories."""

from __future__ import annotations

from tests.planted.builder import Builder, nearest, numbers, tokens
from tests.planted.forms import (
    Form,
    copied,
    either,
    equal,
    gated,
    larger,
    residue,
    smaller,
    wires,
)
from tests.planted.planted import Planted, plant

A, B, C = (Form({f"is.{s}": 1.0}) for s in "abc")
X = Form({"x": 1.0})


def counts(seed: int) -> Planted:
    """Two cells side by side, and a gate."""
    b = Builder(seed, tokens())
    n, f, g = wires("n f g")
    b.embed()
    b.cell("counter", "embed", n=copied(n + A))
    b.cell("watcher", "embed", f=either(f, B))
    b.stage("out", "counter watcher", g=gated(n, f), f=copied(f))
    b.head("out", g)
    return plant(
        "recurrent",
        "counts",
        b,
        b.question("round", "each"),
        """n @ counter := scan(0, state + int(token == #"a"))
           f @ watcher := scan(false, state or token == #"b")
           n if f else 0""",
        "n@watcher f@out f@counter n@embed",
        "out",
        """k @ counter := scan(0, state + int(token != #"a"))
           f @ watcher := scan(false, state or token == #"b")
           index() + 1 - k if f else 0""",
        """n @ counter := scan(0, state + int(token == #"a"))
           s @ watcher := since(token == #"b")
           n if s <= index() else 0""",
    )


def walk(seed: int) -> Planted:
    """A cell that reads another: the height of a walk, above twice its lowest point so far."""
    b = Builder(seed, tokens())
    d, m = wires("d m")
    b.embed()
    b.cell("level", "embed", d=copied(d + A - B))
    b.cell("floor", "level", m=smaller(m, d))
    b.head("level floor", d - 2 * m)
    return plant(
        "recurrent",
        "walk",
        b,
        b.question("round", "each"),
        """d @ level := scan(0, state + int(token == #"a") - int(token == #"b"))
           m @ floor := scan(0, min(state, d))
           d - 2 * m""",
        "d@floor m@level d@embed m@embed",
        "floor",
        """up @ level := scan(0, state + int(token == #"a"))
           down @ level := scan(0, state + int(token == #"b"))
           up - down - 2 * scan(0, min(state, up - down))""",
        """d @ level := scan(0, state + int(token == #"a") - int(token == #"b"))
           low @ floor := scan(9, min(state, d))
           d - 2 * min(low, 0)""",
    )


def ring(seed: int) -> Planted:
    """A sum that goes round, and the largest so far; only the last position answers."""
    b = Builder(seed, numbers(1, 2, (5, 5)))
    s, k, e = wires("s k e")
    b.cell("ring", "input", s=residue(s + X, 3, 4))
    b.cell("peak", "input", k=larger(k, X))
    b.stage("out", "ring peak", e=equal(s - k, 0), k=copied(k))
    b.head("out", *nearest(e, range(2)))
    return plant(
        "recurrent",
        "ring",
        b,
        b.question("argmax", "last", ("other", "same")),
        """s @ ring := scan(0, (state + x) % 3)
           k @ peak := scan(0, max(state, x))
           #"same" if last(s == k) else #"other\"""",
        "s@peak k@out k@ring s@out",
        "out",
        """t @ ring := scan(0, state + x)
           k @ peak := scan(0, max(state, x))
           #"same" if last(t % 3 == k) else #"other\"""",
        """two @ peak := scan(false, state or x == 2)
           one @ peak := scan(false, state or x == 1)
           #"same" if last(scan(0, (state + x) % 3) == (2 if two else int(one))) else #"other\"""",
    )


def waits(seed: int) -> Planted:
    """Two memories in one cell, read by a stage."""
    b = Builder(seed, tokens())
    seen, gap, w = wires("seen gap w")
    b.embed()
    b.cell("cell", "embed", seen=either(seen, A), gap=gated(gap + 1, 1 - B))
    b.stage("out", "cell", w=gated(gap, seen), seen=copied(seen))
    b.head("out embed", *nearest(w + C, range(7)))
    return plant(
        "recurrent",
        "waits",
        b,
        b.question("argmax", "each", tuple(range(7))),
        """seen @ cell := scan(false, state or token == #"a")
           gap @ cell := scan(0, 0 if token == #"b" else state + 1)
           w @ out := gap if seen else 0
           w + int(token == #"c")""",
        "w@cell seen@out gap@embed gap@out",
        "out",
        """age @ cell := since(token == #"a")
           gap @ cell := scan(0, 0 if token == #"b" else state + 1)
           w @ out := gap if age <= index() else 0
           w + int(token == #"c")""",
        """seen @ cell := scan(false, state or token == #"a")
           place @ cell := scan(-1, index() if token == #"b" else state)
           (index() - place if seen else 0) + int(token == #"c")""",
    )


NETWORKS = (counts, walk, ring, waits)
