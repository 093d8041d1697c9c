"""Rules for a state that is carried along: arithmetic over state and letter, tried by stepping beside a machine."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations, product

import numpy as np

from dsl.evaluate import Cases
from dsl.size import bits
from dsl.terms import STATE, Expr, Input, Table, Value, call, integer, substitute
from dsl.types import Axis, Kind, Type
from synthesis.bank import Bank
from synthesis.explain import sum_of
from synthesis.grow import grow, seed
from synthesis.machines import Machine
from synthesis.vocabulary import CONSTANTS, FEW, Vocabulary, literal

STATES = range(-2, 18)  # the integers that a rule's states may be
START = STATES.index(0)  # the place of the first state
SIZE, CAPACITY = 5, 5000  # of the rules that are grown
FACTORS, OFFSETS, MODULI = (1, 2, 3, -1), (0, 1, -1), tuple(range(2, 17))
TOLD_APART = 3  # values of a symbol that count as numbers, each 0 or 1
COUNTED = 3  # a state that counts goes up by remainders modulo so much at most
TRIALS = (64, 6)  # words that rules are tried on first, and their letters
KEPT = 40  # rules that refine a machine, the shortest
STATE_AT = Input(STATE, Type(Kind.INT, Axis.POSITION))


@dataclass(frozen=True)
class Letters:
    """What letters are made of.

    inputs: the columns. values: int64 [letter, input], codes where inputs are symbols. symbols: what codes stand for.
    """

    inputs: tuple[Input, ...]
    values: np.ndarray
    symbols: tuple[Value, ...]

    def __len__(self) -> int:
        return len(self.values)

    @cached_property
    def numbers(self) -> list[tuple[Expr, np.ndarray]]:
        """Give what of a letter can be computed with: terms and their values [letter].

        Numbers as they are; of two or three symbols, steps up at one and down at another.
        """
        found: list[tuple[Expr, np.ndarray]] = []
        for source, column in zip(self.inputs, self.values.T, strict=True):
            if source.type.kind is Kind.INT:
                found.append((source, column))
                continue
            kinds = np.unique(column)
            for up, down in combinations(kinds.tolist(), 2) if len(kinds) <= TOLD_APART else ():
                entries = [((literal(c, Kind.SYMBOL, self.symbols).value,), n) for c, n in ((up, 1), (down, -1))]
                table = Table(tuple(sorted(entries, key=repr)), 0, (Kind.SYMBOL,), Kind.INT)
                found.append((call("lookup", source, table), (column == up).astype(np.int64) - (column == down)))
        return found


@dataclass(frozen=True, slots=True, eq=False)
class Rules:
    """Terms over the state and a letter with where they lead: int64 [rule, state, letter], states as places in STATES.

    Where a rule leaves STATES, it leads to the place len(STATES).
    """

    terms: list[Expr]
    tables: np.ndarray

    @staticmethod
    def grown(letters: Letters, rng: np.random.Generator) -> Rules:
        """Give small terms over state and letter, and sums of them modulo a number or cut off, each map once."""
        found: dict[bytes, tuple[Expr, np.ndarray]] = {}
        for term, values in [*_small(letters, rng), *_resets(letters), *_sums(letters)]:
            place = np.where((values >= STATES[0]) & (values <= STATES[-1]), values - STATES[0], len(STATES))
            found.setdefault(place.astype(np.int8).tobytes(), (term, place))
        return Rules([t for t, _ in found.values()], np.stack([p for _, p in found.values()]))

    def refining(self, machine: Machine, rng: np.random.Generator, sink: int | None = None) -> list[int]:
        """Give the rules, by index, which from state 0 tell apart no less than a machine does, shortest first.

        sink: a state of the machine from which no letter leads away; where one is given, what becomes of a rule's state
        once the machine is there does not count.
        """
        words = rng.integers(0, len(machine.letters), TRIALS)
        wanted, able = machine.states(words), np.arange(len(self.terms))
        for few in (TRIALS[0] // 8, TRIALS[0]):
            able = able[_tells(self.tables[able], words[:few], wanted[:few], len(machine), sink)]
        exact = [k for k in able.tolist() if refined(self.tables[k], machine, sink) is not None]
        return sorted(exact, key=lambda k: bits(self.terms[k]))[:KEPT]

    def closed(self) -> tuple[list[Expr], list[np.ndarray]]:
        """Give the rules that reach few states from 0, as machines' steps, each machine once."""
        found: dict[bytes, tuple[Expr, np.ndarray]] = {}
        for term, table in zip(self.terms, self.tables, strict=True):
            step = _reached(table)
            if step is not None and len(step) > 1:
                found.setdefault(step.tobytes(), (term, step))
        return [t for t, _ in found.values()], [s for _, s in found.values()]


