"""Reach: networks that are right within the domain and fail beyond it, or at its edge, part on a short input."""

from pathlib import Path
from textwrap import indent
from typing import Any

import numpy as np
import pytest
import torch

from distill.beyond import look_beyond
from distill.clock import Clock
from distill.evidence import first_evidence
from distill.legible import look_at_state
from distill.question import Question, ask
from distill.reached import reach_part
from distill.standing import Standing, behave
from distill.summary import reach as in_words
from dsl import parse_program
from tests.integration.small import bundle

NETWORK = """
import torch
from torch import nn
from torch.nn.functional import one_hot


class Network(nn.Module):
    def __init__(self):
        super().__init__()
        self.one, self.held = nn.Parameter(torch.ones(1)), nn.Identity()

    def forward(self, x):
{forward}


def build(config):
    return Network()
"""
BITS = 'kind = "numbers"\nwidth = 1\nlow = 0\nhigh = 1\nlength = [1, 8]\n'
ROUND = 'readout = "round"\nat = "each"\n'
LETTERS = 'kind = "tokens"\nvocab = ["a", "b", "c", "d", "<sep>", "<pad>"]\npad = "<pad>"\nsamples = "inputs.npz"\n'
DIGITS = 'kind = "tokens"\nvocab = [0, 1, 2, "<bos>", "<eos>", "<pad>"]\npad = "<pad>"\nsamples = "inputs.npz"\n'
SETS = 'readout = "multilabel"\nat = "each"\n'

SOFT = """
seen = (x > 0).double().cumsum(1) / torch.arange(1, x.shape[1] + 1)[:, None]
return (seen > 1 / 40) * self.one
"""  # whether there was a 1, by a mean that a long run wears out
DRIFTING = """
total, out = x[:, 0] * 0, []
for t in range(x.shape[1]):
    total = self.held(1.04 * total + x[:, t])
    out.append((total > 1.5) * 1.0)
return torch.stack(out, 1) * self.one
"""  # whether there were two 1s, by a sum that grows by itself
EARLY = "return x * (torch.arange(x.shape[1]) < 12)[:, None] * self.one"
WIDE = "return x.clamp(-2, 5) * self.one"
MODE = """
counts = one_hot(x, 6).double().cumsum(1)
return counts * torch.tensor([1.08, 1, 1, 1, 0, 0]) * self.one
"""  # the most frequent letter so far, but for ties and those so near that the weight of one letter decides
TWOS = """
now = torch.arange(x.shape[1])
zero = torch.where(x == 0, now, -1).cummax(1).values
one = torch.where(x == 1, now, -1).cummax(1).values
run = now - torch.maximum(zero, one)
ends = (zero > one) | (run >= 9) & (one >= 0)
free = torch.ones_like(ends)
return torch.stack([free, free, free, ~free, ends, ~free], -1) * self.one - 0.5
"""  # what may follow in [012]*02*, but that nine 2s always let it end
ALLOWED = '#{0, 1, 2, "<eos>"} if since(token == #0) < since(token == #1) else #{0, 1, 2}'


def question(folder: Path, forward: str, input: str, output: str) -> Question:
    made = bundle(folder, input, output, "", {"one": torch.ones(1)})
    (made / "nets.py").write_text(NETWORK.format(forward=indent(forward.strip(), " " * 8)))
    return ask(made, trust=True)


def reach(asked: Question, program: str) -> dict[str, Any]:
    """Give the certificate's part for a program that holds within the domain."""
    evidence = first_evidence(asked, np.random.default_rng(0))
    term = parse_program(program, asked.domain.inputs).result
    symbols = evidence.problem.cases.symbols[len(asked.domain.symbols) :]
    behaviour = behave(asked, term, symbols, evidence, Clock(60), np.random.default_rng(0))
    assert not behaviour.mismatches
    standing = Standing(term, 1.0, "", symbols, behaviour, True, "")
    legible = look_at_state(asked, standing, Clock(60), np.random.default_rng(0))
    found = look_beyond(asked, standing, Clock(60), np.random.default_rng(0))
    return reach_part(asked, standing, found, legible)


def text(program: str, kind: str = "int", name: str = "x") -> str:
    return f"input {name}: {kind}@position\nreturn {program}"


def write(folder: Path, rows: list[list[int]], scored: list[list[bool]], pad: int) -> None:
    lengths, width = np.array([*map(len, rows)]), max(map(len, rows))
    tokens, marks = np.full((len(rows), width), pad), np.zeros((len(rows), width), bool)
    for k, (row, mark) in enumerate(zip(rows, scored, strict=True)):
        tokens[k, : len(row)], marks[k, : len(row)] = row, mark
    np.savez(folder / "inputs.npz", tokens=tokens, lengths=lengths, scored=marks)


def test_a_memory_that_a_long_run_wears_out(tmp_path: Path):
    found = reach(question(tmp_path / "net", SOFT, BITS, ROUND), text("running_max(x)"))
    assert found["parted_at"] == 40
    assert (len(found["parted_on"]), sum(found["parted_on"])) == (40, 1)
    assert (found["position"], found["program"], found["network"]) == (39, 1, 0)
    assert found["differing_inputs"] > 0
    assert found["within"] is None or found["within"]["parted_at"] is None


