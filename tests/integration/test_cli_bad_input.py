"""Whatever is wrong with what is given: exit status 2, one line with the place and a remedy, nothing written."""

import errno
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from distill import output
from tests.integration.small import NUMBERS, TOKENS, WHOLE, both, copy, distill


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Work in an empty folder."""
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")


def truncated(folder: Path) -> Path:
    """Cut a bundle's network in half."""
    content = (both(folder) / "network.pt").read_bytes()
    (folder / "network.pt").write_bytes(content[: len(content) // 2])
    return folder


def corrupted(folder: Path) -> Path:
    """Turn bytes in the middle of a bundle's network over."""
    content = bytearray((both(folder) / "network.pt").read_bytes())
    middle = len(content) // 2
    content[middle : middle + 64] = bytes(255 - b for b in content[middle : middle + 64])
    (folder / "network.pt").write_bytes(content)
    return folder


def foreign(folder: Path) -> Path:
    """Put a picture where the network would be."""
    (both(folder) / "network.pt").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(100))
    return folder


def pickled(folder: Path) -> Path:
    """Save a whole module, which is code."""
    torch.save(torch.nn.Linear(2, 2), both(folder) / "network.pt")
    return folder


def sampled(**arrays: object) -> Callable[[Path], Path]:
    """Make a bundle with these samples."""

    def make(folder: Path) -> Path:
        copy(folder, TOKENS + 'samples = "inputs.npz"\n')
        np.savez(folder / "inputs.npz", **{name: np.asarray(array) for name, array in arrays.items()})
        return folder

    return make


WRONG: dict[str, tuple[Callable[[Path], Path], str]] = {
    "missing": (lambda folder: folder, "found nothing there"),
    "truncated": (truncated, "network.pt: found"),
    "corrupted": (corrupted, "network.pt: found"),
    "foreign": (foreign, "expected a torch.export, TorchScript or torch.save file"),
    "raising factory": (lambda folder: both(folder, how="raises"), "nets.py"),
    "unknown key": (lambda folder: both(folder, NUMBERS + "heigh = 1\n"), "did you mean 'high'?"),
    "wrong type": (lambda folder: both(folder, "width = true\n"), "found True, expected a positive integer"),
    "small vocabulary": (lambda folder: copy(folder, 'vocab = ["a", "b"]\n'), "found 2 symbols, expected 3"),
    "beyond the positions": (lambda folder: copy(folder, TOKENS.replace("3]", "17]")), "inputs of 17 positions"),
    "wrong shape of samples": (sampled(tokens=[0, 1], lengths=[1, 1]), "shape [2]"),
    "wrong dtype of samples": (sampled(tokens=[[0.5], [1.0]], lengths=[1, 1]), "dtype float64"),
    "out of vocabulary": (sampled(tokens=[[0], [7]], lengths=[1, 1]), "found 7 at tokens[1, 0]"),
    "empty samples": (sampled(tokens=np.zeros((0, 2), int), lengths=np.zeros(0, int)), "tokens with no rows"),
    "nan": (lambda folder: both(folder, how="nan"), "not finite"),
    "nan weights": (lambda folder: both(folder, one=float("nan")), "not finite"),
    "several outputs": (lambda folder: both(folder, how="several"), "expected one tensor"),
    "wrong width": (lambda folder: both(folder, output=WHOLE.replace('"yes"', '"yes", "maybe"')), "3 symbols"),
    "wrong axes": (lambda folder: both(folder, NUMBERS.replace("2", "1")), "found"),
}


def assert_refused(capsys: pytest.CaptureFixture[str], said: str) -> None:
    out, err = capsys.readouterr()
    err = err.replace("what the code of a bundle prints\n", "")
    assert out == ""
    assert err.startswith("distill: ")
    assert err.count("\n") == 1
    assert ": found " in err
    assert ", expected " in err
    assert "; " in err
    assert said in err
    assert not [name for name in os.listdir() if name != "there"]


@pytest.mark.parametrize("case", WRONG)
def test_bad_input(case: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    make, said = WRONG[case]
    assert distill("compile", make(tmp_path / "model"), "-o", "out.py", "--trust", "--report", "out.html") == 2
    assert_refused(capsys, said)


@pytest.mark.parametrize("make", [both, pickled])
def test_code_does_not_run_without_trust(make, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert distill("compile", make(tmp_path / "model"), "-o", "out.py") == 2
    assert_refused(capsys, "pass --trust if you trust its author")


@pytest.mark.parametrize("command", ["inspect", "verify"])
def test_every_command_refuses_alike(command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    (tmp_path / "program.py").touch()
    program = [tmp_path / "program.py"] if command == "verify" else []
    assert distill(command, *program, both(tmp_path / "model", how="raises"), "--trust") == 2
    assert_refused(capsys, "no such layer")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["-o", "there"], "-o there: found a folder"),
        (["-o", "none/out.py"], "-o none/out.py: found no folder"),
        (["-o", os.devnull], "found a device"),
        (["-o", "../missing"], "-o ../missing: found the model itself"),
        (["-o", "out.py", "--report", "./out.py"], "--report out.py: found what another flag names"),
        (["-o", "out.py", "--report", "none/out.html"], "--report none/out.html: found no folder"),
    ],
)
def test_unwritable_output_is_found_before_the_work(
    arguments: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    Path("there").mkdir()
    assert distill("compile", tmp_path / "missing", *arguments) == 2
    assert_refused(capsys, said)


def test_a_full_disk(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch):
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(output.os, "fsync", full)
    assert distill("compile", both(tmp_path / "model"), "--trust", "-o", "out.py") == 2
    assert_refused(capsys, "No space left on device")
