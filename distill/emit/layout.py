"""Lines that fit: a statement too long for a line is spread over several, bracket by bracket."""

from __future__ import annotations

import re
from collections.abc import Iterator

LIMIT = 100
_STATEMENT = re.compile(r"(?P<head>return |if |elif |\w+ (?:[-+*/]|//)?= )(?P<value>.*?)(?P<tail>:?)")
_OPEN, _CLOSE = "([{", ")]}"
_SIGNS = (" + ", " - ")
_WORDS = ((" for ", " if "), (" if ", " else "), (" or ",), (" and ",), _SIGNS)


def fit(line: str, room: int = LIMIT, *, inside: bool = False) -> list[str]:
    """Give a statement as lines of at most `room` characters, as far as it can be parted.

    inside: the line is part of an expression in brackets.

    >>> fit("return [word for word in words]", 24)
    ['return [', '    word', '    for word in words', ']']
    >>> fit("return here and there", 16)
    ['return (', '    here', '    and there', ')']
    """
    if len(line) <= room:
        return [line]
    indent, text = line[: len(line) - len(line.lstrip())], line.lstrip()
    statement = None if inside else _STATEMENT.fullmatch(text)
    parts = _operands(statement["value"] if statement else text)
    if inside and len(parts) > 1:
        return [row for part in parts for row in fit(f"{indent}{part}", room, inside=True)]
    if statement and len(parts) > 1:
        if len(indent) + 4 + len(statement["value"]) <= room:
            return [
                f"{indent}{statement['head']}(",
                f"{indent}    {statement['value']}",
                f"{indent}){statement['tail']}",
            ]
        rows = [row for part in parts for row in fit(f"{indent}    {part}", room, inside=True)]
        return [f"{indent}{statement['head']}(", *rows, f"{indent}){statement['tail']}"]
    return _exploded(indent, text, room)


def _exploded(indent: str, text: str, room: int) -> list[str]:
    """Part a line at its largest bracket; what cannot be parted stays whole."""
    group = _group(text)
    if group is None:
        return [f"{indent}{text}"]
    start, end = group
    inner = text[start + 1 : end].strip()
    parts = _parts(inner)
    whole = len(indent) + 4 + len(inner) <= room and (len(parts) < 3 or parts[0].endswith(","))
    rows = [row for part in ([inner] if whole else parts) for row in fit(f"{indent}    {part}", room, inside=True)]
    return [f"{indent}{text[: start + 1]}", *rows, f"{indent}{text[end:]}"]


def _operands(text: str) -> list[str]:
    """Split an expression before what binds loosest outside all brackets; a comprehension's clauses stay whole."""
    if places(text, ("for ", " for ", ", ")):
        return [text]
    for words in _WORDS[1:]:
        cuts = places(text, words)
        if cuts and not (words is _SIGNS and text[-1] in _CLOSE):  # the last bracket is parted instead
            return _cut(text, cuts)
    return [text]


def _group(line: str) -> tuple[int, int] | None:
    """Give the ends of the outermost bracket with most in it."""
    depth, start, found = 0, 0, []
    for at, char in _code(line):
        if char in _OPEN:
            start = at if depth == 0 else start
            depth += 1
        elif char in _CLOSE:
            depth -= 1
            if depth == 0 and at > start + 1:
                found.append((start, at))
    return max(found, key=lambda g: g[1] - g[0], default=None)


def _parts(inner: str) -> list[str]:
    """Split what stands in a bracket: at commas, or before the clauses and operators that bind loosest."""
    if not places(inner, (" for ",)):
        commas = places(inner, (", ",))
        if commas:
            return [f"{part.rstrip(',')}," for part in _cut(inner, [c + 1 for c in commas])]
    for words in _WORDS:
        cuts = places(inner, words)
        if words[0] == " for ":
            first = places(inner, (" for ",))[:1]
            cuts = [p for p in cuts if first and p >= first[0]]
        if cuts:
            return _cut(inner, cuts)
    return [inner]


def _cut(text: str, places: list[int]) -> list[str]:
    ends = [*places, len(text)]
    return [text[a:b].strip() for a, b in zip([0, *places], ends, strict=True)]


def places(text: str, words: tuple[str, ...]) -> list[int]:
    """Give where any of the words stands outside all brackets and strings."""
    depth, found = 0, []
    for at, char in _code(text):
        depth += (char in _OPEN) - (char in _CLOSE)
        if depth == 0 and text.startswith(words, at):
            found.append(at)
    return found


def _code(text: str) -> Iterator[tuple[int, str]]:
    """Yield the characters that are not in strings, with their places."""
    quote, at = "", 0
    while at < len(text):
        char = text[at]
        if quote:
            at += char == "\\"
            quote = "" if char == quote else quote
        elif char in "\"'":
            quote = char
        else:
            yield at, char
        at += 1
