"""Where a machine's states lead, written down: by a rule, by a rule under a condition, by cases, or as a table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import permutations

import numpy as np

from dsl.size import bits
from dsl.terms import STATE, Call, Expr, Input, Table, call, integer, subterms, symbol
from dsl.types import Axis, Kind, Type
from synthesis.explain import Effort, Keys, explain, tables
from synthesis.machines import Machine
from synthesis.rules import STATE_AT, STATES, Letters, Rules, refined
from synthesis.vocabulary import literal

SCANS = 4  # states given
DEARER, SHORTER = 1.3, 0.8  # how long a rule may be, and a list of cases, for each bit of the table
ENTRIES = 160  # of a table, at most
GUARDED = 6  # rules under a condition, for which the condition is sought
NUMBERED, FOLLOWED = 6, 4  # states up to which all numberings are weighed, and how many of these are followed up
PIECES = 120  # terms that numberings are weighed by
EFFORT = Effort(size=4, capacity=800, meeting=200)


def carried(machine: Machine, letters: Letters, rules: Rules, rng: np.random.Generator) -> list[Call]:
    """Give states that are carried along and tell apart what a machine does, the shortest.

    They are rules where there are some; else a table of the machine's own states, and cases where these are few.
    """
    steps = [rules.terms[k] for k in rules.refining(machine, rng)] + guarded(machine, letters, rules, rng)
    scans = sorted((call("scan", integer(0), rule) for rule in steps), key=bits)
    if machine.step.size > ENTRIES:
        return scans[:SCANS]
    plain = call("scan", integer(0), table(machine, letters))
    if scans and bits(scans[0]) <= DEARER * bits(plain):
        return scans[:SCANS]
    return [
        named(machine, letters),
        *(s for s in numbered(machine, letters, rules, rng) if bits(s) <= SHORTER * bits(plain)),
    ]


def table(machine: Machine, letters: Letters) -> Expr:
    """Give a machine's step as a table, the states numbered in their order, the commonest the default."""
    keys = _keys(np.arange(len(machine)), letters, machine.step, Kind.INT)
    return tables(keys, keys.terms, Effort(entries=machine.step.size))[0]


def named(machine: Machine, letters: Letters) -> Call:
    """Give a machine's own states, carried along by a table that calls each by a word which leads there."""
    names, inputs = state_names(machine, letters), letters.inputs
    values, counts = np.unique(machine.step, return_counts=True)
    usual = int(values[np.argmax(counts)])
    shown = [
        [literal(v, i.type.kind, letters.symbols).value for v, i in zip(r, inputs, strict=True)] for r in letters.values
    ]
    cells = ((s, a, int(after)) for (s, a), after in np.ndenumerate(machine.step) if after != usual)
    entries = [((names[s], *shown[a]), names[after]) for s, a, after in cells]
    kinds = (Kind.SYMBOL, *(i.type.kind for i in inputs))
    state = Input(STATE, Type(Kind.SYMBOL, Axis.POSITION))
    lines = Table(tuple(sorted(entries, key=repr)), names[usual], kinds, Kind.SYMBOL)
    return call("scan", symbol(names[0]), call("lookup", state, *inputs, lines))


def state_names(machine: Machine, letters: Letters) -> tuple[str, ...]:
    """Name each state by the first word that leads there, and where all is settled by how."""
    shown = [_shown(letters, row) for row in letters.values]
    between = "" if all(len(text) == 1 for text in shown) else " "
    names = ["after " + between.join(shown[a] for a in word) if word else "start" for word in machine.access()]
    stays = (machine.step == np.arange(len(machine))[:, None]).all(axis=1)
    for end in np.flatnonzero(stays).tolist() if machine.output.dtype == np.bool_ else ():
        if len(said := set(machine.output[end].tolist())) == 1:
            names[end] = "done" if said.pop() else "dead"
    return tuple(names)


def _shown(letters: Letters, row: np.ndarray) -> str:
    """Give a letter in words."""
    parts = [str(literal(v, i.type.kind, letters.symbols).value) for v, i in zip(row, letters.inputs, strict=True)]
    return parts[0] if len(parts) == 1 else f"({', '.join(parts)})"


def is_table(scan: Call) -> bool:
    """Say whether a state is looked up by itself, and so follows no rule."""
    lookups = [t for t in subterms(scan.args[1]) if isinstance(t, Call) and t.op == "lookup"]
    return any(isinstance(a, Input) and a.name == STATE for t in lookups for a in t.args)


def guarded(machine: Machine, letters: Letters, rules: Rules, rng: np.random.Generator) -> list[Expr]:
    """Give rules that hold until a machine is where no letter leads away, and then a number that stays.

    `state + step if 0 <= state + step <= 3 else -2`.
    """
    stays = (machine.step == np.arange(len(machine))[:, None]).all(axis=1)
    found: list[Expr] = []
    for sink in np.flatnonzero(stays).tolist() if len(machine) > 2 else ():
        for k in rules.refining(machine, rng, sink)[:GUARDED]:
            belongs = refined(rules.tables[k], machine, sink) or {}
            places = np.array(sorted(belongs))
            counts = machine.step[[belongs[p] for p in places.tolist()]] != sink
            rule = _Guarded(rules.terms[k], rules.tables[k] + STATES[0], places + STATES[0], counts)
            found += rule.bounded() or ([] if found else rule.under(letters, rng))
    return sorted(dict.fromkeys(found), key=bits)


