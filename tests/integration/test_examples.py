"""The shipped examples: each compiles to the program beside it, byte for byte, and that program does what it should."""

import json
import re
import shlex
from collections.abc import Callable
from pathlib import Path

import pytest

from distill.cli import run
from distill.emit import run_emitted

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
COMMANDS = re.findall(r"^distill (compile .*) -o (examples/.*)$", (EXAMPLES / "README.md").read_text(), re.MULTILINE)
LARGEST = 300_000  # bytes of all examples together


def added(steps: list[list[int]]) -> list[int]:
    """Add by the numbers themselves: in base 4, lowest digits first."""
    total = sum((a + b) * 4**k for k, (a, b) in enumerate(steps))
    return [total // 4**k % 4 for k in range(len(steps))]


def follows(symbols: list[str]) -> list[list[str] | None]:
    """Say what may follow in brackets that nest at most three deep."""
    depths = [symbols[: k + 1].count("(") - symbols[: k + 1].count(")") for k in range(1, len(symbols))]
    rule = {"(": lambda d: d < 3, ")": lambda d: d > 0, "<eos>": lambda d: d == 0}
    return [None, *([s for s, allowed in rule.items() if allowed(d)] for d in depths)]


RIGHT: dict[str, tuple[Callable, list]] = {
    "adder": (added, [[[3, 3], [3, 0], [1, 2]], [[0, 0]], [[2, 2], [1, 1], [3, 3], [3, 3]]]),
    "brackets": (follows, [["<bos>", "(", "(", ")", "(", "("], ["<bos>", "(", ")"]]),
    "loan": (lambda x: x[0] > x[1] and x[2] < 3, [[20, 19, 2], [20, 20, 0], [20, 0, 3], [0, 0, 5]]),
    "maximum": (lambda x: [max(x[: k + 1]) for k in range(len(x))], [[-5, -3, -4, 5], [0]]),
    "sort": (sorted, [[3, 1, 4, 1, 0, 2], [4]]),
}


@pytest.mark.parametrize(("arguments", "program"), COMMANDS, ids=[Path(p).parent.name for _, p in COMMANDS])
def test_example_compiles_to_the_program_beside_it(
    arguments: str, program: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(ROOT)
    assert run([*shlex.split(arguments), "-o", str(tmp_path / "program.py"), "--quiet"]) == 0
    assert (tmp_path / "program.py").read_bytes() == Path(program).read_bytes()
    found, shipped = (
        json.loads((p / "program.certificate.json").read_text()) for p in (tmp_path, Path(program).parent)
    )
    for part in ("program", "network", "domain"):
        assert found[part] == shipped[part]


@pytest.mark.parametrize("name", RIGHT)
def test_example_program_does_what_its_network_was_trained_for(name: str):
    rule, inputs = RIGHT[name]
    assert run_emitted((EXAMPLES / name / "program.py").read_text(), inputs) == [rule(i) for i in inputs]


def test_every_example_is_listed_and_checked():
    folders = {p.name for p in EXAMPLES.iterdir() if (p / "program.py").exists()}
    assert folders == set(RIGHT) == {Path(program).parent.name for _, program in COMMANDS}


def test_examples_are_small():
    files = [p for p in EXAMPLES.rglob("*") if p.is_file() and "__pycache__" not in p.parts]
    assert sum(p.stat().st_size for p in files) < LARGEST