def _tells(tables: np.ndarray, words: np.ndarray, wanted: np.ndarray, states: int, sink: int | None) -> np.ndarray:
    """Say of each rule whether states that it takes for one, at whatever letter of the words, are one: bool [rule]."""
    count, out = len(tables), len(STATES)
    padded = np.concatenate([tables, np.full((count, 1, tables.shape[2]), out)], axis=1)
    rule = np.arange(count)[:, None]
    low, high = np.full((count, out + 1), states), np.full((count, out + 1), -1)
    low[:, START] = high[:, START] = 0
    state = np.full((count, len(words)), START)
    for t in range(words.shape[1]):
        state = padded[rule, state, words[:, t]]
        live = np.flatnonzero(wanted[:, t] != sink) if sink is not None else np.arange(len(words))
        np.minimum.at(low, (rule, state[:, live]), wanted[live, t])
        np.maximum.at(high, (rule, state[:, live]), wanted[live, t])
    return ((low == high) | (high < 0))[:, :-1].all(axis=1) & (high[:, -1] < 0)


def refined(table: np.ndarray, machine: Machine, sink: int | None = None) -> dict[int, int] | None:
    """Give the state of a machine that each place which a rule [state, letter] reaches from 0 belongs to.

    None where a place belongs to two, or the rule leaves STATES. sink: as for `Rules.refining`.
    """
    belongs, queue = {START: 0}, [START]
    for state in queue:
        for letter, after in enumerate(table[state].tolist()):
            wanted = int(machine.step[belongs[state], letter])
            if wanted == sink:
                continue
            if after == len(STATES) or belongs.setdefault(after, wanted) != wanted:
                return None
            if after not in queue:
                queue.append(after)
    return belongs


def _reached(table: np.ndarray) -> np.ndarray | None:
    """Give a rule's step over the states that it reaches from 0, in their order; None where it leaves STATES."""
    number, queue = {START: 0}, [START]
    for state in queue:
        for after in table[state].tolist():
            if after == len(STATES):
                return None
            if after not in number:
                number[after] = len(queue)
                queue.append(after)
    return np.array([[number[a] for a in table[state].tolist()] for state in queue])


def _grid(letters: Letters) -> tuple[Cases, dict[Expr, Expr]]:
    """Give all pairs of a state and a letter as rows, and what the inputs there stand for."""
    columns = {STATE: np.repeat(np.array(STATES), len(letters))[:, None]}
    real: dict[Expr, Expr] = {}
    for source, column in zip(letters.inputs, letters.values.T, strict=True):
        columns[source.name] = np.tile(column, len(STATES))[:, None]
        real[Input(source.name, Type(source.type.kind, Axis.ROW))] = source
    real[Input(STATE, Type(Kind.INT, Axis.ROW))] = STATE_AT
    return Cases(columns, np.ones((len(columns[STATE]), 1), dtype=bool), letters.symbols), real


def _small(letters: Letters, rng: np.random.Generator, size: int = SIZE) -> Iterator[tuple[Expr, np.ndarray]]:
    """Yield the smallest terms over state and letter with their values [state, letter]."""
    cases, real = _grid(letters)
    bank, words = Bank(cases, rng), Vocabulary(causal=True, sequence=False, constants=(*CONSTANTS, -1, 4, 5))
    seed(bank, [i for i in real if isinstance(i, Input)], words)
    for k in range(2, size + 1):
        if not grow(bank, words, k, CAPACITY):
            break
    for column in bank.columns:
        if column.type.kind is Kind.INT:
            yield substitute(column.term, real), column.values.reshape(len(STATES), len(letters))


def _resets(letters: Letters) -> Iterator[tuple[Expr, np.ndarray]]:
    """Yield rules that begin again at a letter, and count or stay otherwise."""
    old = np.repeat(np.array(STATES)[:, None], len(letters), axis=1)
    onward = [(call("add", STATE_AT, integer(1)), old + 1), (STATE_AT, old)]
    for source, column in zip(letters.inputs, letters.values.T, strict=True):
        kinds = np.unique(column).tolist()
        for value, first in product(kinds if len(kinds) <= FEW else (), (0, 1)):
            test = call("eq", source, literal(value, source.type.kind, letters.symbols))
            for term, values in onward:
                yield call("if", test, integer(first), term), np.where(column == value, first, values)


def _sums(letters: Letters) -> Iterator[tuple[Expr, np.ndarray]]:
    """Yield weighted sums of state and letter, their remainders and quotients, and the sums cut off at a bound."""
    old = np.array(STATES)[:, None]
    numbers = letters.numbers
    for weights in product((1, 0, -1), repeat=len(numbers)):
        for factor, offset in product(FACTORS, OFFSETS):
            parts = [(factor, STATE_AT), *((w, t) for w, (t, _) in zip(weights, numbers, strict=True)), (offset, None)]
            total = sum_of([(f, t) for f, t in parts if f])
            values = factor * old + sum((w * v for w, (_, v) in zip(weights, numbers, strict=True)), np.int64(offset))
            values = np.broadcast_to(values, (len(STATES), len(letters)))
            for m in MODULI:
                yield call("mod", total, integer(m)), values % m
                yield call("floordiv", total, integer(m)), values // m
                yield call("min", total, integer(m - 1)), np.minimum(values, m - 1)
                if m <= COUNTED:
                    yield call("add", STATE_AT, call("mod", total, integer(m))), old + values % m
            yield call("max", total, integer(0)), np.maximum(values, 0)
            yield total, values
