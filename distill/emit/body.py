"""The body of `predict`: which values get names, in which order they are computed, and how each is written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from dsl.check import check
from dsl.primitives import PRIMITIVES
from dsl.terms import Call, Expr, Input, Literal, Value
from dsl.types import Axis, Kind
from distill.emit import expression, select
from distill.emit.facts import Facts
from distill.emit.loop import Loop
from distill.emit.names import Names, identifier, nouns, plural
from distill.emit.plan import accumulates, carried, light
from distill.emit.rewrite import FROM_END, INDEX, PLACE
from distill.emit.scope import Pair, Scope
from distill.emit.select import settle
from distill.emit.signature import Signature
from distill.emit.source import CHOICE, OR, SUM, Code, constant

Place = Scope | Pair | None


@dataclass(frozen=True, slots=True)
class Choices:
    """What is settled before the body is written; an attempt at writing it shows what to settle otherwise.

    named: values with a name of their own, and a wish for it ("" for none); lists: values needed as lists.
    inline: the input's list is written where it is used; length: the length has a name.
    """

    named: dict[Expr, str] = field(default_factory=dict)
    lists: frozenset[Expr] = frozenset()
    inline: bool = False
    length: bool = False


class Body:
    """One attempt at the body of `predict`."""

    def __init__(self, signature: Signature, facts: Facts, choices: Choices) -> None:
        self.signature, self.facts, self.choices = signature, facts, choices
        self.order: tuple[Value, ...] = signature.order
        self.names = Names()
        self.lines: list[str] = []
        self.rows: dict[Expr, str] = {}
        self.lists: dict[Expr, str] = {}
        self.components: dict[Expr, str] = {}
        self.elements: dict[tuple[Expr, int], str] = {}
        self.constants: dict[str, str] = {}
        self.helpers: set[str] = set()
        self.uses: Counter[str] = Counter()
        self.widths: dict[Expr, int] = {}
        self.steps = "inputs"
        self._length = ""

    # names

    def name(self, term: Expr) -> str:
        """Give a new name for a value."""
        return self.names.fresh(self.choices.named.get(term, ""), *nouns(term))

    def is_named(self, term: Expr, place: Place) -> bool:
        """Say whether a term is read by its name here."""
        return term in self.rows or term in self.lists or (term in self.choices.named and not isinstance(place, Pair))

    def element_name(self, term: Expr, scope: Scope) -> str:
        """Give the variable for a list's values; inside an aggregate another one."""
        key = (term, scope.depth)
        if key not in self.elements:
            if isinstance(term, Input):
                wanted = _letters(term)[scope.depth]
            else:
                noun = self.choices.named.get(term) or nouns(term)[0]
                wanted = f"other_{noun}" if scope.depth else noun
            self.elements[key] = self.names.fresh(wanted, *(n for n in nouns(term)[1:]))
        return self.elements[key]

    def constant(self, source: str, term: Call) -> str:
        """Give the name of the constant that holds a dict."""
        if source not in self.constants:
            self.constants[source] = self.names.fresh(*_table_names(term)).upper()
        return self.constants[source]

    def helper(self, name: str, value: Expr) -> str:
        """Note that a helper function is used."""
        if name == "mode":
            found = self.facts.values(value)
            if check(value).kind is Kind.SYMBOL:
                ranks = {(type(s), s): k for k, s in enumerate(self.order)}
                known = sorted(found or self.order, key=lambda v: ranks.get((type(v), v), -1))
                if len({type(v) for v in known}) > 1 or known != sorted(known):
                    self.helpers.add("mode by order")
                    return "mode"
        self.helpers.add(name)
        return name

    # whole lists

    def list_name(self, term: Expr) -> str:
        """Give the name of the list of a term's values, written before if need be."""
        if term not in self.lists:
            self.materialise(term)
        self.uses[self.lists[term]] += 1
        return self.lists[term]

    def iterable_name(self, term: Expr) -> str:
        """Give what to go over for a term's values."""
        name = self.list_name(term)
        self.uses[f"over {name}"] += 1
        return name

    def materialise(self, term: Expr) -> None:
        """Write the statement that makes the list of a term's values."""
        if self.needs_loop(term):
            name = self.names.fresh(plural(self.choices.named.get(term) or nouns(term)[0]))
            self.lines += run_loop(self, term, lambda c: f"{name}.append({c.text})", {name: "[]"})
        else:
            source = self.list_source(term)
            name = self.names.fresh(plural(self.choices.named.get(term) or nouns(term)[0]))
            self.lines.append(f"{name} = {source}")
        self.lists[term] = name

    def needs_loop(self, term: Expr) -> bool:
        """Say whether a term's values are carried from position to position in more than one standard way."""
        found = carried(term, self.lists)
        return bool(found) and not (len(found) == 1 and accumulates(next(iter(found)), self.lists, self.components) and not _delays(term, found))

    def list_source(self, term: Expr) -> str:
        """Give the source of the list of a term's values."""
        if term in self.lists:
            return self.list_name(term)
        match term:
            case _ if check(term).axis is Axis.ROW:
                return f"[{self.code(term, None).text}] * {self.length().text}"
            case Call(op="sorted", args=(source,)):
                return f"sorted({self.items(source)})"
            case Call(op="gather", args=(source, where, _)) if where is FROM_END:
                return f"{self.list_name(source)}[::-1]"
            case Call(op="shift", args=(source, Literal(value=int(by)), Literal() as default)) if source not in self.components:
                return self.shifted(source, by, default)
            case Call() if carried(term, {}) and accumulates(term, self.lists, self.components):
                return f"list({self.accumulation(term)})"
        (code,), scope = settle(Scope(self), lambda s: [self.operation_or_element(term, s)])
        header = scope.header()
        if header == f"for {code.text} in {header.partition(' in ')[2]}":
            return f"list({header.partition(' in ')[2]})"
        return f"[{code.text} {header}]"

    def operation_or_element(self, term: Expr, scope: Scope) -> Code:
        """Write a term out even where it is to be a list of its own."""
        return self.operation(term, scope) if isinstance(term, Call) and term not in self.lists else self.code(term, scope)

    def shifted(self, source: Expr, by: int, default: Literal) -> str:
        """Give the source of a list shifted by some positions, as long as it was."""
        name, fill = self.list_name(source), constant(default.value, self.order).text
        padding = f"[{', '.join([fill] * abs(by))}]" if abs(by) <= 2 else f"[{fill}] * {abs(by)}"
        if abs(by) == 1 and self.facts.least >= 1:
            return f"{padding} + {name}[:-1]" if by > 0 else f"{name}[1:] + {padding}"
        whole = f"{padding} + {name}" if by > 0 else f"{name}[{-by}:] + {padding}"
        return f"({whole})[:{self.length().text}]"

    def items(self, term: Expr) -> str:
        """Give the source of a term's values as what a function such as `sum` takes: a list or a bare generator."""
        if self.needs_loop(term) and term not in self.lists:
            return self.list_name(term)
        source = self.list_source(term)
        if source.startswith("[") and source.endswith("]") and " for " in source and term not in self.lists:
            return source[1:-1]
        return source[5:-1] if source.startswith("list(") else source

    def accumulation(self, term: Call) -> str:
        """Give the source of a running sum or extreme of a list."""
        self.helpers.add("accumulate")
        name = self.iterable_name(term.args[0])
        how = {"running_min": ", min", "running_max": ", max"}.get(term.op, "")
        return f"accumulate({name}{how})"

    def last(self, term: Expr) -> Code:
        """Give the source of a term's value at the last position."""
        if not carried(term, self.lists):
            return self.code(term, Scope(self, fixed="-1"))
        holder: list[Code] = []
        self.lines += run_loop(self, term, None, {}, holder)
        return holder[0]

    def length(self) -> Code:
        """Give the source of the number of positions."""
        self.uses["length"] += 1
        if not self.choices.length:
            return Code(f"len({self._whole()})")
        if not self._length:
            self._length = self.names.fresh("n", "length")
            self.lines.append(f"{self._length} = len({self._whole()})")
        return Code(self._length)

    def _whole(self) -> str:
        if self.components or not self.lists:
            return self.steps
        return self.list_name(next(iter(self.lists)))

    # expressions

    def code(self, term: Expr, place: Place) -> Code:
        """Give the source of a term's value at a place: a position, a pair of positions, or None for the row."""
        code = self._code(term, place)
        if isinstance(term, Call):
            self.widths[term] = max(self.widths.get(term, 0), len(code.text))
        return code

    def _code(self, term: Expr, place: Place) -> Code:
        if isinstance(term, Literal):
            return constant(term.value, self.order)
        if term in self.rows:
            return Code(self.rows[term])
        axis = check(term).axis
        if axis is Axis.ROW:
            return self._row(term, place)
        if isinstance(place, Pair):
            return self._pair(term, place)
        assert place is not None
        return self._position(term, place)

    def _row(self, term: Expr, place: Place) -> Code:
        fixed = isinstance(place, Scope) and place.fixed
        cheap = light(term) or (isinstance(term, Call) and term.op in ("first", "last") and term.args[0] in self.lists)
        if isinstance(term, Call) and (term in self.choices.named or not (cheap or place is None or fixed)):
            code = self.operation(term, None)
            self.rows[term] = self.name(term)
            self.lines.append(f"{self.rows[term]} = {code.text}")
            return Code(self.rows[term])
        return self.operation(term, None)

    def _pair(self, term: Expr, pair: Pair) -> Code:
        match term:
            case Call(op="key", args=(value,)):
                return self.spread(value, pair.key)
            case Call(op="query", args=(value,)):
                return self.spread(value, pair.query)
            case Call(op="before" | "upto" as op):
                sign = "<" if op == "before" else "<="
                return Code(f"{pair.key.index().within(5)} {sign} {pair.query.index().within(5)}", 4)
            case Call():
                return expression.elementwise(self, term, pair)
        raise TypeError(f"not over pairs: {term!r}")

    def spread(self, term: Expr, scope: Scope) -> Code:
        """Give the source of a value that is read by position: a list's, where it takes more than a glance to compute."""
        if check(term).axis is Axis.POSITION and self.heavy(term) and term not in self.lists and scope.loop is None and not scope.fixed:
            self.materialise(term)
        return self.code(term, scope)

    def heavy(self, term: Expr) -> bool:
        """Say whether a term's value at a position takes a pass over others."""
        return term not in self.lists and not light(term)

    def _position(self, term: Expr, scope: Scope) -> Code:
        if term in self.lists or term in self.components:
            return scope.element(term)
        if scope.loop is not None:
            found = scope.loop.read(term)
            return self.operation(term, scope) if found is None else found
        if isinstance(term, Input) and term not in self.choices.named:
            return self._number(scope)
        if term in self.choices.named or term in self.choices.lists:
            self.materialise(term)
            return scope.element(term)
        if isinstance(term, Call) and carried(term, self.lists) == {term}:
            if accumulates(term, self.lists, self.components) and not scope.depth and not scope.fixed and not scope.subscript:
                return scope.accumulated(self.accumulation(term), self.name(term))
            self.materialise(term)
            return scope.element(term)
        return self.operation(term, scope)

    def _number(self, scope: Scope) -> Code:
        """Give the source of a token as a number: itself where it is one, else one less than the least there is."""
        token = next(t for t in self.lists if isinstance(t, Input))
        integers = [v for v in self.signature.vocabulary if type(v) is int]
        text = scope.element(token).text
        test = f"type({text}) is int" if any(type(v) is bool for v in self.signature.vocabulary) else f"isinstance({text}, int)"
        return Code(f"{text} if {test} else {min(integers, default=0) - 1}", CHOICE)

    def operation(self, term: Expr, place: Place) -> Code:
        """Write out the outermost operation of a term."""
        if not isinstance(term, Call):
            assert isinstance(place, Scope)
            return self._number(place)
        if term.op == "lookup":
            return expression.lookup(self, term, place)
        if term is PLACE and isinstance(place, Scope):
            return place.place()
        match PRIMITIVES[term.op].family:
            case "elementwise":
                return expression.elementwise(self, term, place)
            case "reduce":
                return select.reduction(self, term, place)
            case "select":
                assert isinstance(place, Scope)
                return select.aggregate(self, term, place)
        return self._positional(term, place)

    def _positional(self, term: Call, place: Place) -> Code:
        match term:
            case Call(op="length"):
                return self.length()
            case Call(op="at" | "gather"):
                return expression.gathered(self, term, place)
        assert isinstance(place, Scope)
        match term:
            case Call(op="index"):
                return place.index()
            case Call(op="from_end"):
                return Code(f"{self.length().text} - {place.place().within(SUM + 1)}", SUM) if place.one_based else Code(f"{self.length().text} - 1 - {place.index().within(SUM + 1)}", SUM)
            case Call(op="shift", args=(source, Literal(value=int(by)), Literal() as default)):
                if source in self.components or source not in self.lists:
                    self.materialise(source)
                return place.padded(source, by, default, self.name(term))
        self.materialise(term)
        return place.element(term)


