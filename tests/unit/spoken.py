"""Networks that answer as a function of tensors says, with questions about them: programs, but for what is planted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor, nn

from distill.bundle import Bundle, InputSpec, NetworkSpec, OutputSpec, fill, make_domain
from distill.loading import Model
from distill.network import Network
from distill.question import Question
from distill.readout import make_readout
from dsl.domains import Sampled
from dsl.parser import parse_expr
from dsl.rows import Rows
from dsl.size import bits
from dsl.terms import Expr
from synthesis.attempt import Candidate

Says = Callable[[Tensor], Tensor]
DIGITS = InputSpec(kind="numbers", width=3, low=(0, 0, 0), high=(9, 9, 9), names=("a", "b", "c"))
STREAM = InputSpec(kind="numbers", width=1, low=(0,), high=(2,), length=(1, 8))


class Spoken(nn.Module):
    """Answers with the numbers that a function gives; its one weight is added and changes nothing."""

    def __init__(self, says: Says) -> None:
        super().__init__()
        self.says, self.zero = says, nn.Parameter(torch.zeros(1))

    def forward(self, x: Tensor) -> Tensor:
        return self.says(x.round().long()).float() + self.zero


def asked(says: Says, spec: InputSpec = DIGITS, at: str = "whole") -> Question:
    """Ask what a function computes: numbers [row, component] or [row, position, component] to integers."""
    network = Network(Model(Spoken(says), "spoken", (), {}), spec)
    output = OutputSpec("round", at, None)
    bundle = fill(Bundle("spoken", NetworkSpec(Path("spoken.pt"), None, Path(".")), spec, output), network.found)
    return Question(bundle, network, make_domain(bundle), make_readout(bundle), network.found.get("positions"))


def sampled(question: Question, rows: Rows) -> Question:
    """Ask the same of inputs like the given ones."""
    return replace(question, domain=Sampled(question.domain, rows, "inputs.npz", question.domain))


def candidate(question: Question, text: str) -> Candidate:
    """Give a program as a search would."""
    term = program(question, text)
    return Candidate(term, bits(term), "planted")


def program(question: Question, text: str) -> Expr:
    return parse_expr(text, question.domain.inputs)
