"""The README: its commands are run and print what it shows, its Python runs, its files are those of the repository."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
SET_UP = ("python3 -m venv", ".venv/bin/python -m pip")  # too slow for a test; the build runs them


def blocks(language: str) -> list[str]:
    return [text for name, text in BLOCKS if name == language]


def commands() -> list[tuple[str, str]]:
    """Give each command of the consoles, and what it prints."""
    return re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", "".join(blocks("console")), re.MULTILINE)


def pattern(shown: str) -> str:
    """Give the regular expression of what is shown, in which `...` is any text."""
    return ".*".join(map(re.escape, shown.split("...")))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder in which every command of the README was run, in order, as its reader runs them."""
    folder = tmp_path_factory.mktemp("readme")
    (folder / "examples").symlink_to(ROOT / "examples")
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    for command, shown in commands():
        done = subprocess.run(command, shell=True, cwd=folder, env=environment, capture_output=True, text=True)
        assert re.fullmatch(pattern(shown), done.stdout, re.DOTALL), f"{command}\n{done.stdout}{done.stderr}"
    return folder


def test_commands_print_what_is_shown(folder: Path):
    assert sum(command.startswith("distill") for command, _ in commands()) >= 4


def test_python_does_what_is_shown(folder: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(folder)
    program, *scripts = blocks("python")
    assert program in (folder / "adder.py").read_text(encoding="utf-8")
    names: dict[str, object] = {}
    for script in scripts:
        exec(script, names)


def test_bundle_shown_is_that_of_the_example():
    assert blocks("toml") == [(ROOT / "examples" / "sort" / "distill.toml").read_text(encoding="utf-8")]


def test_shell_commands_are_set_up_or_targets_of_the_makefile():
    lines = [line for text in blocks("sh") for line in text.splitlines() if not line.startswith(SET_UP)]
    for line in lines:
        subprocess.run(f"{line.partition('#')[0]} --dry-run", shell=True, cwd=ROOT, check=True, capture_output=True)
    assert {"make test", "make check", "make examples"} <= {line.partition("#")[0].strip() for line in lines}
