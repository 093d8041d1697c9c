"""The README: its commands are run and print what it shows, its Python runs, its files are those of the repository."""

import os
import re
import subprocess
import sys
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class Session:
    """A folder in which every command of the README was run in order, and what each printed."""

    folder: Path
    printed: dict[str, str]


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Session:
    folder = tmp_path_factory.mktemp("readme")
    (folder / "examples").symlink_to(ROOT / "examples")
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    printed = {}
    for command, _ in commands():
        done = subprocess.run(
            command, shell=True, cwd=folder, env={**os.environ, "PATH": path}, capture_output=True, text=True
        )
        printed[command] = done.stdout + done.stderr
    return Session(folder, printed)


@pytest.mark.parametrize(("command", "shown"), commands(), ids=[command for command, _ in commands()])
def test_command_prints_what_is_shown(command: str, shown: str, session: Session):
    assert re.fullmatch(pattern(shown), session.printed[command], re.DOTALL), session.printed[command]


def test_python_does_what_is_shown(session: Session, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(session.folder)
    program, *scripts = blocks("python")
    assert program in (session.folder / "adder.py").read_text(encoding="utf-8")
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
