"""Loading exported graphs: they compute what they did, and call nothing but tensor operations."""

import pickle
import zipfile
from pathlib import Path

import pytest
import torch
from torch import nn

from distill.errors import BadInput
from tests.unit.archives import TOKENS, Payload, Reader, edited, export, load, rewrite, saved


@pytest.fixture
def mark(tmp_path: Path) -> Path:
    return tmp_path / "mark"


@pytest.fixture(scope="module")
def reader() -> Reader:
    torch.manual_seed(0)
    return Reader().eval()


@pytest.fixture(scope="module")
def exported(reader: Reader, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return export(reader, tmp_path_factory.mktemp("exported") / "network.pt2")


class TestExported:
    def test_runs_as_the_network_did(self, reader, exported):
        model = load(exported)
        for batch in (TOKENS, TOKENS[:1, :2]):
            torch.testing.assert_close(model.module(batch), reader(batch))
        assert model.kind == "exported graph"
        assert model.known == {"sizes": (None, None), "positions": 9, "vocab_size": 5}

    def test_fused_attention_is_taken_apart(self, tmp_path):
        class Attention(nn.Module):
            def forward(self, x: torch.Tensor) -> torch.Tensor:
                with torch.no_grad():
                    y = nn.functional.scaled_dot_product_attention(x, x, x, is_causal=True)
                first, second = y.split([1, 3], -1)
                return torch.cat([second, first], -1)

        x = torch.randn(2, 5, 4)
        torch.export.save(torch.export.export(Attention(), (x,)), tmp_path / "network.pt2")
        model = load(tmp_path / "network.pt2")
        torch.testing.assert_close(model.module(x), Attention()(x))
        assert any(node.path.endswith(".attention") for node in model.module.nodes)

    def test_archives_of_older_versions(self, reader, exported, tmp_path, mark):
        with zipfile.ZipFile(exported) as new, zipfile.ZipFile(tmp_path / "old.pt2", "w") as old:
            name = next(n for n in new.namelist() if n.endswith("models/model.json"))
            old.writestr("serialized_exported_program.json", new.read(name))
            old.writestr("serialized_state_dict.pt", saved(reader.state_dict()))
            old.writestr("serialized_constants.pt", b"")
            old.writestr("serialized_example_inputs.pt", saved(Payload(mark)))
            old.writestr("version", "8.5")
        torch.testing.assert_close(load(tmp_path / "old.pt2").module(TOKENS), reader(TOKENS))
        assert not mark.exists()

    def test_pickled_parts_do_not_run(self, exported, tmp_path, mark):
        def poison(entries: dict[str, bytes]) -> None:
            entries["data/sample_inputs/model.pt"] = saved(Payload(mark))
            entries["data/extra"] = pickle.dumps(Payload(mark))

        load(rewrite(exported, tmp_path / "a.pt2", poison))
        assert not mark.exists()

    @pytest.mark.parametrize("kind", ["weights", "constants"])
    def test_pickled_tensors_do_not_run(self, exported, tmp_path, mark, kind):
        def poison(entries: dict[str, bytes]) -> None:
            entry = {"path_name": "tensor_0", "is_param": False, "use_pickle": True, "tensor_meta": None}
            edited(entries, f"data/{kind}/model_{kind}_config.json", lambda c: c["config"].update(extra=entry))
            entries[f"data/{kind}/tensor_0"] = saved(Payload(mark))

        with pytest.raises(BadInput, match="an exported program"):
            load(rewrite(exported, tmp_path / "a.pt2", poison))
        assert not mark.exists()

    @pytest.mark.parametrize("name", ["opaque_obj_0", "custom_obj_0"])
    def test_pickled_objects_do_not_run(self, exported, tmp_path, mark, name):
        def poison(entries: dict[str, bytes]) -> None:
            entry = {"path_name": name, "is_param": False, "use_pickle": True, "tensor_meta": None}
            edited(entries, "data/constants/model_constants_config.json", lambda c: c["config"].update(extra=entry))
            entries[f"data/constants/{name}"] = pickle.dumps(Payload(mark))

        with pytest.raises(BadInput):
            load(rewrite(exported, tmp_path / "a.pt2", poison))
        assert not mark.exists()

    def test_strings_are_not_evaluated(self, exported, tmp_path, mark):
        def poison(entries: dict[str, bytes]) -> None:
            code = f"__import__('os').mkdir({str(mark)!r})"

            def edit(program: dict) -> None:
                program["guards_code"] = [code]
                for meta in program["graph_module"]["graph"]["tensor_values"].values():
                    for size in meta["sizes"]:
                        if "as_expr" in size:
                            size["as_expr"]["expr_str"] = code

            edited(entries, "models/model.json", edit)

        load(rewrite(exported, tmp_path / "a.pt2", poison))
        assert not mark.exists()

    @pytest.mark.parametrize(
        "target",
        [
            "torch.serialization.os.mkdir",
            "torch.ops.aten.save.default",
            "torch.ops.aten.from_file.default",
            "torch.ops.aten.__class__.mro",
            "torch.ops.aten._dir.append",
            "torch.hub.load",
            "_operator.attrgetter",
            "_operator.methodcaller",
            "torch.ops.prim.RaiseException.default",
        ],
    )
    def test_only_tensor_operations_are_called(self, exported, tmp_path, mark, target):
        def poison(entries: dict[str, bytes]) -> None:
            def edit(program: dict) -> None:
                node = program["graph_module"]["graph"]["nodes"][-1]
                node["target"] = target
                node["inputs"] = [{"name": "path", "arg": {"as_string": str(mark)}, "kind": 1}]

            edited(entries, "models/model.json", edit)

        with pytest.raises(BadInput, match="a graph that calls"):
            load(rewrite(exported, tmp_path / "a.pt2", poison))
        assert not mark.exists()
