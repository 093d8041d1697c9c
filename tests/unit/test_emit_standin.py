"""Emitted modules standing where networks stood: the same inputs and shapes, logits that read as the answers."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

import distill
from distill.errors import BadInput
from distill.readout import Readout
from distill.standin import StandIn
from dsl.domains import Domain, Numbers, Tokens
from dsl.rows import Rows
from dsl.terms import Value
from tests.unit.test_emit_module import module

LETTERS = Tokens(("<pad>", "a", "b", "<bos>"), ("a", "b"), (1, 3), ("<bos>",), pad="<pad>")
BITS = Numbers(1, (0,), (1,), (1, 4))
DATES = Numbers(2, (1, 1), (12, 31), None, ("month", "day"))


def standing(
    folder: Path, domain: Domain, text: str, readout: str, at: str, symbols: tuple[Value, ...] = ()
) -> StandIn:
    """Write a module with its certificate, and load it."""
    path = folder / "program.py"
    path.write_text(module(domain, text, at, symbols), encoding="utf-8")
    output = {"readout": readout, "at": at, "symbols": list(symbols)}
    certificate = {"domain": domain.render(), "output": output}
    path.with_suffix(".certificate.json").write_text(json.dumps(certificate), encoding="utf-8")
    return distill.load(path)


def test_logits_are_one_hot_at_every_real_position(tmp_path: Path) -> None:
    stand_in = standing(tmp_path, LETTERS, 'gather(token, from_end(), #"a")', "argmax", "each", ("a", "b"))
    logits = stand_in(torch.tensor([[3, 1, 2, 2], [3, 2, 0, 0]]))
    assert logits.dtype is torch.float32
    assert logits.tolist() == [[[0, 0], [0, 1], [0, 1], [1, 0]], [[0, 0], [0, 1], [0, 0], [0, 0]]]
    rows = Rows(np.array([[3, 1, 2, 2], [3, 2, 0, 0]]), np.array([4, 2]))
    read = Readout("argmax", "each", ("a", "b"), "").answers(logits.numpy(), rows)
    assert read.values[0, 1:].tolist() == [1, 1, 0]


def test_one_answer_a_row_stands_at_the_last_position_or_alone(tmp_path: Path) -> None:
    last = standing(tmp_path, LETTERS, 'running_count(token == #"a")', "argmax", "last", (0, 1, 2, 3))
    assert last(torch.tensor([[3, 1, 1, 0]])).tolist() == [[[0] * 4, [0] * 4, [0, 0, 1, 0], [0] * 4]]
    whole = standing(tmp_path, DATES, "day <= 28", "sign", "whole")
    assert whole(torch.tensor([[2.0, 28.0], [2.0, 29.0]])).tolist() == [[1.0], [0.0]]


def test_sets_light_all_their_members_and_numbers_are_themselves(tmp_path: Path) -> None:
    text = 'lookup(token, {#"a": #{"a", "b"}, else #{"b"}})'
    sets = standing(tmp_path, LETTERS, text, "multilabel", "each", ("a", "b", "<bos>"))
    assert sets(torch.tensor([[3, 1, 2]])).tolist() == [[[0, 0, 0], [1, 1, 0], [0, 1, 0]]]
    numbers = standing(tmp_path, BITS, "running_sum(x)", "round", "each")
    assert numbers(torch.ones(1, 3, 1)).tolist() == [[[1.0], [2.0], [3.0]]]
    shares = standing(tmp_path, BITS, "running_mean(x)", "real", "each")
    assert shares(torch.tensor([[[1.0], [0.0]]])).tolist() == [[[1.0], [0.5]]]


def test_the_domain_is_checked_unless_told_otherwise(tmp_path: Path) -> None:
    stand_in = standing(tmp_path, BITS, "running_sum(x)", "round", "each")
    with pytest.raises(ValueError, match="7 is not in the domain"):
        stand_in(torch.full((1, 2, 1), 7.0))
    assert distill.load(tmp_path / "program.py", strict=False)(torch.full((1, 2, 1), 7.0)).tolist() == [[[7.0], [14.0]]]
    with pytest.raises(ValueError, match="id 9 is none of the 4 symbols"):
        standing(tmp_path, LETTERS, "token", "argmax", "each", ("a", "b"))(torch.tensor([[3, 9]]))


def test_what_cannot_be_loaded_is_named(tmp_path: Path) -> None:
    path = tmp_path / "program.py"
    path.write_text(module(BITS, "x"), encoding="utf-8")
    with pytest.raises(BadInput, match=r"no \[output\] table.*pass output="):
        distill.load(path)
    tables = {"input": BITS.render(), "output": {"readout": "round", "at": "each"}}
    assert distill.load(path, **tables)(torch.ones(1, 1, 1)).tolist() == [[[1.0]]]
    (tmp_path / "other.py").write_text("answer = 42\n", encoding="utf-8")
    with pytest.raises(BadInput, match="no function `predict`"):
        distill.load(tmp_path / "other.py", **tables)
    with pytest.raises(BadInput, match="no Python file"):
        distill.load(tmp_path / "missing.py", **tables)
    path.with_suffix(".certificate.json").write_text("{", encoding="utf-8")
    with pytest.raises(BadInput, match="no JSON"):
        distill.load(path)


def test_answers_that_are_no_output_are_refused(tmp_path: Path) -> None:
    stand_in = standing(tmp_path, BITS, "x + 3", "argmax", "each", (0, 1))
    with pytest.raises(ValueError, match=r"answers 4, which is none of the outputs \[0, 1\]"):
        stand_in(torch.ones(1, 1, 1))
