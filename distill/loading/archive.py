"""Zip archives from strangers: what is inside, read without running or inflating anything."""

from __future__ import annotations

import hashlib
import pickle
import struct
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from distill.errors import BadInput

SAVE_AGAIN = "copy the file or save the network again"

_LONGEST = 200  # characters of a message quoted from elsewhere
_GROWTH = 50  # times the file's size that its entries may take; torch packs only program text

# What reading raises. A damaged file may fail at any step of it, and so may the code of a bundle.
MALFORMED = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    EOFError,
    ImportError,
    LookupError,
    MemoryError,
    NameError,
    OSError,
    RuntimeError,
    SyntaxError,
    TypeError,
    ValueError,
    pickle.PickleError,
    struct.error,
    zipfile.BadZipFile,
)


@dataclass(frozen=True, slots=True)
class Archive:
    """A zip file that was checked as a whole.

    names: the entries without the folder they all share ("network/" in "network/data.pkl").
    """

    path: Path
    folder: str
    names: frozenset[str]

    def read(self, name: str) -> bytes:
        """Give an entry's bytes; raises BadInput where there is none, or it does not match its checksum."""
        if name not in self.names:
            raise BadInput(self.path, "no such entry", f"an entry {name!r} in the archive", SAVE_AGAIN)
        with damaged(self.path, f"a readable entry {name!r}"), zipfile.ZipFile(self.path) as archive:
            return archive.read(self.folder + name)

    def under(self, folder: str) -> list[str]:
        """Give the names of the entries in a folder, sorted."""
        return sorted(n for n in self.names if n.startswith(folder))


def open_archive(path: Path) -> Archive:
    """Check a zip file as a whole and list it; raises BadInput where it is damaged, or no archive that torch writes.

    Entries that overlap, appear twice or grow beyond measure are refused: they are how a small file becomes a large
    one, or one that two readers read differently.
    """
    with damaged(path, "a zip archive"), zipfile.ZipFile(path) as archive:
        entries = archive.infolist()
        names = [e.filename for e in entries]
        known = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
        if odd := [e.filename for e in entries if e.compress_type not in known or e.flag_bits & 1]:
            raise BadInput(f"{path}, entry {odd[0]!r}", "an encrypted or oddly packed entry", "a plain one", SAVE_AGAIN)
        size, packed = path.stat().st_size, sum(e.compress_size for e in entries)
        if len(set(names)) < len(names) or packed > size:
            raise BadInput(path, "entries that overlap or repeat", "each entry once", SAVE_AGAIN)
        if (unpacked := sum(e.file_size for e in entries)) > _GROWTH * size:
            raise BadInput(path, f"{unpacked} bytes packed into {size}", f"at most {_GROWTH} times", SAVE_AGAIN)
        if (broken := archive.testzip()) is not None:
            raise BadInput(f"{path}, entry {broken!r}", "other bytes than its checksum is of", "those", SAVE_AGAIN)
    roots = {n.split("/", 1)[0] for n in names}
    folder = f"{roots.pop()}/" if len(roots) == 1 and all("/" in n for n in names) else ""
    return Archive(path, folder, frozenset(n[len(folder) :] for n in names))


@contextmanager
def damaged(path: Path, what: str, remedy: str = SAVE_AGAIN) -> Iterator[None]:
    """Turn whatever a reader of a damaged file raises into a BadInput that says `what` was expected."""
    try:
        yield
    except BadInput:
        raise
    except MALFORMED as error:
        raise BadInput(path, fault(error), what, remedy) from error


def fault(error: BaseException) -> str:
    """Give what an exception says, in one line short enough for a message."""
    text = " ".join(str(error).split()) or type(error).__name__
    return f"a fault: {text[:_LONGEST]}"


def digest(files: Sequence[Path]) -> str:
    """Give the sha256 of the files' bytes, one after another, in hexadecimal."""
    total = hashlib.sha256()
    for file in files:
        with file.open("rb") as stream:
            for block in iter(lambda: stream.read(1 << 20), b""):
                total.update(block)
    return total.hexdigest()
