"""Loading networks: every format reads back as it was saved, and nothing of a stranger's file runs."""

import json
from pathlib import Path

import pytest
import torch
from torch import nn

from distill.errors import BadInput, NeedsTrust
from tests.unit.archives import BUILD, TOKENS, Payload, Reader, bundle, gpt2, load, rewrite, saved


@pytest.fixture
def mark(tmp_path: Path) -> Path:
    return tmp_path / "mark"


@pytest.fixture(scope="module")
def reader() -> Reader:
    torch.manual_seed(0)
    return Reader().eval()


class TestCheckpoint:
    def test_factory_builds_and_fills(self, tmp_path):
        model = load(bundle(tmp_path, BUILD), factory="nets.py:build", trust=True)
        assert model.kind == "Linear"
        assert [f.name for f in model.files] == ["checkpoint.pt", "nets.py"]

    def test_a_factory_file_may_define_dataclasses(self, tmp_path):
        record = "from __future__ import annotations\nfrom dataclasses import dataclass\n"
        record += "@dataclass\nclass Sizes:\n    n: int\n"
        assert load(bundle(tmp_path, record + BUILD), factory="nets.py:build", trust=True).kind == "Linear"

    def test_factory_is_not_run_without_trust(self, tmp_path, mark):
        path = bundle(tmp_path, f"import os\nos.mkdir({str(mark)!r})\n" + BUILD)
        with pytest.raises(NeedsTrust, match="pass --trust"):
            load(path, factory="nets.py:build")
        assert not mark.exists()

    def test_pickles_in_a_checkpoint_do_not_run(self, tmp_path, mark):
        path = tmp_path / "checkpoint.pt"
        torch.save({"state_dict": {}, "config": Payload(mark)}, path)
        with pytest.raises(NeedsTrust, match="runs code when loaded"):
            load(path, factory="nets.py:build")
        assert not mark.exists()

    def test_whole_modules_take_trust(self, tmp_path):
        path = tmp_path / "network.pt"
        torch.save(nn.Linear(3, 2), path)
        with pytest.raises(NeedsTrust):
            load(path)
        assert load(path, trust=True).kind == "Linear"

    @pytest.mark.parametrize(
        ("factory", "message"),
        [
            (None, "a checkpoint without a factory"),
            ("nets.py:make", "no function 'make'"),
            ("nets.py", "a file of the bundle"),
            ("../nets.py:build", "a file of the bundle"),
            ("other.py:build", "a file of the bundle"),
        ],
    )
    def test_wrong_factories(self, tmp_path, factory, message):
        with pytest.raises(BadInput, match=message):
            load(bundle(tmp_path, BUILD), factory=factory, trust=True)

    def test_weights_of_another_network(self, tmp_path):
        path = bundle(tmp_path, BUILD.replace("2)", "4)"))
        with pytest.raises(BadInput, match="weights that fit the factory's module"):
            load(path, factory="nets.py:build", trust=True)

    def test_other_contents(self, tmp_path):
        path = tmp_path / "checkpoint.pt"
        torch.save({"weights": 1}, path)
        with pytest.raises(BadInput, match="state_dict"):
            load(path, factory="nets.py:build", trust=True)


SCRIPT = """
class Reader(Module):
  __parameters__ = []
  __buffers__ = []
  training : bool
  def forward(self: __torch__.Reader, x: Tensor{argument}) -> Tensor:
{body}
    return x
"""


class TestTorchScript:
    @pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::torch.jit.TracerWarning")
    @pytest.mark.parametrize("how", ["script", "trace"])
    def test_runs_as_the_network_did(self, reader, tmp_path, how):
        module = torch.jit.script(reader) if how == "script" else torch.jit.trace(reader, TOKENS)
        torch.jit.save(module, str(tmp_path / "network.pt"))
        model = load(tmp_path / "network.pt")
        torch.testing.assert_close(model.module(TOKENS), reader(TOKENS))
        assert model.kind == "Reader"
        assert model.known == {"vocab_size": 5}

    @pytest.mark.parametrize(
        ("argument", "body"),
        [
            ("", "torch.save(x, {mark})"),
            ("", "t = torch\n    t.save(x, {mark})"),
            ("", 'getattr(torch, "sa" "ve")(x, {mark})'),
            ("", 'getattr(torch, "\\163ave")(x, {mark})'),
            ("", 'a = torch.autograd\n    getattr(a, "sa" "ve")(x, {mark})'),
            ("", 'o = ops.aten\n    getattr(o, "sa" "ve")(x, {mark})'),
            ("", "x = torch.add(x, torch.from_file({mark}, True, 4, dtype=6))"),
            (", y: Tensor=torch.from_file({mark}, True, 4, dtype=6)", "pass"),
            ("", "pass\n  def __setstate__(self: __torch__.Reader, state: Tuple[bool]) -> None:\n    pass"),
            ("", "y = __torch__.torch.classes.quantized.LinearPackedParamsBase"),
        ],
    )
    @pytest.mark.filterwarnings("ignore::DeprecationWarning")
    def test_code_that_reaches_files_takes_trust(self, tmp_path, mark, argument, body):
        class Empty(nn.Module):
            def forward(self, x: torch.Tensor) -> torch.Tensor:
                return x

        def poison(entries: dict[str, bytes]) -> None:
            name = next(n for n in entries if n.startswith("code/") and n.endswith(".py"))
            quoted = json.dumps(str(mark))
            text = SCRIPT.format(argument=argument, body="    " + body).replace("{mark}", quoted)
            entries[name] = text.replace("__torch__.Reader", "__torch__.Empty").encode()

        torch.jit.save(torch.jit.trace(Empty(), torch.ones(1)), str(tmp_path / "plain.pt"))
        path = rewrite(tmp_path / "plain.pt", tmp_path / "network.pt", poison)
        with pytest.raises(NeedsTrust, match="pass --trust"):
            load(path)
        assert not mark.exists()


class TestFolder:
    def test_reads_a_gpt2(self, tmp_path):
        model = load(gpt2(tmp_path))
        assert model.kind == "gpt2"
        assert model.known == {"vocab_size": 5, "positions": 9}
        assert model.module(TOKENS).shape == (3, 6, 5)

    def test_code_named_by_the_configuration_does_not_run(self, tmp_path, mark):
        (tmp_path / "evil.py").write_text(f"import os\nos.mkdir({str(mark)!r})\n")
        load(gpt2(tmp_path, auto_map={"AutoModelForCausalLM": "evil.Model", "AutoConfig": "evil.Config"}))
        assert not mark.exists()

    def test_pickled_weights_are_not_looked_at(self, tmp_path, mark):
        gpt2(tmp_path)
        (tmp_path / "model.safetensors").unlink()
        (tmp_path / "pytorch_model.bin").write_bytes(saved(Payload(mark)))
        with pytest.raises(BadInput, match=r"model\.safetensors"):
            load(tmp_path)
        assert not mark.exists()

    @pytest.mark.parametrize(
        ("change", "message"),
        [({"n_layer": 2}, "no weight"), ({"n_embd": 8}, "size mismatch for"), ({"vocab_size": "five"}, "a fault")],
    )
    def test_weights_of_another_network(self, tmp_path, change, message):
        with pytest.raises(BadInput, match=message):
            load(gpt2(tmp_path, **change))

    def test_offsets_outside_the_file(self, tmp_path):
        gpt2(tmp_path)
        file = tmp_path / "model.safetensors"
        file.write_bytes(file.read_bytes()[:-8])
        with pytest.raises(BadInput, match="should take"):
            load(tmp_path)
