"""What is known of a network built by hand: the program that it computes, and where each step of it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from distill.question import Question
from dsl.parser import parse_program
from dsl.rows import Rows
from dsl.terms import Program
from tests.planted.builder import Builder, Space

Alignment = Mapping[str, str]  # step -> site


@dataclass(frozen=True, slots=True, eq=False)
class Planted:
    """A network with its program.

    kind: feed, recurrent, attention or pooled. alignment: the site whose units hold each step, which what follows
    reads there. spaces: what each module's units hold.
    misplaced: (step, site) where a step is not held, or held and not read by what follows as the program says.
    others: programs that answer the same by steps that the network does not take, each at its likeliest site.
    last: the site that the answers are read from.
    """

    name: str
    kind: str
    question: Question
    program: Program
    alignment: Alignment
    spaces: Mapping[str, Space]
    misplaced: tuple[tuple[str, str], ...]
    others: tuple[tuple[Program, Alignment], ...]
    last: str

    def rows(self) -> Rows:
        """Give every input of the domain."""
        return Rows.concat(list(self.question.domain.enumerate()), pad=self.question.domain.fill)

    def directions(self, step: str, site: str) -> np.ndarray:
        """Give the directions of a site's units that hold a step: [unit, rank], rank 0 where none do."""
        return self.spaces[site].directions(step)


def plant(
    kind: str, name: str, builder: Builder, question: Question, text: str, misplaced: str, last: str, *others: str
) -> Planted:
    """Make a Planted; programs are text, each step written `name @ site := term`, the result last."""
    program, alignment = stated(text, question)
    pairs = tuple((step, site) for step, site in (pair.split("@") for pair in misplaced.split()))
    spaces = dict(builder.spaces)
    return Planted(
        name, kind, question, program, alignment, spaces, pairs, tuple(stated(o, question) for o in others), last
    )


def stated(text: str, question: Question) -> tuple[Program, Alignment]:
    """Read a program with its steps' sites."""
    lines, alignment = [], {}
    for line in filter(None, map(str.strip, text.splitlines())):
        name, found, term = line.partition(" := ")
        if found:
            step, _, site = name.partition(" @ ")
            alignment[step] = site
            lines.append(f"{step} = {term}")
        else:
            lines.append(f"return {line}")
    return parse_program("\n".join(lines), question.domain.inputs), alignment