@dataclass(frozen=True, slots=True, eq=False)
class _Guarded:
    """A rule that is to hold under a condition.

    values: what it gives over STATES, [place, letter]. states: those it goes through. counts: bool [state, letter],
    where what it gives is to count; elsewhere, and in a further state, the state becomes that further one.
    """

    rule: Expr
    values: np.ndarray
    states: np.ndarray
    counts: np.ndarray

    def bounded(self) -> list[Expr]:
        """Give the rule within bounds, where these are the condition."""
        least, most = int(self.states.min()), int(self.states.max())
        low, high = call("le", integer(least), self.rule), call("le", self.rule, integer(most))
        for dead, values, wanted in self.further():
            if dead > most and (np.minimum(values, dead) == np.where(wanted, values, dead)).all():
                return [call("min", self.rule, integer(dead))]
            for test, holds in (
                (high, values <= most),
                (low, values >= least),
                (call("and", low, high), (values >= least) & (values <= most)),
            ):
                if (holds == wanted).all():
                    return [call("if", test, self.rule, integer(dead))]
        return []

    def under(self, letters: Letters, rng: np.random.Generator) -> list[Expr]:
        """Give the rule under whatever condition there is."""
        for dead, values, wanted in self.further():
            keys = _keys(np.append(self.states, dead), letters, wanted, Kind.BOOL, [(self.rule, values)])
            if tests := explain(keys, EFFORT, rng):
                return [call("if", tests[0], self.rule, integer(dead))]
        return []

    def further(self) -> Iterator[tuple[int, np.ndarray, np.ndarray]]:
        """Yield numbers for the further state, with values and counts [state, letter]; that state is the last."""
        wanted = np.concatenate([self.counts, np.zeros_like(self.counts[:1])])
        for dead in (int(self.states.max()) + 1, -1, -2):
            if dead in STATES and dead not in self.states:
                yield dead, self.values[np.append(self.states, dead) - STATES[0]], wanted


def numbered(machine: Machine, letters: Letters, rules: Rules, rng: np.random.Generator) -> list[Call]:
    """Give a machine's own states, carried along by cases; they are numbered so that few terms give where they lead."""
    found: list[Call] = []
    for labels in _numberings(machine, rules)[:FOLLOWED]:
        steps = [(t, np.tile(v, (len(machine), 1))) for t, v in letters.numbers if not isinstance(t, Input)]
        keys = _keys(labels, letters, labels[machine.step], Kind.INT, steps)
        scans = [call("scan", integer(int(labels[0])), rule) for rule in explain(keys, EFFORT, rng)]
        found += [scan for scan in scans if not is_table(scan)][:1]
    return sorted(dict.fromkeys(found), key=bits)[:SCANS]


def _numberings(machine: Machine, rules: Rules) -> list[np.ndarray]:
    """Give numbers for the states, those first with which two short terms give most of the steps."""
    count = len(machine)
    if count > NUMBERED or machine.step.size > 64:
        return [np.arange(count)]
    ways = np.array([p for low in (0, -1) for p in permutations(range(low, count + low)) if p[0] in (0, 1)])
    costs = np.array([bits(t) for t in rules.terms])
    pieces = np.argsort(costs, kind="stable")[:PIECES]
    values = rules.tables[pieces] + STATES[0]
    right = values[:, ways - STATES[0]] == ways[:, machine.step]  # [piece, numbering, state, letter]
    cells = np.uint64(1) << np.arange(machine.step.size, dtype=np.uint64)
    sets = (right.reshape(*right.shape[:2], -1) * cells).sum(-1, dtype=np.uint64)
    both = np.bitwise_count(sets[:, None] | sets[None]) - (costs[pieces][:, None] + costs[pieces])[..., None] / 100.0
    return list(ways[np.argsort(-both.max(axis=(0, 1)), kind="stable")])


def _keys(
    states: np.ndarray,
    letters: Letters,
    wanted: np.ndarray,
    kind: Kind,
    more: Sequence[tuple[Expr, np.ndarray]] = (),
) -> Keys:
    """Give states and letters as keys of what is wanted of them, [state, letter]; more: terms, values likewise."""
    at = np.tile(np.arange(len(letters)), len(states))
    columns = [(t, Kind.INT, v.reshape(-1)) for t, v in more if t is not STATE_AT and t not in letters.inputs]
    columns.append((STATE_AT, Kind.INT, np.repeat(states, len(letters))))
    columns += [(i, i.type.kind, c[at]) for i, c in zip(letters.inputs, letters.values.T, strict=True)]
    terms, kinds, cells = zip(*columns, strict=True)
    return Keys(terms, kinds, cells, wanted.reshape(-1), kind, letters.symbols)
