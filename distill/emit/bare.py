"""Running an emitted module as its user will: in a bare interpreter, JSON in, JSON out."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

_AROUND = frozenset({"_check", "predict_batch"})


def run_emitted(source: str, raws: Sequence[Any], *, timeout: float = 60.0) -> list[Any]:
    """Give the module's outputs for raw inputs, from `python -I -S` on JSON lines.

    Raises RuntimeError where the module fails or answers another number of lines, TimeoutError after `timeout` seconds.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "program.py")
        path.write_text(source, encoding="utf-8")
        lines = "".join(json.dumps(raw) + "\n" for raw in raws)
        try:
            done = subprocess.run(
                [sys.executable, "-I", "-S", str(path)], input=lines, capture_output=True, text=True, timeout=timeout
            )
        except subprocess.TimeoutExpired as error:
            raise TimeoutError(f"the emitted program took more than {timeout:g} s for {len(raws)} inputs") from error
    answers = done.stdout.splitlines()
    if done.returncode or len(answers) != len(raws):
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise RuntimeError(f"the emitted program gave {len(answers)} lines for {len(raws)} inputs: {last}")
    return [json.loads(answer) for answer in answers]


def code_lines(source: str) -> int:
    """Count the lines of the program proper: `predict`, its helpers and its constants.

    Left out: docstrings, imports, blank lines and comments, the domain's check, the batch and the command line.

    >>> code_lines('import json\\nDOMAIN = "x"\\nBY_X = {1: 2}\\ndef predict(inputs):\\n    return BY_X[inputs]\\n')
    3
    """
    lines = source.splitlines()
    counted = 0
    for node in ast.parse(source).body:
        if isinstance(node, ast.Assign) and not _is_domain(node):
            counted += _written(lines, node.lineno, node.end_lineno or node.lineno)
        elif isinstance(node, ast.FunctionDef) and node.name not in _AROUND:
            counted += _written(lines, node.lineno, node.end_lineno or node.lineno) - _docstring(node)
    return counted


def _is_domain(node: ast.Assign) -> bool:
    return isinstance(node.targets[0], ast.Name) and node.targets[0].id == "DOMAIN"


def _docstring(node: ast.FunctionDef) -> int:
    first = node.body[0]
    if ast.get_docstring(node) is None:
        return 0
    return (first.end_lineno or first.lineno) - first.lineno + 1


def _written(lines: list[str], first: int, last: int) -> int:
    texts = (line.strip() for line in lines[first - 1 : last])
    return sum(bool(text) and not text.startswith("#") for text in texts)
