"""The machine of a network, learnt by asking it word by word; and the terms that do what the machine does.

Only words of the domain are asked of. Where the domain has few, a machine is held against all of them; elsewhere
against words that are drawn, and what comes of it is judged like any other candidate.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import numpy as np

from distill.parts import is_recurrent
from distill.question import Question
from dsl.domains import Numbers, Tokens
from dsl.rows import Rows
from dsl.terms import Expr, Value
from dsl.types import Kind
from synthesis.automata import machine_terms
from synthesis.machines import Machine

LETTERS = 64  # an alphabet up to this size may be that of a machine


def machine_of(question: Question, rng: np.random.Generator) -> Machine | None:
    """Learn the smallest machine that answers as a network does on its domain.

    letters: as `predict` takes a step. output: answers as the readout gives them. None where there is not one answer a
    step, where answers look ahead or are real; where there are too many letters or states; and where the domain's words
    are too short to tell.
    """
    domain = question.domain
    if not isinstance(domain, (Tokens, Numbers)) or not domain.sequence or question.readout.at != "each":
        return None
    if question.kind is Kind.REAL or (isinstance(domain, Tokens) and domain.suffix) or not question.causal:
        return None
    letters = _letters(domain)
    if not 2 <= len(letters) <= LETTERS:
        return None
    from synthesis.learning import Undetermined, check_of, learn  # takes a while to import

    def ask(words: np.ndarray) -> np.ndarray:
        return question.answers(_rows(domain, letters, words)).values[:, domain.offset :][:, : words.shape[1]]

    longest = domain.length[1] if domain.length else None
    try:
        return learn(ask, letters, check_of(ask, len(letters), longest, rng), rng, longest=longest)
    except Undetermined:
        return None


def learnt(question: Question, rng: np.random.Generator) -> Sequence[Expr]:
    """Give terms that do what a recurrent network's machine does, shortest first; none where it has none."""
    domain, machine = question.domain, machine_of(question, rng) if is_recurrent(question) else None
    if machine is None or not isinstance(domain, (Tokens, Numbers)):
        return ()
    access = machine.access()
    words = np.zeros((machine.step.size, max(map(len, access)) + 1), np.int64)
    ends = np.repeat([len(word) for word in access], len(machine.letters))
    for row, word in enumerate(words):
        lead = access[row // len(machine.letters)]
        word[: len(lead)] = lead
        word[len(lead)] = row % len(machine.letters)
    rows = _rows(domain, machine.letters, words)
    problem = question.problem(rows, question.answers(rows))
    cells = np.arange(len(words)), ends
    columns = [problem.cases.inputs[i.name][cells][: len(machine.letters)] for i in problem.inputs]
    output = problem.target.values[cells].reshape(machine.step.shape)
    asked = Machine(tuple(zip(*(c.tolist() for c in columns), strict=True)), machine.step, output)
    return machine_terms(asked, problem.inputs, problem.target.kind, problem.cases.symbols, rng)


def _letters(domain: Tokens | Numbers) -> tuple[Value | tuple[int, ...], ...]:
    """Give what a step may be: symbols, or numbers; () where there are too many to count."""
    if isinstance(domain, Tokens):
        return domain.alphabet
    if domain.low is None or domain.high is None:
        return ()
    ranges = [range(low, high + 1) for low, high in zip(domain.low, domain.high, strict=True)]
    return tuple(product(*ranges)) if np.prod([len(r) for r in ranges], dtype=float) <= LETTERS else ()


def _rows(domain: Tokens | Numbers, letters: Sequence, words: np.ndarray) -> Rows:
    """Give words of one length as rows; beyond their end the first letter stands where the domain has none so short."""
    least = domain.length[0] if domain.length else 1
    words = np.pad(words, ((0, 0), (0, max(0, least - words.shape[1]))))
    if isinstance(domain, Numbers):
        return domain.batch(np.array(letters)[words], np.full(len(words), words.shape[1]))
    values = np.concatenate([np.tile(domain.ids(domain.prefix), (len(words), 1)), domain.ids(letters)[words]], axis=1)
    return domain.batch(values, np.full(len(words), values.shape[1]))


def states_of(question: Question, term: Expr, symbols: tuple[Value, ...], rng: np.random.Generator) -> int | None:
    """Count the states of the smallest machine that does on the domain what a program does; None where there is none.

    symbols: what the program may speak of beside the domain's own.
    """
    domain = question.domain
    letters = _letters(domain) if isinstance(domain, (Tokens, Numbers)) and domain.sequence else ()
    if not 2 <= len(letters) <= LETTERS or question.readout.at != "each" or question.kind is Kind.REAL:
        return None
    from synthesis.learning import count_states, said_by

    assert isinstance(domain, (Tokens, Numbers))
    cases = domain.cases(_rows(domain, letters, np.arange(len(letters))[:, None]), symbols)
    values = np.stack([cases.inputs[i.name][:, 0] for i in domain.inputs], axis=1)
    longest = domain.length[1] if domain.length else None
    return count_states(said_by(term, domain.inputs, values, cases.symbols), len(letters), longest, rng)
