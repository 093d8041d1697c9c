"""What attention says: where each head looks, and which values its layer is then found to know.

Layer by layer, as what one layer knows is what the next one looks with. The values become the first terms of the
search: a network that computes them most likely needs them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from distill.question import Question
from distill.trace import trace
from dsl.check import check
from dsl.expand import moves
from dsl.primitives import PRIMITIVES
from dsl.rows import Rows
from dsl.terms import Call, Expr, Input, Literal, call, integer, subterms
from dsl.types import Axis, Kind
from synthesis.bank import Bank, Column
from synthesis.grow import defaults, grow, seed
from synthesis.looks import PLAIN, Look, looks, see
from synthesis.places import places
from synthesis.problem import Problem
from synthesis.vocabulary import Vocabulary, vocabulary
from verify.encoding import shares
from verify.subject import Site

ROWS, PAIRS = 96, 800_000  # rows traced, and pairs of positions
SIZES, COLUMNS, LOCAL = 3, 400, 1200  # nodes of the terms that heads are explained with, and how many there are
LISTENED = 4  # sites a layer
WIDEST = 512  # units of a site that is listened to
HEARD = 0.97  # share of a value's variance that a layer encodes, or it does not know it
TOLD_APART = 0.2  # share of a large alphabet's symbols that the layer before encodes, for theirs to be listened for
NEWS = 0.25  # and so much more than the layer before did
TOLD = 0.7  # share of a head's weights that its look must explain for its aggregates to be listened for
KEPT = 8  # values kept a layer
MOST = 16  # and in all, the last layers' first
AT_HAND = 8  # values that a head may bring
LIKELY = 0.45  # where a look explains so much, what it picks is searched with, heard or not
EVEN = 0.95  # where an even look explains so much, it is one
PICKING = ("first_of", "last_of", "min_of", "max_of")
NEIGHBOURS = frozenset({1, -1})


@dataclass(frozen=True, slots=True)
class Head:
    """One head of an attention site, and the selects that explain where it looks, the best first."""

    site: Site
    index: int
    asked: str  # which queries: "all" or "scored"
    looks: tuple[Look, ...]


@dataclass(frozen=True, slots=True)
class Heard:
    """A value that a layer encodes, and no layer before it. share: of its variance, on held-out cells, at a site."""

    term: Expr
    site: Site
    share: float


@dataclass(frozen=True, slots=True)
class Attention:
    """What the heads of a network say, in the order of computation.

    brought: what stands where heads look, if each looks at one key.
    """

    heads: tuple[Head, ...] = ()
    heard: tuple[Heard, ...] = ()
    brought: tuple[Expr, ...] = ()

    @property
    def terms(self) -> tuple[Expr, ...]:
        """The values to search with; where a mean over the positions so far is one, its sum stands for it."""
        return tuple(dict.fromkeys([*(_summed(h.term) for h in self.heard[-MOST:]), *self.brought]))


@dataclass(slots=True, eq=False)
class _Reading:
    """A reading under way: the bank that heads are explained with, and what was heard so far."""

    problem: Problem
    causal: bool
    offset: int
    rng: np.random.Generator
    heads: list[Head] = field(default_factory=list)
    heard: list[Heard] = field(default_factory=list)
    brought: list[Expr] = field(default_factory=list)
    bank: Bank = field(init=False)
    local: Bank = field(init=False)

    def __post_init__(self) -> None:
        self.renew()

    def renew(self) -> None:
        """Grow the banks from the inputs and what was heard: what a layer may bring, and what it may look by.

        A layer looks by what is at the position already; what comes from elsewhere, an earlier one has brought.
        """
        words = vocabulary(self.problem)
        self.bank = self._grown(words, COLUMNS + len(self.heard) * COLUMNS // 4)
        self.local = self._grown(replace(words, sequence=False, tables=False), LOCAL)

    def _grown(self, words: Vocabulary, most: int) -> Bank:
        bank = Bank(self.problem.cases, np.random.default_rng(0))
        seed(bank, self.problem.inputs, words, [h.term for h in self.heard])
        if not words.sequence:  # of a large alphabet neighbours cannot be heard, and they are what is brought most
            for column in [c for c in bank.columns if isinstance(c.term, Input)]:
                for k in NEIGHBOURS & set(words.shifts):
                    bank.enter(call("shift", column.term, integer(k), defaults(column)[-1]), 2)
        for size in range(2, SIZES + 1):
            grow(bank, words, size, most)
        return bank


def patterns(question: Question) -> list[Site]:
    """Give the sites that hold attention over the positions: [row, head, query, key]."""
    return [s for s in question.subject.sites if s.kind == "attention" and s.shape[1:] == ("position", "position")]


def attend(question: Question, rows: Rows, rng: np.random.Generator) -> Attention:
    """Read every head on some of the rows; nothing where the network shows no attention over the positions."""
    sites, read = question.subject.sites, patterns(question)
    if not read:
        return Attention()
    rows = _few(rows, rng)
    listened = [s for s in sites if s.kind != "attention" and _suits(s)]
    seen = trace(question.subject, question.readout, rows, [*read, *listened])
    reading = _Reading(question.problem(rows, seen.answers), question.causal, question.domain.offset, rng)
    order = {s: k for k, s in enumerate(sites)}
    for k, site in enumerate(read):
        later = read[k + 1] if k + 1 < len(read) else None
        told = _heads(reading, site, seen.activations[site])
        here = [s for s in listened if order[site] < order[s] and (later is None or order[s] < order[later])]
        before = [s for s in listened if order[s] < order[site] and _units(s) >= _units(listened[0])]
        here = [*here[:1], *here[1:][1 - LISTENED :]]  # what the heads bring, and what becomes of it
        known = seen.activations[before[-1]] if before else None
        news = _listen(reading, told, [(s, seen.activations[s]) for s in here], known)
        if news:
            reading.heard += news
            reading.renew()
    return Attention(tuple(reading.heads), tuple(reading.heard), tuple(dict.fromkeys(reading.brought)))


def _few(rows: Rows, rng: np.random.Generator) -> Rows:
    """Choose rows, none of the longest, and no more pairs of positions than can be gone through."""
    lengths = rows.lengths
    assert lengths is not None
    order = rng.permutation(np.flatnonzero(lengths <= np.quantile(lengths, 0.6 if lengths.max() > 12 else 1.0)))
    longest = int(lengths[order].max())
    return rows.take(np.sort(order[: max(16, min(ROWS, PAIRS // longest**2))]))


def _suits(site: Site) -> bool:
    """Say whether a site has a handful of units at each position, heads apart or not."""
    return site.positions is not None and 2 <= _units(site) <= WIDEST


def _units(site: Site) -> int:
    return math.prod(size for size in site.shape if size != "position")


def _heads(reading: _Reading, site: Site, weights: np.ndarray) -> list[Look]:
    """Explain each head of a site, at all queries and at those that count; give the best looks."""
    problem, bank = reading.problem, reading.local
    width = bank.layout.mask.shape[1]
    span = slice(reading.offset, reading.offset + width)
    asked = {"all": bank.layout.mask}
    if problem.target.scored.shape == bank.layout.mask.shape and problem.target.scored.sum() < bank.layout.mask.sum():
        asked["scored"] = problem.target.scored
    told, values = [], _at_hand(reading)
    for head in range(weights.shape[1]):
        for name, where in asked.items():
            seen = see(bank, bank.columns, weights[:, head, span, span], where, reading.causal, reading.rng)
            found = tuple(looks(seen, reading.causal, 3)) if seen else ()
            if seen and seen.sharp and not (found and found[0].share >= PLAIN):
                found = tuple(sorted((*places(seen, problem.cases, reading.rng), *found), key=lambda f: -f.share))
            reading.heads.append(Head(site, head, name, found))
            told += [found[0]] if found and found[0].share >= TOLD else []
            if found and found[0].share >= LIKELY:
                reading.brought += _brings(values, found[0], seen is not None and seen.sharp)
    return told


def _at_hand(reading: _Reading) -> list[Column]:
    """Give what may stand at a key: the inputs there, and what the layers before may have brought, shortly put."""
    bank = reading.local
    found = [c for c in bank.columns if isinstance(c.term, Input) and c.type.axis is Axis.POSITION]
    for term in dict.fromkeys(reading.brought):
        entered = bank.enter(term, SIZES) or bank.like(term)
        if entered is not None and entered not in found:
            found.append(entered)
    return found[:AT_HAND]


def _listen(
    reading: _Reading, told: Sequence[Look], here: Sequence[tuple[Site, np.ndarray]], before: np.ndarray | None
) -> list[Heard]:
    """Give the values that this layer encodes and the one before did not, the smallest first."""
    bank, mask = reading.bank, reading.bank.layout.mask
    candidates = _candidates(bank, told, reading.heard)
    if not candidates or not here:
        return []
    targets = [_numbers(bank, c) for c in candidates]
    order = reading.rng.permutation(int(mask.sum()))
    fit, test = order[: len(order) // 2], order[len(order) // 2 :]

    def scores(wanted: Sequence[np.ndarray], activations: np.ndarray) -> np.ndarray:
        return np.array(shares(wanted, _cells(activations, mask, reading.offset), fit, test))

    now = np.stack([scores(targets, a) for _, a in here])
    known = scores(targets, before) if before is not None else np.zeros(len(candidates))
    reference = _reference(reading, lambda wanted: scores(wanted, before)) if before is not None else {}
    best = np.round(now, 2).argmax(axis=0)  # the first site of those that tell it as well
    found = [
        (c, Heard(c.term, here[best[k]][0], float(now[best[k], k])))
        for k, c in enumerate(candidates)
        if now[best[k], k] >= max(HEARD, known[k] + NEWS) * reference.get(c.type.kind, 1.0)
    ]
    whole = {c.term.op for c, _ in found if isinstance(c.term, Call) and c.type.kind is Kind.SYMBOL}
    return [h for c, h in found if not (_tabled(c.term) and isinstance(c.term, Call) and c.term.op in whole)][:KEPT]


def _tabled(term: Expr) -> bool:
    """Say whether a term reads symbols through a table: where they are heard themselves, it tells nothing more."""
    return any(isinstance(part, Call) and part.op == "lookup" for part in subterms(term))


def _reference(reading: _Reading, scores: Callable[[Sequence[np.ndarray]], np.ndarray]) -> dict[Kind, float]:
    """Give how well symbols can be told at all: a few units do not tell the symbols of a large alphabet apart."""
    inputs = [c for c in reading.bank.columns if c.size == 1 and isinstance(c.term, Input)]
    inputs = [c for c in inputs if c.type.kind is Kind.SYMBOL and c.values.min() != c.values.max()]
    found = scores([_numbers(reading.bank, c) for c in inputs]) if inputs else np.zeros(0)
    return {Kind.SYMBOL: float(found.max())} if found.max(initial=0.0) >= TOLD_APART else {}


def _summed(term: Expr) -> Expr:
    """Give a running mean's sum, as attention can only average; other terms as they are."""
    if not isinstance(term, Call) or term.op != "running_mean":
        return term
    return call("running_count" if check(term.args[0]).kind is Kind.BOOL else "running_sum", *term.args)


