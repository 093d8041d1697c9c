"""The question of a compile: what does this network say on this domain? Also the bridge to search and verifiers."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from distill.bundle import Bundle, fill, make_domain, read_bundle
from distill.causality import is_causal
from distill.errors import BadInput
from distill.readout import Readout, make_readout
from dsl.domains import Domain, Sampled
from dsl.evaluate import Cases, evaluate
from dsl.rows import Answers, Rows
from dsl.terms import Expr, Value
from dsl.types import Kind
from synthesis.problem import Problem, Target, same
from verify import Agreement

if TYPE_CHECKING:
    from distill.network import Network

SAMPLED_TOLERANCE = 0.002


@dataclass(frozen=True, eq=False)
class Question:
    """A network with its domain and its readout.

    room: the most positions that the network takes, None where it takes any number.
    """

    bundle: Bundle
    subject: Network
    domain: Domain
    readout: Readout
    room: int | None

    @cached_property
    def causal(self) -> bool:
        """Whether no output depends on a later position, as far as was tried: then programs do not look ahead."""
        return is_causal(self)

    @cached_property
    def kind(self) -> Kind:
        """What answers are: numbers where every symbol is one, symbols otherwise."""
        if self.readout.name != "argmax":
            return self.readout.kind
        types = {type(s) for s in self.readout.symbols}
        for wanted, kind in (({bool}, Kind.BOOL), ({int}, Kind.INT), ({int, float}, Kind.REAL)):
            if types <= wanted:
                return kind
        return Kind.SYMBOL

    def answers(self, rows: Rows) -> Answers:
        """Run the network and read its outputs."""
        return self.readout.answers(self.subject.run(rows).outputs, rows)

    def problem(self, rows: Rows, answers: Answers) -> Problem:
        """Pose the search's problem on these rows."""
        extra = self.readout.symbols
        if self.readout.name == "multilabel":
            extra = tuple(self.readout.value(c) for c in np.unique(answers.values[self.counted(rows, answers)]))
        cases = self.domain.cases(rows, extra)
        return Problem(self.domain.inputs, cases, self.target(rows, answers, cases), self.causal)

    def target(self, rows: Rows, answers: Answers, cases: Cases) -> Target:
        """Give answers as programs give them: codes into the cases' symbols (-2: of none of them), or numbers."""
        values = answers.values
        if self.readout.name in ("argmax", "multilabel"):
            codes, places = np.unique(values, return_inverse=True)
            values = np.array([self._value(self.readout.value(c), cases) for c in codes])[places].reshape(values.shape)
        counted = self.counted(rows, answers)
        if self.readout.at == "each":
            values, counted = values[:, self.domain.offset :], counted[:, self.domain.offset :]
        return Target(values, counted, self.kind)

    def _value(self, value: Value, cases: Cases) -> Value | int:
        if self.kind is not Kind.SYMBOL:
            return value
        code = cases.code(value)
        return code if code >= 0 else -2

    def codes(self, values: np.ndarray, cases: Cases) -> np.ndarray:
        """Give a program's values as answers are given: the inverse of `target`; -1 for what is no answer."""
        if self.readout.name not in ("argmax", "multilabel"):
            return values
        kinds, places = np.unique(values, return_inverse=True)
        if self.kind is Kind.REAL:
            close = same(kinds[:, None], np.array(self.readout.symbols, dtype=float))
            codes = np.where(close.any(axis=1), close.argmax(axis=1), -1)
        else:
            symbolic = self.kind is Kind.SYMBOL
            symbols = [(cases.symbols[k] if k >= 0 else None) if symbolic else k.item() for k in kinds]
            codes = np.array([self.readout.code(s) for s in symbols])
        return codes[places].reshape(values.shape)

    def counted(self, rows: Rows, answers: Answers) -> np.ndarray:
        """Say which answers count: bool, of the answers' shape."""
        if self.readout.at == "each" and rows.scored is not None:
            return rows.scored & rows.mask
        return np.ones(answers.values.shape, dtype=bool)

    def agreement(self, term: Expr, symbols: tuple[Value, ...], rows: Rows) -> Agreement:
        """Compare a program's result with the network's answers; symbols: those the program may speak of."""
        answers = self.answers(rows)
        cases = self.domain.cases(rows, symbols)
        target = self.target(rows, answers, cases)
        found = np.broadcast_to(evaluate(term, cases), target.values.shape)
        margins = answers.margins
        if self.readout.at == "each":
            margins = margins[:, self.domain.offset :]
        return Agreement(same(found, target.values), target.scored, margins)

    @property
    def tolerance(self) -> float:
        """The share of outputs that a program may miss: given samples come from networks that err now and then."""
        return SAMPLED_TOLERANCE if self.sampled else 0.0

    @property
    def sampled(self) -> bool:
        """Whether the domain is given by samples."""
        return isinstance(self.domain, Sampled)


def ask(path: Path, flags: dict[str, object] | None = None, *, device: str = "cpu", trust: bool = False) -> Question:
    """Load a bundle and its network; raises BadInput for whatever is wrong with them."""
    bundle = read_bundle(path, flags or {})
    import torch  # after what can be wrong without it, as it takes seconds to import

    from distill.network import load_network

    if device == "cuda" and not torch.cuda.is_available():
        raise BadInput("--device", "'cuda'", "a device that torch has here", "leave it out to run on the processor")
    network = load_network(bundle, device=device, trust=trust)
    bundle = fill(bundle, network.found)
    readout = make_readout(bundle)
    domain = make_domain(bundle)
    return Question(bundle, network, domain, readout, network.found.get("positions"))
