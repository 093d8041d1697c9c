"""What a value of a program is computed from, as far as can be told without running it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Source:
    """Where a value comes from.

    reads: the steps and inputs that it is computed from, by name. moved: whether some of it comes from another
    position. listed: whether it has an entry a position; start: the position of the first one, None where that is not
    known. index: of a counter, its value at the first position of the walk under way; of a list of them, its first.
    parts: of what can be unpacked.
    """

    reads: frozenset[str] = frozenset()
    moved: bool = False
    listed: bool = False
    start: int | None = None
    index: int | None = None
    parts: tuple[Source, ...] = ()

    @property
    def used(self) -> Source:
        """One value computed from this one: from all of a list's entries."""
        return Source(self.reads, bool(self.reads) and (self.moved or self.listed))

    @property
    def aged(self) -> Source:
        """This value as the next position finds it; a list's entries stay where they are."""
        if self.listed and self.start is not None:
            return self
        return Source(self.reads, bool(self.reads), self.listed, parts=tuple(p.aged for p in self.parts))

    def shifted(self, by: int) -> Source:
        """Give a list whose entries stand `by` positions later."""
        start = None if self.start is None else self.start + by
        return replace(self, start=start, parts=tuple(p.shifted(by) for p in self.parts))

    def entry(self, at: int | None) -> Source:
        """Give the entry that a walk comes to; at: where the walk starts, None where it visits other positions."""
        if self.index is not None:
            return Source(self.reads, self.moved) if at is None else Source(index=self.index)
        away = self.listed and (at is None or self.start != at)
        return Source(self.reads, self.moved or away, parts=tuple(p.entry(at) for p in self.parts))

    def picked(self, index: Source, constant: object, at: int | None) -> Source:
        """Give the value at an index of this one."""
        if not self.listed and isinstance(constant, int) and -len(self.parts) <= constant < len(self.parts):
            return self.parts[constant]
        if self.listed and self.start is not None and index.index is not None and self.start + index.index == at:
            return self.entry(self.start)
        return union([self, index])

    def beside(self, other: Source) -> Source:
        """Give this value where whether it is computed hangs on another."""
        return replace(self, reads=self.reads | other.reads, moved=self.moved or other.used.moved)


NOTHING = Source()


def union(sources: Iterable[Source]) -> Source:
    """Give one value computed from some."""
    used = [s.used for s in sources]
    return Source(frozenset[str]().union(*(s.reads for s in used)), any(s.moved for s in used))


def either(one: Source, other: Source) -> Source:
    """Give a value that is the one or the other."""
    if one == other:
        return one
    if NOTHING in (one, other):  # a constant, such as the list that others are appended to
        return replace(one if other == NOTHING else other, index=None)
    same = len(one.parts) == len(other.parts)
    parts = tuple(map(either, one.parts, other.parts)) if same else ()
    start = one.start if one.start == other.start else None
    return Source(one.reads | other.reads, one.moved or other.moved, one.listed or other.listed, start, None, parts)


def merged(one: dict[str, Source], other: dict[str, Source]) -> dict[str, Source]:
    """Give what names stand for where one of two ways was taken."""
    return {name: either(one.get(name, NOTHING), other.get(name, NOTHING)) for name in {**one, **other}}
