"""Networks of attention by hand: the position before, everything so far, or what is equal; stages between."""

from __future__ import annotations

from tests.planted.builder import Builder, nearest, tokens
from tests.planted.forms import Form, at_least, copied, gated, interpolated, larger, relu, wires
from tests.planted.planted import Planted, plant

LENGTH, SHARP = 5, 20.0
A, B, C = (Form({f"is.{s}": 1.0}) for s in "abc")
AT = tuple(Form({f"at.{p}": 1.0}) for p in range(LENGTH))
PREVIOUS = [(2 * SHARP * AT[p + 1], AT[p]) for p in range(LENGTH - 1)]
EQUAL = [(SHARP * s, s) for s in (A, B, C)]


def total(mean: Form) -> tuple:
    """Give a feature: the sum over the positions so far whose mean this is."""
    return tuple(part for p, at in enumerate(AT) for part in gated((p + 1) * mean, at, 6))


def repeats(seed: int) -> Planted:
    """Fetches the token before, compares, and counts over all positions so far."""
    b = Builder(seed, tokens())
    pa, pb, pc = wires("p.a p.b p.c")
    rep, mean, n = wires("rep mean n")
    b.embed()
    b.where()
    b.attend("fetch", "embed where", PREVIOUS, sink=SHARP, **{"p.a": A, "p.b": B, "p.c": C})
    b.stage("match", "embed fetch", rep=relu(A + pa - 1) + relu(B + pb - 1) + relu(C + pc - 1))
    b.attend("spread", "match", [], mean=rep)
    b.stage("count", "spread where", n=total(mean))
    b.head("count embed", *nearest(n + A, range(7)))
    return plant(
        "attention",
        "repeats",
        b,
        b.question("argmax", "each", tuple(range(7))),
        """p @ fetch := shift(token, 1, #null)
           rep @ match := token == p
           n @ count := running_count(rep)
           n + int(token == #"a")""",
        "p@match n@match rep@count rep@fetch",
        "count",
        """k @ count := running_count(token != shift(token, 1, #null))
           index() + 1 - k + int(token == #"a")""",
        """rep @ match := token == shift(token, 1, #null)
           one @ count := running_count(rep and token == #"a")
           more @ count := running_count(rep and token != #"a")
           one + more + int(token == #"a")""",
    )


def ridge(seed: int) -> Planted:
    """Fetches the number before, takes the larger, and fetches that of the position before."""
    b = Builder(seed, tokens("012"))
    token, p, t, u = wires("token p t u")
    b.embed()
    b.where()
    b.attend("fetch", "embed where", PREVIOUS, sink=SHARP, p=token)
    b.stage("high", "embed fetch", t=larger(token, p), p=copied(p))
    b.attend("back", "high where", PREVIOUS, sink=SHARP, u=t)
    b.head("high back", t - u)
    return plant(
        "attention",
        "ridge",
        b,
        b.question("round", "each"),
        """p @ fetch := shift(token, 1, 0)
           t @ high := max(token, p)
           u @ back := shift(t, 1, 0)
           t - u""",
        "p@high t@fetch u@high p@back",
        "back",
        """p @ fetch := shift(token, 1, 0)
           up @ high := token > p
           (token if up else p) - shift(token if up else p, 1, 0)""",
        """p @ fetch := shift(token, 1, 0)
           older @ back := shift(token, 2, 0)
           max(token, p) - max(p, older)""",
    )


def histogram(seed: int) -> Planted:
    """Looks at equal tokens before and after, and at nothing: what nothing weighs tells how many they are."""
    b = Builder(seed, tokens())
    none, h, g = wires("none h g")
    b.embed()
    b.where()
    b.attend("seek", "embed", EQUAL, sink=SHARP, nothing={"none": 1.0}, causal=False, none=Form())
    b.stage("tally", "seek", h=interpolated(none, {1 / (1 + c): c for c in range(LENGTH + 1)}))
    b.attend("back", "tally where", PREVIOUS, sink=SHARP, causal=False, g=h)
    b.head("tally back", h - g)
    return plant(
        "attention",
        "histogram",
        b,
        b.question("round", "each"),
        """h @ tally := count(key(token) == query(token))
           g @ back := shift(h, 1, 0)
           h - g""",
        "h@embed g@tally h@back g@embed",
        "back",
        """early @ tally := count(key(token) == query(token) and before())
           late @ tally := count(key(token) == query(token) and not before())
           early + late - shift(early + late, 1, 0)""",
        """other @ tally := count(key(token) != query(token))
           length() - other - shift(length() - other, 1, 0)""",
    )


def distinct(seed: int) -> Planted:
    """Marks what has not been before, and counts the marks so far."""
    b = Builder(seed, tokens())
    none, new, mean, n, g = wires("none new mean n g")
    b.embed()
    b.where()
    b.attend("seek", "embed", EQUAL, sink=SHARP, nothing={"none": 1.0}, none=Form())
    b.stage("novel", "seek", new=at_least(none, 1 / 2, gap=1 / 6))
    b.attend("spread", "novel", [], mean=new)
    b.stage("count", "spread where", n=total(mean))
    b.stage("out", "count embed", g=gated(n, C, 6), n=copied(n))
    b.head("out", g)
    return plant(
        "attention",
        "distinct",
        b,
        b.question("round", "each"),
        """new @ novel := count(key(token) == query(token) and before()) == 0
           n @ count := running_count(new)
           n if token == #"c" else 0""",
        "n@novel n@out new@count new@embed",
        "out",
        """a @ count := running_any(token == #"a")
           b @ count := running_any(token == #"b")
           int(a) + int(b) + 1 if token == #"c" else 0""",
        """new @ novel := count(key(token) == query(token) and before()) == 0
           old @ count := running_count(not new)
           index() + 1 - old if token == #"c" else 0""",
    )


NETWORKS = (repeats, ridge, histogram, distinct)
