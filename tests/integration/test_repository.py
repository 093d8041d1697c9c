"""The repository's own files: what they name is there, and what must run can be run."""

import os
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = ["README.md", "ARCHITECTURE.md", "CHANGELOG.md", "examples/README.md", "tests/README.md"]
PACKAGES = ("distill", "dsl", "synthesis", "verify", "tests", "examples")


@pytest.mark.parametrize("page", PAGES)
def test_files_that_a_page_names_are_there(page: str):
    text = (ROOT / page).read_text(encoding="utf-8")
    links = [(ROOT / page).parent / target for target in re.findall(r"\]\((?!\w+:)([^)#]+)", text)]
    paths = [ROOT / path for path in re.findall(rf"`((?:{'|'.join(PACKAGES)})/[\w./]*)`", text)]
    assert [str(path) for path in [*links, *paths] if not path.exists()] == []


def test_every_package_is_in_the_architecture():
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    folders = [p.parent for name in PACKAGES[:4] for p in (ROOT / name).rglob("__init__.py")]
    assert [str(f) for f in folders if f"`{f.relative_to(ROOT).as_posix()}/`" not in text] == []


def test_ci_runs():
    assert os.access(ROOT / ".ci" / "run", os.X_OK)


def test_torch_is_pinned():
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    assert any(line.startswith("torch==") for line in lines)
