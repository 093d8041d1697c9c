"""Loading damaged and foreign files: each is refused in one line, and none takes more than its size."""

import contextlib
import random
import zipfile
from pathlib import Path

import pytest
import torch

from distill.errors import BadInput
from distill.loading.archive import digest
from tests.unit.archives import BUILD, Reader, bundle, export, gpt2, load, rewrite


@pytest.fixture(scope="module")
def reader() -> Reader:
    torch.manual_seed(0)
    return Reader().eval()


@pytest.fixture(scope="module")
def exported(reader: Reader, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return export(reader, tmp_path_factory.mktemp("exported") / "network.pt2")


class TestDamage:
    @pytest.mark.parametrize(
        "content", [b"", b"hello", b"\x89PNG\r\n", b"PK\x03\x04", b"\x80\x02", b"PK\x05\x06" + b"\0" * 18]
    )
    def test_foreign_files(self, tmp_path, content):
        (tmp_path / "network.pt").write_bytes(content)
        with pytest.raises(BadInput):
            load(tmp_path / "network.pt")

    def test_no_file(self, tmp_path):
        with pytest.raises(BadInput, match="no file"):
            load(tmp_path / "network.pt")

    def test_zip_files_of_other_things(self, tmp_path):
        with zipfile.ZipFile(tmp_path / "network.pt", "w") as file:
            file.writestr("letter.txt", "hello")
        with pytest.raises(BadInput, match=r"letter\.txt"):
            load(tmp_path / "network.pt")

    def test_bombs(self, tmp_path):
        with zipfile.ZipFile(tmp_path / "network.pt", "w", zipfile.ZIP_DEFLATED) as file:
            file.writestr("network/data.pkl", b"\0" * 10_000_000)
        with pytest.raises(BadInput, match="10000000 bytes packed"):
            load(tmp_path / "network.pt")

    @pytest.mark.filterwarnings("ignore:Duplicate name")
    def test_repeated_entries(self, tmp_path):
        with zipfile.ZipFile(tmp_path / "network.pt", "w") as file:
            file.writestr("network/data.pkl", b"1")
            file.writestr("network/data.pkl", b"2")
        with pytest.raises(BadInput, match="overlap or repeat"):
            load(tmp_path / "network.pt")

    def test_deep_json(self, exported, tmp_path):
        path = rewrite(exported, tmp_path / "a.pt2", lambda e: e.update({"models/model.json": b"[" * 100_000}))
        with pytest.raises(BadInput):
            load(path)

    @pytest.mark.parametrize("kind", ["exported", "checkpoint", "folder"])
    def test_any_damage_is_bad_input(self, exported, tmp_path, kind, monkeypatch):
        """Change bytes past the checksums, and cut files short: each loads or is refused."""
        if kind == "exported":
            source, name = exported, "network.pt2"
        elif kind == "checkpoint":
            source, name = bundle(tmp_path, BUILD), "checkpoint.pt"
        else:
            source, name = gpt2(tmp_path) / "model.safetensors", "model.safetensors"
        original, rng = source.read_bytes(), random.Random(0)
        monkeypatch.setattr(zipfile.ZipFile, "testzip", lambda self: None)
        monkeypatch.setattr(zipfile.ZipExtFile, "_update_crc", lambda self, data: None)
        (tmp_path / "bad").mkdir()
        if kind != "exported":
            for other in tmp_path.iterdir():
                if other.is_file():
                    (tmp_path / "bad" / other.name).write_bytes(other.read_bytes())
        path = tmp_path / "bad" / name
        for _ in range(60):
            damaged = bytearray(original)
            for _ in range(rng.choice([1, 4, 40])):
                damaged[rng.randrange(len(damaged))] = rng.randrange(256)
            path.write_bytes(damaged[: rng.choice([len(damaged), rng.randrange(len(damaged))])])
            with contextlib.suppress(BadInput):
                load(path.parent if kind == "folder" else path, factory="nets.py:build", trust=kind == "checkpoint")

    def test_digest_is_of_all_files(self, tmp_path):
        (tmp_path / "a").write_bytes(b"one")
        (tmp_path / "b").write_bytes(b"two")
        assert digest([tmp_path / "a", tmp_path / "b"]) != digest([tmp_path / "a"])