def _numbers(bank: Bank, column: Column) -> np.ndarray:
    """Give a column as numbers [cell, column]: symbols one-hot."""
    values = bank.layout.spread(column.values, column.type.axis)
    if column.type.kind is Kind.SYMBOL:
        return (values[:, None] == np.unique(values)).astype(np.float64)
    return values[:, None].astype(np.float64)


def _cells(activations: np.ndarray, mask: np.ndarray, offset: int) -> np.ndarray:
    """Give activations [row, ..., position, ...] at the real cells: [cell, unit]."""
    axis = next(k for k, n in enumerate(activations.shape) if k and n >= offset + mask.shape[1])
    wide = np.moveaxis(activations, axis, 1)[:, offset : offset + mask.shape[1]]
    return wide.reshape(*wide.shape[:2], -1)[mask]


def _candidates(bank: Bank, told: Sequence[Look], heard: Sequence[Heard]) -> list[Column]:
    """Give the values that a layer may have brought from elsewhere: small terms, and aggregates over its looks."""
    for look in told:
        for term in aggregates(bank, look):
            bank.enter(term, look.size + 1)
    known = {h.term for h in heard}
    moved = [c for c in bank.columns if c.term not in known and c.values.min() != c.values.max() and _brought(c.term)]
    return sorted(moved, key=lambda c: c.size)