def run_loop(body: Body, term: Expr, sink: Callable[[Code], str] | None, starts: dict[str, str], after: list[Code] | None = None, scored: Expr | None = None, write: Callable[[Body, Expr, Place], Code] | None = None) -> list[str]:
    """Write a loop that computes a term: each value goes to the sink, or the last one is read behind it."""
    saved: frozenset[Expr] = frozenset()
    flags: dict[str, bool] = {}
    while True:
        names, uses, elements = set(body.names.taken), body.uses.copy(), dict(body.elements)
        loop = Loop(body, Scope(body, **flags), saved)
        bad: Expr | None = None

        def value() -> Code:
            code = (write or Body.code)(body, term, loop.scope)  # noqa: B023
            if scored is None:
                return code
            return Code(f"{code.within(OR)} if {body.code(scored, loop.scope).within(OR)} else None", CHOICE)  # noqa: B023

        if sink is not None:
            loop.sink(lambda: sink(value()))
        else:
            code, bad = loop.after(value)
            if after is not None:
                after[:] = [code]
        lines = loop.order() if bad is None else bad
        if isinstance(lines, list):
            other = loop.scope.again()
            if other is None:
                header = loop.scope.header()
                return [*_starts({**loop.starts, **starts}), f"{header}:", *(f"    {line}" for line in lines)]
            flags = {"one_based": other.one_based, "subscript": other.subscript}
        else:
            saved |= {lines}
        body.names.taken, body.uses, body.elements = names, uses, elements