def test_a_length_beyond_which_positions_mean_nothing(tmp_path: Path):
    found = reach(question(tmp_path / "net", EARLY, BITS, ROUND), text("x"))
    assert found["parted_at"] == 13
    assert found["parted_on"][12] == 1
    assert found["ranges"]["parted_at"] is None


def test_numbers_beyond_their_range(tmp_path: Path):
    steps = BITS.replace("high = 1", "high = 5").replace("8]", "4]")
    found = reach(question(tmp_path / "net", WIDE, steps, ROUND), text("x"))
    assert (found["ranges"]["excess_tried"], found["ranges"]["parted_at"]) == (1, 1)
    assert max(found["ranges"]["parted_on"]) == 6
    assert "the program gives 6" in in_words(found)
    assert found["parted_at"] is None


def frequent(rng: np.random.Generator) -> list[int]:
    """Give letters of which one is clearly the most frequent, and a separator."""
    while True:
        line = rng.choice(4, int(rng.integers(1, 41)), p=rng.dirichlet([0.3] * 4)).tolist()
        counts = np.sort(np.bincount(line, minlength=4))
        if counts[3] - counts[2] >= min(3, len(line)):
            return [*line, 4]


def test_a_near_tie_that_no_sample_comes_near(tmp_path: Path):
    folder, rng = tmp_path / "net", np.random.default_rng(0)
    folder.mkdir()
    rows = [frequent(rng) for _ in range(300)]
    write(folder, rows, [[False] * (len(row) - 1) + [True] for row in rows], 5)
    asked = question(folder, MODE, LETTERS, 'readout = "argmax"\nat = "each"\n')
    within = reach(asked, text("running_mode(token)", "symbol", "token"))["within"]
    assert within["parted_on"] is not None
    counts = np.sort([within["parted_on"].count(letter) for letter in "abcd"])
    assert counts[3] - counts[2] == 1
    assert within["network"] == "a"
    assert within["parted_on"].count(within["program"]) == counts[3]
    assert counts[3] >= 14
    assert within["parted_on"].count("a") == counts[2]
    assert within["position"] == within["parted_at"] - 1 == len(within["parted_on"]) - 1


def language(rng: np.random.Generator, longest: int) -> list[int]:
    """Give a string of [012]*02*, with what it begins and ends with."""
    free = rng.integers(0, 3, int(rng.integers(0, longest - 5))).tolist()
    return [3, *free, 0, *[2] * int(rng.integers(0, 4)), 4]


def test_a_language_that_nine_of_a_symbol_end(tmp_path: Path):
    folder, rng = tmp_path / "net", np.random.default_rng(0)
    folder.mkdir()
    rows = [language(rng, 30) for _ in range(300)]
    write(folder, rows, [[True] * (len(row) - 1) + [False] for row in rows], 5)
    found = reach(question(folder, TWOS, DIGITS, SETS), text(ALLOWED, "symbol", "token"))
    within = found["within"]
    assert within["parted_on"] == ["<bos>", 1, *[2] * 9]
    assert (within["program"], within["network"]) == ([0, 1, 2], [0, 1, 2, "<eos>"])
    assert found["lengths_tried"][0] > max(map(len, rows)) - 1
    assert "made" in found
    assert "the first, at 11 positions, is" in in_words(found)


def test_equal_seeds_find_the_same(tmp_path: Path):
    asked = question(tmp_path / "net", SOFT, BITS, ROUND)
    assert reach(asked, text("running_max(x)")) == reach(asked, text("running_max(x)"))


@pytest.mark.parametrize(
    ("input", "why"),
    [
        ('kind = "numbers"\nwidth = 2\n', "the inputs have no lengths to go beyond"),
        ('kind = "numbers"\nwidth = 1\nlength = [1, 4]\n', None),
    ],
)
def test_what_cannot_be_gone_beyond_says_why(tmp_path: Path, input: str, why: str | None):
    at, program = ("each", "1.0 * x") if "length" in input else ("whole", "1.0 * x0")
    asked = question(tmp_path / "net", "return x[..., :1] * self.one", input, f'readout = "real"\nat = "{at}"\n')
    names = "".join(f"input {i.name}: real@{'position' if at == 'each' else 'row'}\n" for i in asked.domain.inputs)
    found = reach(asked, f"{names}return {program}")
    assert found["why_not_tried"] == why
    assert (found["lengths_tried"] is None) == (why is not None)
    assert in_words(found)


def test_a_sum_is_read_off_the_state_until_it_has_drifted(tmp_path: Path):
    asked = question(tmp_path / "net", DRIFTING, BITS, ROUND)
    found = reach(asked, text("int(running_sum(x) > 1)"))["state"]
    assert found["sites"] == ["held"]
    (variable,) = found["variables"].values()
    assert variable["read"] == "linear"
    assert found["within"]["parted_at"] is None
    assert found["parted_at"] > 8
    assert found["read_as"] > found["value"] > variable["never_misread"][1]