def _brought(term: Expr) -> bool:
    """Say whether a term brings what depends on the input from elsewhere; what is computed of that comes cheap."""
    return isinstance(term, Call) and moves(term) and any(isinstance(part, Input) for part in subterms(term))


def _brings(values: Sequence[Column], look: Look, sharp: bool) -> Iterator[Expr]:
    """Yield what a head that seems to look so may bring: what stands at its one key, or how many keys there are.

    Where it is not quite clear which of the selected it looks at, the first, last, least or largest of them.
    """
    if look.size < 2:
        return
    picking = (look.op,) if look.op else PICKING[:1] if sharp else () if look.share >= EVEN else PICKING
    if not look.op and not sharp:
        yield call("count", look.where)
    for column in values:
        for op in picking:
            taken = any(o.params[1] is column.type.kind for o in PRIMITIVES[op].overloads)
            if taken and look.by in (None, column.term):
                yield call(op, look.where, column.term, defaults(column)[-1])


def aggregates(bank: Bank, look: Look) -> Iterator[Expr]:
    """Yield what a head that looks so can bring: how many, their mean, or the one picked."""
    values = [c for kind in Kind for c in bank.of(kind, Axis.POSITION, 1)]
    if look.op in ("min_of", "max_of") and look.by is not None:
        column = next(c for c in values if c.term is look.by)
        yield call(look.op, look.where, look.by, defaults(column)[-1])
    elif look.op:
        yield from (call(look.op, look.where, c.term, defaults(c)[-1]) for c in values)
    elif not isinstance(look.where, Literal):
        yield call("count", look.where)
        for column in values:
            for op in ("mean", "first_of", "mode_of"):
                if any(o.params[1] is column.type.kind for o in PRIMITIVES[op].overloads):
                    yield call(op, look.where, column.term, defaults(column)[-1])
