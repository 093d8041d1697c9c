"""Where an expression stands: at a position that a comprehension or loop goes over, and what that has to go over."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dsl.terms import Expr, Literal
from distill.emit.source import ATOM, SUM, Code, constant

if TYPE_CHECKING:
    from distill.emit.body import Body
    from distill.emit.loop import Loop


@dataclass(slots=True)
class Scope:
    """One position of the row, while an expression is written.

    depth: 0, or 1 inside an aggregate. outer: the position that looks, inside an aggregate; cut: which positions are
    looked at from there: "" all, "before", "upto" or "after". fixed: the index's source, where nothing is gone over.
    subscript: values are `xs[i]`; else each iterable has a variable. one_based: `i` counts from 1.
    iterables: what is gone over, with its variable; overlong: those longer than the row, with a source that is not; index, place: whether the position (from 0, from 1) was asked for.
    """

    body: Body
    depth: int = 0
    outer: Scope | None = None
    cut: str = ""
    fixed: str = ""
    subscript: bool = False
    one_based: bool = False
    reverse: bool = False
    loop: Loop | None = None
    iterables: dict[str, str] = field(default_factory=dict)
    overlong: dict[str, str] = field(default_factory=dict)
    components: set[Expr] = field(default_factory=set)
    uses_index: bool = False
    uses_place: bool = False

    @property
    def variable(self) -> str:
        """The name of the position."""
        return "j" if self.depth else "i"

    def again(self) -> Scope | None:
        """Give the scope to write the expression in once more, now that it is known what it asks for; None if it stands."""
        subscript = self.uses_index and len(self.iterables) > 1 and self.loop is None
        subscript = subscript or (self.reverse and (self.uses_index or len(self.iterables) > 1))
        if subscript and not self.subscript:
            return Scope(self.body, self.depth, self.outer, self.cut, subscript=True, reverse=self.reverse, loop=self.loop)
        one_based = self.uses_place and not self.uses_index and not self.subscript and self.cut != "after"
        if one_based and not self.one_based and not self.reverse:
            return Scope(self.body, self.depth, self.outer, self.cut, one_based=True, loop=self.loop)
        return None

    def index(self) -> Code:
        """Give the source of the position, from 0."""
        if self.fixed:
            if self.fixed == "-1":
                return Code(f"{self.body.length().text} - 1", SUM)
            return Code(self.fixed)
        self.uses_index = True
        return Code(f"{self.variable} - 1", SUM) if self.one_based else Code(self.variable)

    def place(self) -> Code:
        """Give the source of the position, from 1."""
        if self.fixed:
            return self.body.length() if self.fixed == "-1" else Code("1")
        self.uses_place = True
        return Code(self.variable) if self.one_based else Code(f"{self.variable} + 1", SUM)

    def element(self, term: Expr) -> Code:
        """Give the source of a list's value here."""
        body = self.body
        if term in body.components:
            self.components.add(term)
            if not self.fixed and not self.subscript:
                self._iterate(body.steps, body.steps)
                return Code(body.components[term])
            at = self.fixed or self.index().text
            return Code(f"{body.steps}[{at}][{list(body.components).index(term)}]")
        if self.fixed:
            return Code(f"{body.list_name(term)}[{self.fixed}]")
        if self.subscript:
            return Code(f"{body.list_name(term)}[{self.index().text}]")
        return Code(self._iterate(body.iterable_name(term), body.element_name(term, self)))

    def padded(self, term: Expr, by: int, default: Literal, name: str) -> Code:
        """Give the source of a list's value `by` positions before (after, where negative), or the default there."""
        name_ = self.body.list_name(term)
        fill = constant(default.value, self.body.order).text
        if not (self.fixed or self.subscript or self.cut or self.depth or self.reverse):
            if by > 0:
                source = f"{_repeated(fill, by)} + {name_}"
            else:
                source = f"{name_}[{-by}:] + {_repeated(fill, -by)}"
            self.overlong[source] = self.body.shifted(term, by, default)
            return Code(self._iterate(source, name))
        return self._guarded(name_, by, fill)

    def _guarded(self, name: str, by: int, fill: str) -> Code:
        if self.fixed == "-1" and by > 0:
            return Code(f"{name}[-{by + 1}] if {self.body.length().text} > {by} else {fill}", 0)
        if self.fixed:
            return Code(fill)
        i = self.index().within(SUM)
        if by > 0:
            test = i if by == 1 else f"{i} >= {by}"
            return Code(f"{name}[{i} - {by}] if {test} else {fill}", 0)
        return Code(f"{name}[{i} + {-by}] if {i} + {-by} < {self.body.length().text} else {fill}", 0)

    def accumulated(self, source: str, name: str) -> Code:
        """Give the source of a running value that is gone over beside the lists."""
        return Code(self._iterate(source, name))

    def _iterate(self, source: str, name: str) -> str:
        return self.iterables.setdefault(source, name)

    def header(self) -> str:
        """Give the `for ... in ...` that this scope needs."""
        sources = list(self.iterables)
        if sources and all(s in self.overlong for s in sources):  # zip stops at the shortest: one must be as long as the row
            sources[0] = self.overlong[sources[0]]
        patterns = [self._pattern(s, name) for s, name in self.iterables.items()]
        iterables = dict(zip(map(self._cut, sources), patterns, strict=True))
        names = list(iterables.values())
        wants_index = self.uses_index or self.uses_place
        if self.subscript or not iterables:
            span = self._range()
            return f"for {self.variable if wants_index else '_'} in {f'reversed({span})' if self.reverse else span}"
        over = next(iter(iterables)) if len(iterables) == 1 else f"zip({', '.join(iterables)})"
        inner = ", ".join(names)
        if self.reverse:
            return f"for {inner} in reversed({over})"
        if not wants_index:
            return f"for {inner} in {over}"
        start = ", 1" if self.one_based else f", {self._start()}" if self.cut == "after" else ""
        pair = f"({inner})" if len(names) > 1 or "," in inner else inner
        return f"for {self.variable}, {pair} in enumerate({over}{start})"

    def _pattern(self, source: str, name: str) -> str:
        """Give what a step's components are unpacked to; unused ones to `_`."""
        if source != self.body.steps or not self.components:
            return name
        inner = ", ".join(v if c in self.components else "_" for c, v in self.body.components.items())
        return f"({inner})" if len(self.iterables) > 1 else inner

    def _start(self) -> str:
        assert self.outer is not None
        return self.outer.place().text

    def _cut(self, source: str) -> str:
        if not self.cut or self.outer is None:
            return source
        source = source if source.isidentifier() or source.endswith("]") else f"({source})"
        match self.cut:
            case "before":
                return f"{source}[:{self.outer.index().text}]"
            case "upto":
                return source if self.outer.fixed == "-1" else f"{source}[:{self.outer.place().text}]"
        return f"{source}[{self.outer.place().text}:]"

    def _range(self) -> str:
        if self.outer is not None and self.cut:
            match self.cut:
                case "before":
                    return f"range({self.outer.index().text})"
                case "upto":
                    return f"range({self.outer.place().text})"
            return f"range({self._start()}, {self.body.length().text})"
        length = self.body.length()
        return f"range(1, {length.within(SUM)} + 1)" if self.one_based else f"range({length.text})"


@dataclass(slots=True)
class Pair:
    """A pair of positions: the one looked at and the one that looks."""

    key: Scope
    query: Scope


def _repeated(fill: str, times: int) -> str:
    return f"[{', '.join([fill] * times)}]" if times <= 2 else f"[{fill}] * {times}"


__all__ = ["ATOM", "Pair", "Scope"]
