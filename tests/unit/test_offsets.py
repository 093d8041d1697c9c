"""Position offsets: a network run as if inputs began later, and a program judged there, as a claim of its own."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from distill.clock import Clock
from distill.errors import BadInput
from distill.offsets import at_offset, choose_offsets, judge_offsets, offsets_part
from distill.question import Question, ask
from distill.summary import offsets as in_words
from dsl import parse_program
from dsl.rows import Rows
from tests.integration.small import both, bundle, copy, distill
from tests.unit.networks import STEPS, TOKENS, Recurrent, Transformer, network, rows
from verify import Agreement

LENGTHS = 'kind = "tokens"\nvocab = ["a", "b", "c"]\nlength = [1, {most}]\n'


def copying(folder: Path, spoilt_from: int = 16, most: int = 3) -> Path:
    """Make a bundle whose network gives each token back, but "c" from some of its 16 positions on."""
    places = torch.zeros(16, 3)
    places[spoilt_from:, 2] = 5.0
    weights = {"tokens.weight": torch.eye(3), "places.weight": places}
    return bundle(folder, LENGTHS.format(most=most), "", "copy", weights)


def identity(asked: Question, rows: Rows) -> Agreement:
    return asked.agreement(parse_program("input token: symbol@position\nreturn token").result, (), rows)


def both_answers(asked: Question, row: Rows) -> dict[str, object]:
    answers = asked.answers(row)
    return {"input": asked.domain.raw(row)[0], "program": None, "network": answers.values[0].tolist()}


class TestShifted:
    def test_positions_begin_later(self):
        torch.manual_seed(0)
        net = network(Transformer(causal=True), TOKENS)
        batch, place = rows(net), net.module.where.weight
        moved = net.shifted(3).run(batch).outputs
        assert not np.allclose(moved, net.run(batch).outputs, atol=1e-3)
        with torch.no_grad():
            place.copy_(torch.cat([place[3:], place[:3]]))
        np.testing.assert_allclose(moved, net.run(batch).outputs, atol=1e-6)

    def test_the_network_itself_stays_as_it_was(self):
        net = network(Transformer(causal=True), TOKENS)
        batch = rows(net)
        before = net.run(batch).outputs
        net.shifted(2).run(batch)
        assert np.array_equal(net.run(batch).outputs, before)
        assert np.array_equal(net.shifted(0).run(batch).outputs, before)

    def test_room_is_what_is_left(self):
        net = network(Transformer(causal=True), TOKENS)
        assert net.shifted(3).found["positions"] == 6
        with pytest.raises(BadInput, match="offset 9, expected an offset from 0 to 8"):
            net.shifted(9)

    def test_networks_without_such_positions_say_so(self):
        with pytest.raises(BadInput, match="no embedding of absolute positions"):
            network(Recurrent(), STEPS).shifted(1)


class TestJudge:
    def test_a_program_that_holds_at_all_of_them(self, tmp_path: Path):
        asked = ask(copying(tmp_path / "net"), trust=True)
        found = judge_offsets(asked, asked.domain, identity, Clock(60), np.random.default_rng(0))
        assert found.tried == tuple(range(1, 14))
        assert (found.mismatches, found.first, found.finished) == (0, None, True)
        assert 0.99 < found.bound < 1
        part = offsets_part(asked, found, both_answers)
        assert part["inputs"] == 1024
        assert "begin at 13 positions from 1 to 13; at least 99." in in_words(part)

    def test_the_first_offset_at_which_they_part(self, tmp_path: Path):
        asked = ask(copying(tmp_path / "net", spoilt_from=9), trust=True)
        found = judge_offsets(asked, asked.domain, identity, Clock(60), np.random.default_rng(0))
        assert found.first is not None
        offset, row = found.first
        assert offset == 7  # three positions reach 9
        part = offsets_part(asked, found, both_answers)
        assert part["first_parting"]["offset"] == 7
        assert part["first_parting"]["network"][2] == 2
        assert asked.domain.raw(row)[0][2] != "c"
        assert 0 < part["mismatches"] < part["outputs"]
        assert "first at 7" in in_words(part)
        assert at_offset(asked, 7).room == 9

    def test_time_may_end_it(self, tmp_path: Path):
        asked = ask(copying(tmp_path / "net"), trust=True)
        found = judge_offsets(asked, asked.domain, identity, Clock(-1.0), np.random.default_rng(0))
        assert (found.inputs, found.finished, found.bound) == (0, False, 0.0)

    def test_no_room(self, tmp_path: Path):
        with pytest.raises(BadInput, match="16 positions and inputs as long as 16, expected room"):
            choose_offsets(ask(copying(tmp_path / "net", most=16), trust=True))

    def test_no_positions(self, tmp_path: Path):
        with pytest.raises(BadInput, match="inputs without positions"):
            choose_offsets(ask(both(tmp_path / "net"), trust=True))


class TestCommandLine:
    def test_compile_and_verify_judge_them_apart(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
        model, out = copying(tmp_path / "net", spoilt_from=9), tmp_path / "out.py"
        assert distill("compile", model, "-o", out, "--trust", "--quiet", "--offsets", "--json") == 0
        certificate = json.loads(capsys.readouterr().out)
        assert certificate["behaviour"]["mismatches"] == 0
        assert certificate["offsets"]["first_parting"]["offset"] == 7
        assert distill("verify", out, model, "--trust", "--quiet", "--offsets") == 0
        said = capsys.readouterr().out
        assert "offsets     " in said
        assert "first at 7" in said

    def test_they_are_not_judged_unasked(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
        assert distill("compile", copy(tmp_path / "net"), "-o", tmp_path / "o.py", "--trust", "--quiet", "--json") == 0
        assert "offsets" not in json.loads(capsys.readouterr().out)

    @pytest.mark.parametrize("command", ["compile", "verify"])
    def test_where_there_are_none(self, tmp_path: Path, capsys: pytest.CaptureFixture[str], command: str):
        program = tmp_path / "p.py"
        program.write_text("")
        files = [program, both(tmp_path / "net")] if command == "verify" else [both(tmp_path / "net")]
        assert distill(command, *files, "--trust", "--quiet", "--offsets") == 2
        assert "--offsets: found inputs without positions" in capsys.readouterr().err
