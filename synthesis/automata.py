"""From a minimal machine to terms: states become integers such that a short rule steps from one to the next.

A rule explains a machine where it tells apart no less than the machine does, so that each state which the rule reaches
belongs to one of the machine's (`synthesis/rules.py`). The outputs are then a function of that state and the letter.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dsl.check import check
from dsl.evaluate import Cases
from dsl.size import bits
from dsl.terms import Call, Expr, Input, Table, Value, call, integer, subterms, symbol
from dsl.types import Kind
from synthesis.attempt import views
from synthesis.cover import Covers, classes, joint, missed
from synthesis.explain import Effort, explain, keys_of
from synthesis.machines import Machine
from synthesis.problem import Problem, Target
from synthesis.rules import Letters, Rules
from synthesis.steps import carried, is_table, state_names

WORDS, LONG = 512, 24  # words that outputs are explained on, and the longest of them
PAIRS = 3  # pairs of states whose outputs are explained
REACH = 3  # letters before the last that outputs may hang on directly
EFFORT = Effort(size=4, capacity=1200, meeting=300)


def machine_terms(
    machine: Machine, inputs: Sequence[Input], kind: Kind, symbols: tuple[Value, ...], rng: np.random.Generator
) -> list[Expr]:
    """Give terms that do what a minimal machine does, shortest first.

    machine: its letters are tuples, a value for each input, codes where inputs are symbols; its outputs are of `kind`,
    codes where they are symbols. symbols: what codes stand for; terms may speak of others, by which they call states.
    """
    letters = Letters(tuple(inputs), np.array(machine.letters, np.int64).reshape(-1, len(inputs)), symbols)
    words = _words(machine, rng)
    task = _Task(letters, _problem(machine, letters, words, kind), rng)
    found = task.outputs([]) + task.windows()
    if len(machine) > 1:
        rules = Rules.grown(letters, rng)
        scans = carried(machine, letters, rules, rng)
        for scan in scans:
            found += task.outputs([scan])
        for pair in _pairs(machine, rules, words, rng) if all(map(is_table, scans)) else ():
            found += task.outputs(pair)
    return sorted(dict.fromkeys(found), key=bits)


def _words(machine: Machine, rng: np.random.Generator) -> np.ndarray:
    """Draw words, int64 [row, position]: some uniform, some of runs, some that lead to each state before they go on."""
    words = rng.integers(0, len(machine.letters), (WORDS, LONG))
    stay = rng.random(words.shape) < np.linspace(0.0, 0.9, WORDS)[:, None]
    for t in range(1, LONG):
        words[stay[:, t], t] = words[stay[:, t], t - 1]
    for k, lead in enumerate(machine.access() * 4):
        words[k % WORDS, : len(lead)] = lead[:LONG]
    return words


def _problem(machine: Machine, letters: Letters, words: np.ndarray, kind: Kind) -> Problem:
    everywhere = np.ones(words.shape, dtype=bool)
    columns = {i.name: letters.values[words, k] for k, i in enumerate(letters.inputs)}
    symbols = letters.symbols + tuple(n for n in state_names(machine, letters) if n not in letters.symbols)
    target = Target(machine.run(words), everywhere, kind)
    return Problem(letters.inputs, Cases(columns, everywhere, symbols), target, causal=True)


def _pairs(machine: Machine, rules: Rules, words: np.ndarray, rng: np.random.Generator) -> list[list[Call]]:
    """Give pairs of rules that tell a machine's states apart together: one counts this, the other that."""
    terms, tables = rules.closed()
    if len(terms) < 2:
        return []
    codes = np.stack([Machine(machine.letters, t, t).states(words).reshape(-1) for t in tables])
    target = classes(machine.states(words).reshape(-1))
    covers = Covers(codes, np.array([bits(t) for t in terms]), target, rng)
    found = covers.find(2, PAIRS, len(target))
    return [[call("scan", integer(0), terms[k]) for k in cover.columns] for cover in found]


@dataclass(frozen=True, slots=True, eq=False)
class _Task:
    """What outputs are explained on: words, and what a machine says to them."""

    letters: Letters
    problem: Problem
    rng: np.random.Generator

    def outputs(self, scans: Sequence[Call]) -> list[Expr]:
        """Give the outputs as functions of states, after the step or before it, and of the letters where need be."""
        before = [call("shift", s, integer(1), s.args[0]) for s in scans]
        spans = ([*scans], [*scans, *self.letters.inputs], [*before, *self.letters.inputs])
        return next((terms for span in spans if span and (terms := self._functions(span))), [])

    def windows(self) -> list[Expr]:
        """Give the outputs as functions of the last few letters, where they are."""
        columns: list[Expr] = list(self.letters.inputs)
        for reach in range(1, REACH + 1):
            for source in self.letters.inputs:
                nothing = symbol(None) if source.type.kind is Kind.SYMBOL else integer(0)
                columns.append(call("shift", source, integer(reach), nothing))
            if found := self._functions(columns):
                return found
        return []

    def _functions(self, columns: Sequence[Expr]) -> list[Expr]:
        """Give terms for the outputs over columns; none where they are no function of them."""
        cells = [self.problem.cells(c) for c in columns]
        wanted = self.problem.wanted
        if len(missed(joint(np.stack([classes(c) for c in cells])), classes(wanted), 1)):
            return []
        parts = [(c, check(c).kind, v) for c, v in zip(columns, cells, strict=True)]
        found: list[Expr] = []
        for view in views(self.problem.target):
            target = view.of(self.problem.target)
            keys = keys_of(parts, target.values[target.scored], target.kind, self.problem.cases.symbols)
            found += map(view.wrap, explain(keys, EFFORT, self.rng)[:2])
        return found


def spoken(terms: Sequence[Expr], symbols: tuple[Value, ...]) -> tuple[str, ...]:
    """Give the names of states that terms speak of, beside these symbols."""
    scans = [t for term in terms for t in subterms(term) if isinstance(t, Call) and t.op == "scan"]
    tables = [t for scan in scans for t in subterms(scan.args[1]) if isinstance(t, Table) and t.kind is Kind.SYMBOL]
    names = {str(v): None for t in tables for v in (t.default, *(value for _, value in t.entries))}
    return tuple(n for n in names if n not in symbols)
