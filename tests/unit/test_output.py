"""Files appear whole or not at all."""

import errno
import os
from pathlib import Path

import pytest

from distill import output
from distill.errors import BadInput
from distill.output import beside, check_writable, write_whole


def test_names_beside_a_program():
    assert beside(Path("a/b.c.py"), ".rejected.py") == Path("a/b.c.rejected.py")
    assert beside(Path("program"), ".certificate.json") == Path("program.certificate.json")


def test_files_are_written_and_nothing_is_left_beside_them(tmp_path: Path):
    first, second = tmp_path / "a.py", tmp_path / "b.json"
    first.write_text("old")
    write_whole({first: "é\n", second: "{}"})
    assert first.read_bytes() == "é\n".encode()
    assert second.read_text() == "{}"
    assert sorted(tmp_path.iterdir()) == [first, second]


def test_links_are_written_through(tmp_path: Path):
    (tmp_path / "link.py").symlink_to(tmp_path / "real.py")
    write_whole({tmp_path / "link.py": "new"})
    assert (tmp_path / "real.py").read_text() == "new"
    assert (tmp_path / "link.py").is_symlink()


@pytest.mark.parametrize("fails", ["fsync", "replace"])
def test_a_full_disk_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fails: str):
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    (tmp_path / "a.py").write_text("old")
    monkeypatch.setattr(output.os, fails, full)
    with pytest.raises(BadInput, match=r"No space left on device.*name another file with -o"):
        write_whole({tmp_path / "a.py": "new", tmp_path / "b.json": "{}"})
    assert (tmp_path / "a.py").read_text() == "old"
    assert os.listdir(tmp_path) == ["a.py"]


def test_an_interruption_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def interrupt(_: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(output.os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_whole({tmp_path / "a.py": "new"})
    assert not list(tmp_path.iterdir())


def test_the_first_file_is_renamed_last(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    renamed: list[str] = []
    monkeypatch.setattr(output.os, "replace", lambda _, target: renamed.append(target.name))
    write_whole({tmp_path / "a.py": "", tmp_path / "b.json": ""})
    assert renamed == ["b.json", "a.py"]


def test_what_cannot_be_written_is_found_before_the_work(tmp_path: Path):
    check_writable(tmp_path / "a.py", "-o")
    assert not list(tmp_path.iterdir())
    for path, said in (
        (tmp_path, "found a folder, expected a file to write"),
        (tmp_path / "none" / "a.py", "make it, or name another file"),
        (Path(os.devnull), "found a device"),
        (Path("/proc/a.py"), "a file that cannot be written"),
    ):
        with pytest.raises(BadInput) as error:
            check_writable(path, "-o")
        assert said in str(error.value)
        assert str(error.value).startswith(f"-o {path}: ")
