"""What can be told to the user in one line instead of a traceback."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


class DistillError(Exception):
    """A fault with a message made for the user."""


class BadInput(DistillError):
    """Something given to the compiler is wrong (exit status 2).

    where: the file and the place in it, or the flag. found, expected, remedy: phrases without a full stop.
    """

    def __init__(self, where: object, found: str, expected: str, remedy: str) -> None:
        super().__init__(where, found, expected, remedy)
        self.where, self.found, self.expected, self.remedy = str(where), found, expected, remedy

    def __str__(self) -> str:
        line = f"{self.where}: found {self.found}, expected {self.expected}; {self.remedy}"
        return " ".join(line.splitlines())


class NeedsTrust(BadInput):
    """Going on would run code that came with the network, which takes --trust."""


def shown(value: object, limit: int = 60) -> str:
    """Give a value as a message shows it: its repr, cut in the middle past `limit` characters.

    >>> shown(list(range(100)), 20)
    '[0, 1, 2... 98, 99]'
    """
    text = repr(value)
    half = (limit - 3) // 2
    return text if len(text) <= limit else f"{text[:half]}...{text[-half:]}"


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Give a remedy for a word that is not one of the known ones.

    >>> did_you_mean("vocabs", ["kind", "vocab"])
    "did you mean 'vocab'?"
    """
    known = list(known)
    close = get_close_matches(word.lower(), known, n=1)
    return f"did you mean {close[0]!r}?" if close else f"use one of {', '.join(known)}"
