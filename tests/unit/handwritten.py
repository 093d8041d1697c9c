"""Programs to explain networks by: emitted ones, and ones as people write them, with questions that have no network."""

from __future__ import annotations

import textwrap
from typing import Any

from distill.question import Question
from distill.readout import Readout
from distill.variables import Variables, variables
from dsl.domains import Domain, Numbers
from dsl.terms import Value
from tests.unit.test_emit_golden import BITS, BRACKETS, DIGITS, GOLDEN, LETTERS, NUMBERED, PROGRAMS, stream
from verify.explanation import Step

STREAM = stream(0, 9)
APPLICANT = Numbers(3, (0, 0, 0), (9, 9, 9), None, ("income", "debt", "years"))
GOLDENS: dict[str, tuple[str, tuple[Value, ...]]] = {
    "base4_addition": ("round", ()),
    "bin_majority": ("argmax", BITS.symbols),
    "brackets": ("multilabel", BRACKETS.symbols),
    "frac_prevs": ("real", ()),
    "frequency_rank": ("round", ()),
    "gravity": ("round", ()),
    "loan": ("argmax", ("yes", "no", "ask")),
    "local_peak": ("argmax", (True, False, "<edge>")),
    "machine": ("sign", ()),
    "majority": ("sign", ()),
    "next_larger": ("argmax", NUMBERED.symbols),
    "parity": ("round", ()),
    "stable_sort": ("argmax", DIGITS.symbols),
}
WRITTEN: dict[str, tuple[Domain, str, str]] = {
    "a loop within the loop": (
        STREAM,
        "each",
        """
        def predict(inputs):
            out = []
            for i, x in enumerate(inputs):
                rank = 0
                for y in inputs:
                    rank += y < x
                double = 2 * rank
                out.append(double + x)
            return out
        """,
    ),
    "lists filled bit by bit": (
        STREAM,
        "each",
        """
        def predict(inputs):
            n = len(inputs)
            ranks = []
            for i in range(n):
                ranks.append(sum(y < inputs[i] for y in inputs))
            doubled = [0] * n
            for i in range(n):
                doubled[i] = ranks[i] * 2
            largest = max(ranks)
            return [d + largest for d in doubled]
        """,
    ),
    "branches": (
        LETTERS,
        "each",
        """
        def predict(inputs):
            depth, out = 0, [None]
            bonus = 3
            for token in inputs[1:]:
                if token == "a":
                    depth += 1
                elif token == "b":
                    depth -= 1
                way = "up" if depth > 0 else "down"
                if way == "up":
                    shown = depth * 2
                    out.append(shown)
                else:
                    shown = depth + bonus
                    out.append(shown)
            return out
        """,
    ),
    "helpers": (
        LETTERS,
        "each",
        """
        def ranked(tokens):
            ranks = [sum(y < x for y in tokens) for x in tokens]
            return [rank + 1 for rank in ranks]

        def step(state, token):
            up = token == "a"
            return (state + up) % 3

        def predict(inputs):
            tokens = inputs[1:]
            places = ranked(tokens)
            state, out = 0, [None]
            for place, token in zip(places, tokens):
                state = step(state, token)
                out.append(state + place)
            return out
        """,
    ),
    "a walk that remembers the last": (
        STREAM,
        "each",
        """
        def predict(inputs):
            out, last = [], 0
            for i, x in enumerate(inputs):
                twice = inputs[i] * 2
                change = twice - last
                out.append(change)
                last = twice + 1
            return out
        """,
    ),
    "one answer": (
        LETTERS,
        "last",
        """
        def predict(inputs):
            count = 0
            for token in inputs:
                count += token == "a"
            half = count // 2
            return half + 1
        """,
    ),
    "no positions": (
        APPLICANT,
        "whole",
        """
        def predict(inputs, strict=True):
            income, debt, years = inputs
            margin = income - debt
            high = 0
            for value in inputs:
                high += value > 5
            if years > 3:
                rate = 2
            else:
                rate = margin
            return margin * rate + high
        """,
    ),
}


MAIN = """
if __name__ == "__main__":
    import json, sys

    for line in sys.stdin:
        print(json.dumps(predict(json.loads(line))))
"""


def question(domain: Domain, readout: str = "round", at: str = "each", symbols: tuple[Value, ...] = ()) -> Question:
    """Pose a question without a network: programs need none."""
    return Question(None, None, domain, Readout(readout, at, symbols, ""), None)


def program(name: str) -> tuple[str, Question]:
    if name in WRITTEN:
        domain, at, text = WRITTEN[name]
        return textwrap.dedent(text) + MAIN, question(domain, at=at)
    readout, symbols = GOLDENS[name]
    asked = question(PROGRAMS[name].domain, readout, PROGRAMS[name].at, symbols)
    return (GOLDEN / f"{name}.py").read_text(encoding="utf-8"), asked


def body(text: str, domain: Domain = STREAM, *, memories: bool = True, **asked: Any) -> Variables:
    """Give a program by what its `predict` does."""
    source = "def predict(inputs):\n" + textwrap.indent(textwrap.dedent(text), "    ")
    return variables(source, question(domain, **asked), memories=memories)


def steps(found: Variables) -> dict[str, Step]:
    return {step.name: step for step in found.steps}