def _starts(starts: dict[str, str]) -> list[str]:
    """Give the assignments before a loop, together where they are short."""
    line = f"{', '.join(starts)} = {', '.join(starts.values())}"
    if not starts:
        return []
    return [line] if len(starts) <= 3 and len(line) <= 60 else [f"{n} = {v}" for n, v in starts.items()]


def _delays(term: Expr, found: set[Expr]) -> bool:
    from dsl.terms import subterms

    return any(isinstance(n, Call) and n.op == "shift" and n.args[0] in found for n in subterms(term))


def _letters(term: Input) -> tuple[str, str]:
    """Give the variables for an input at a position, and at another one."""
    if term.name == "token" and term.type.kind is Kind.SYMBOL:
        return "token", "other"
    if term.name in ("token", "x"):
        return "x", "y"
    name = identifier(term.name) or "value"
    return name, f"other_{name}"


def _table_names(term: Call) -> list[str]:
    kind = check(term).kind
    table = term.args[-1]
    values = [v for _, v in getattr(table, "entries", ())]
    if any(isinstance(v, frozenset) for v in values):
        return ["next_symbols"]
    key = nouns(term.args[0])[0]
    return ["by_" + key, "answers" if kind is Kind.SYMBOL else "values"]


__all__ = ["INDEX", "Body", "Choices", "Place", "run_loop"]
