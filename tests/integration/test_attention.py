"""What attention says of transformers whose programs are known, and the programs that are found with it."""

from __future__ import annotations

import json
from operator import eq, lt
from pathlib import Path

import numpy as np
import pytest

from benchmarks.bundles import write_bundle
from benchmarks.rasp import Op, counted, fetched, indices, tokens
from benchmarks.tasks import Task
from distill.api import compile as compile_bundle
from distill.attention import attend, patterns
from distill.cli import run
from distill.question import ask
from dsl import show

LENGTH = 5
SYMBOLS = (0, 1, 2)
TOKEN, PLACE = tokens(SYMBOLS), indices(LENGTH)
TIMES = counted(TOKEN, TOKEN, eq, LENGTH)
SMALLER = counted(TOKEN, TOKEN, lt, LENGTH)
TIMES_OF_TIMES = counted(TIMES, TIMES, eq, LENGTH)
EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


def bundle(folder: Path, op: Op) -> Path:
    """A transformer that computes a program on rows of up to LENGTH symbols, its bases rotated."""
    write_bundle(folder, Task(op, SYMBOLS, LENGTH), np.random.default_rng(3))
    return folder


def heard(folder: Path, op: Op) -> tuple[list[str], list[float]]:
    """The values that are found, and how well each head is explained."""
    question = ask(bundle(folder, op))
    found = attend(question, question.domain.sample(300, np.random.default_rng(0)), np.random.default_rng(1))
    return [show(h.term) for h in found.heard], [max(look.share for look in h.looks) for h in found.heads]


def test_what_one_layer_knows_the_next_one_looks_by(tmp_path: Path) -> None:
    values, shares = heard(tmp_path, TIMES_OF_TIMES)
    times = "count(key(token) == query(token))"

    assert times in values
    assert f"count(key({times}) == query({times}))" in values
    assert min(shares) > 0.99


def test_a_head_that_looks_by_a_count_is_explained_by_it(tmp_path: Path) -> None:
    values, shares = heard(tmp_path, fetched(TOKEN, PLACE, SMALLER, eq, 0))

    assert "count(key(token) < query(token))" in values
    assert min(shares) > 0.99


def test_counts_of_counts_are_compiled(tmp_path: Path) -> None:
    certificate = compile_bundle(bundle(tmp_path, TIMES_OF_TIMES))

    assert certificate["behaviour"]["claim"] == "exact"
    assert certificate["program"]["nodes"] <= 12


def test_the_heads_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["inspect", str(bundle(tmp_path, TIMES)), "--attention", "--json", "--quiet"]) == 0
    found = json.loads(capsys.readouterr().out)["attention"]

    assert [h["condition"] for h in found["heads"] if h["share"] == 1.0][:1] == ["key(token) == query(token)"]
    assert all(h["queries_held_out"] > 0 for h in found["heads"])

    assert run(["inspect", str(tmp_path), "--attention", "--quiet"]) == 0
    text = capsys.readouterr().out
    assert "positions with the same" in text
    assert "parameters\n" not in text


def test_a_network_without_attention_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    folder = EXAMPLES / "adder"
    question = ask(folder, trust=True)

    assert patterns(question) == []
    assert attend(question, question.domain.sample(50, np.random.default_rng(0)), np.random.default_rng(0)).terms == ()
    assert run(["inspect", str(folder), "--attention", "--trust", "--quiet"]) == 0
    assert "none" in capsys.readouterr().out
