"""Where an expression stands: at a position that a comprehension or loop goes over, and what that has to go over."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from distill.emit.source import CHOICE, SUM, Code
from dsl.terms import Expr

if TYPE_CHECKING:
    from distill.emit.body import Body
    from distill.emit.loop import Loop

_ONWARD = ("from", "after")


@dataclass(slots=True)
class Scope:
    """One position of the row, while an expression is written.

    depth: 0, or 1 inside an aggregate. outer: the position that looks, inside an aggregate; cut: which positions are
    looked at from there: "" all, "before", "upto", "from" here on or "after"; clashes: what is also read where it
    looks from.
    fixed: the index's source, where nothing is gone over. reverse: the last position comes first.
    alone: it is gone over once, so that nothing is worth a list of its own.
    subscript: values are `xs[i]`; else each list has a variable. one_based: `i` counts from 1.
    iterables: what is gone over, with its variable; exact: sources that make up for ones longer than the row.
    """

    body: Body
    depth: int = 0
    outer: Scope | None = None
    cut: str = ""
    clashes: frozenset[Expr] = frozenset()
    fixed: str = ""
    reverse: bool = False
    alone: bool = False
    loop: Loop | None = None
    subscript: bool = False
    one_based: bool = False
    iterables: dict[str, str] = field(default_factory=dict)
    exact: dict[str, Callable[[], str]] = field(default_factory=dict)
    components: set[Expr] = field(default_factory=set)
    uses_index: bool = False
    uses_place: bool = False

    @property
    def letter(self) -> str:
        """The name of the position."""
        return "j" if self.depth else "i"

    @property
    def open(self) -> bool:
        """Whether values beside the lists may be gone over too."""
        return not (self.fixed or self.subscript or self.cut or self.depth or self.reverse)

    def again(self) -> Scope | None:
        """Give the scope to write in anew, now that it is known what is asked of it; None if it stands."""
        many = len(self.iterables) > 1
        indexed = self.uses_index and many and self.loop is None and not self.exact
        if not self.subscript and (indexed or (self.reverse and self.uses_index)):
            return self._fresh(subscript=True)
        places = self.uses_place and not self.uses_index and self.cut not in _ONWARD and not self.reverse
        return self._fresh(one_based=True) if places and not self.one_based and not self.subscript else None

    def _fresh(self, *, subscript: bool = False, one_based: bool = False) -> Scope:
        here = (self.body, self.depth, self.outer, self.cut, self.clashes, self.fixed, self.reverse, self.alone)
        return Scope(*here, self.loop, subscript, one_based)

    def index(self) -> Code:
        """Give the source of the position, from 0."""
        if self.fixed:
            return Code(f"{self.body.length().text} - 1", SUM) if self.fixed == "-1" else Code(self.fixed)
        self.uses_index = True
        return Code(f"{self.letter} - 1", SUM) if self.one_based else Code(self.letter)

    def place(self) -> Code:
        """Give the source of the position, from 1."""
        if self.fixed:
            return self.body.length() if self.fixed == "-1" else Code("1")
        self.uses_place = True
        return Code(self.letter) if self.one_based else Code(f"{self.letter} + 1", SUM)

    def remaining(self) -> Code:
        """Give the source of the number of positions that follow."""
        length = self.body.length().text
        if self.fixed == "-1":
            return Code("0")
        place = self.place().text
        return Code(f"{length} - {place}" if self.one_based else f"{length} - 1 - {place.removesuffix(' + 1')}", SUM)

    def element(self, term: Expr) -> Code:
        """Give the source of a list's value here."""
        body = self.body
        at = self.fixed or (self.index().text if self.subscript else "")
        if term in body.components and term not in body.lists:
            self.components.add(term)
            if at:
                return Code(f"{body.steps}[{at}][{list(body.components).index(term)}]")
            self.over(body.steps, body.steps)
            return Code(body.components[term])
        if at:
            return Code(f"{body.list_name(term)}[{at}]")
        name = body.variable(term, self)
        return Code(name) if name in self.iterables.values() else self.over(body.iterable_name(term), name)

    def over(self, source: str, name: str) -> Code:
        """Go over one more source, and give the variable for its values."""
        return Code(self.iterables.setdefault(source, name))

    def displaced(self, name: str, by: int, fill: str) -> Code:
        """Give the source of a list's value `by` positions before (negative: after), `fill` where there is none."""
        if self.fixed == "-1" and by > 0:
            return Code(f"{name}[-{by + 1}] if {self.body.length().text} > {by} else {fill}", CHOICE)
        if self.fixed and (by > 0 or self.fixed == "-1"):
            return Code(fill)
        i = self.index()
        if by > 0:
            test = i.text if by == 1 else f"{i.text} >= {by}"
            return Code(f"{name}[{i.text} - {by}] if {test} else {fill}", CHOICE)
        ahead = str(-by) if self.fixed else f"{i.text} + {-by}"
        return Code(f"{name}[{ahead}] if {ahead} < {self.body.length().text} else {fill}", CHOICE)

    def header(self) -> str:
        """Give the `for ... in ...` that this scope needs."""
        if self.subscript or not self.iterables:
            span = self._range()
            letter = self.letter if self.uses_index or self.uses_place else "_"
            return f"for {letter} in {f'reversed({span})' if self.reverse else span}"
        sources, names = self._sources()
        parts = [f"reversed({self._cut(s)})" if self.reverse else self._cut(s) for s in sources]
        over = parts[0] if len(parts) == 1 else f"zip({', '.join(parts)})"
        inner = ", ".join(names)
        if self.reverse:
            return f"for {inner} in {over}"
        if not (self.uses_index or self.uses_place):
            return f"for {inner} in {over}"
        start = ", 1" if self.one_based else f", {self._start()}" if self.cut in _ONWARD else ""
        return f"for {self.letter}, {f'({inner})' if ',' in inner else inner} in enumerate({over}{start})"

    def _sources(self) -> tuple[list[str], list[str]]:
        """Give what is gone over, lists first, and the variables; one is as long as the row, where zip stops."""
        ranked = sorted(self.iterables, key=lambda s: not s.isidentifier())
        names = [self._pattern(s, self.iterables[s]) for s in ranked]
        if all(s in self.exact for s in ranked):
            ranked[0] = self.exact[ranked[0]]()
        return ranked, names

    def _pattern(self, source: str, name: str) -> str:
        """Give what a step's components are unpacked to; unused ones to `_`."""
        if source != self.body.steps or not self.components:
            return name
        inner = ", ".join(v if c in self.components else "_" for c, v in self.body.components.items())
        return f"({inner})" if len(self.iterables) > 1 else inner

    def _start(self) -> str:
        assert self.outer is not None
        return (self.outer.index() if self.cut == "from" else self.outer.place()).text

    def _cut(self, source: str) -> str:
        return self.slice(source) if source.isidentifier() or not self.cut else self.slice(f"({source})")

    def slice(self, source: str) -> str:
        """Give the part of a list that this scope goes over."""
        if not self.cut or self.outer is None:
            return source
        if self.cut == "before":
            return f"{source}[:{self.outer.index().text}]"
        if self.cut == "upto":
            return source if self.outer.fixed == "-1" else f"{source}[:{self.outer.place().text}]"
        return f"{source}[{self._start()}:]"

    def _range(self) -> str:
        if self.outer is None or not self.cut:
            length = self.body.length()
            return f"range(1, {length.within(SUM)} + 1)" if self.one_based else f"range({length.text})"
        if self.cut in _ONWARD:
            return f"range({self._start()}, {self.body.length().text})"
        end = self.outer.index() if self.cut == "before" else self.outer.place()
        return f"range(1, {end.within(SUM)} + 1)" if self.one_based else f"range({end.text})"


@dataclass(slots=True)
class Pair:
    """A pair of positions: the one looked at and the one that looks."""

    key: Scope
    query: Scope


Place = Scope | Pair | None
