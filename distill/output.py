"""Files that appear whole or not at all: written aside in the same folder, then renamed."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from pathlib import Path
from uuid import uuid4

from distill.errors import BadInput

_REMEDY = "name another file with -o"


def beside(out: Path, ending: str) -> Path:
    """Give the file that goes with a program.

    >>> beside(Path("sort.py"), ".certificate.json").name
    'sort.certificate.json'
    """
    return out.with_name(out.name.removesuffix(".py") + ending)


def check_writable(path: Path, flag: str) -> None:
    """Find out before any long work whether a file can be written; raises BadInput, named by its flag, where not."""
    target = path.resolve()
    where = f"{flag} {path}"
    if target.exists() and not target.is_file():
        raise BadInput(where, "a folder" if target.is_dir() else "a device", "a file to write", _REMEDY)
    if not target.parent.is_dir():
        raise BadInput(where, f"no folder {str(target.parent)!r}", "a folder that exists", "make it, or " + _REMEDY)
    aside = _aside(target)
    try:
        aside.touch(exist_ok=False)
        aside.unlink()
    except OSError as error:
        raise _unwritable(where, error) from error


def write_whole(texts: Mapping[Path, str]) -> None:
    """Write files in UTF-8 so that each is there with all its text or as it was before; the first is renamed last.

    Raises BadInput where one cannot be written, and then none of them was.
    """
    targets = [(path.resolve(), path, text) for path, text in texts.items()]
    with ExitStack() as leftovers:
        asides = []
        for target, path, text in targets:
            aside = _aside(target)
            leftovers.callback(_remove, aside)
            try:
                _write(aside, text)
            except OSError as error:
                raise _unwritable(path, error) from error
            asides.append((aside, target, path))
        for aside, target, path in reversed(asides):
            try:
                os.replace(aside, target)
            except OSError as error:
                raise _unwritable(path, error) from error


def _aside(target: Path) -> Path:
    return target.with_name(f".{uuid4().hex[:12]}.tmp")


def _write(path: Path, text: str) -> None:
    """Write a file that was not there, and see it through to the disk."""
    with path.open("x", encoding="utf-8", newline="\n") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def _remove(path: Path) -> None:
    with suppress(OSError):
        path.unlink(missing_ok=True)


def _unwritable(where: object, error: OSError) -> BadInput:
    return BadInput(where, f"a file that cannot be written ({error.strerror})", "room and the right to write", _REMEDY)
