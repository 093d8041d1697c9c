"""The order of a loop's statements: every value is read after its update, or before it where the old one is meant."""

from __future__ import annotations

from dataclasses import dataclass, field

from dsl.terms import Expr

Key = Expr | str | tuple[str, Expr]


@dataclass(slots=True)
class Node:
    """A statement of a loop's body.

    rank: 0 a local, 1 what the loop is for, 2 an update, 3 the keeping of a value for later.
    reads: what must stand before it. before: what must stand after it, as it overwrites a value that is read here, with
    the term that reads it.
    """

    rank: int
    text: str = ""
    reads: set[Key] = field(default_factory=set)
    before: dict[Key, Expr] = field(default_factory=dict)


def ordered(nodes: dict[Key, Node]) -> list[str] | Expr:
    """Give the statements in order, or a read of an old value that must be saved first for there to be one."""
    after = {key: {r for r in node.reads if r in nodes} for key, node in nodes.items()}
    for key, node in nodes.items():
        for held in node.before:
            if held != key and held in after:
                after[held].add(key)
    needed, positions = _needed(nodes), {key: k for k, key in enumerate(nodes)}
    placed: list[Key] = []
    while len(placed) < len(nodes):
        ready = [k for k in nodes if k not in placed and after[k] <= set(placed)]
        if not ready:
            return _stuck(nodes, [k for k in nodes if k not in placed])
        placed.append(min(ready, key=lambda k: _rank(nodes[k], k in needed, positions[k])))
    kept = [k for k in placed if nodes[k].rank == 3]
    if len(kept) > 1 and placed[-len(kept) :] == kept:
        together = _together([nodes[k].text for k in reversed(kept)])
        return [nodes[k].text for k in placed[: -len(kept)]] + together
    return [nodes[k].text for k in placed]


def _together(assignments: list[str]) -> list[str]:
    """Give assignments as one to a tuple, where that is short: all its values are read before any is written."""
    pairs = [text.split(" = ", 1) for text in assignments]
    line = f"{', '.join(name for name, _ in pairs)} = {', '.join(value for _, value in pairs)}"
    return [line] if len(line) <= 72 else assignments[::-1]


def _rank(node: Node, needed: bool, position: int) -> tuple[int, int]:
    """What the loop is for comes as soon as what it needs is there; values kept for later come last."""
    if node.rank in (0, 2):
        return (0 if needed else 2), position
    return node.rank, -position


def _needed(nodes: dict[Key, Node]) -> set[Key]:
    """Give what the loop's purpose reads, directly or not."""
    found: set[Key] = set()
    todo: list[Key] = ["sink"]
    while todo:
        key = todo.pop()
        if key not in found and key in nodes:
            found.add(key)
            todo += nodes[key].reads
    return found


def _stuck(nodes: dict[Key, Node], left: list[Key]) -> Expr:
    """Name a read of an old value whose reader also waits for what would overwrite it."""
    for key in left:
        for held, reading in nodes[key].before.items():
            if held in left and held != key:
                return reading
    raise AssertionError(f"statements wait for each other: {[nodes[k].text for k in left]}")
