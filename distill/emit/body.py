"""One attempt at the body of `predict`: what has a name, and how each value is written where it is used."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from distill.emit import access, expression, lists, select
from distill.emit.facts import Facts
from distill.emit.names import Names, letters, nouns, plural, table_names
from distill.emit.plan import accumulates, carried, light
from distill.emit.rewrite import FROM_END, PLACE
from distill.emit.scope import Pair, Place, Scope
from distill.emit.signature import Signature
from distill.emit.source import CHOICE, COMPARISON, Code, constant
from distill.emit.windows import window_sum
from dsl.check import check
from dsl.primitives import PRIMITIVES
from dsl.terms import Call, Expr, Input, Literal, Value, subterms
from dsl.types import Axis


@dataclass(frozen=True, slots=True)
class Choices:
    """What is settled before the body is written; an attempt at writing it shows what to settle otherwise.

    named: values with a variable or list of their own; wishes: what some values should be called.
    lists: values carried through a loop that are also needed as lists. contested: names that several values would have.
    inline: the input's list is written where it is used; length: the length has a name.
    branched: the answer's cases are statements. looped: values with names are
    computed as the answer is. absent: values whose default is None, as it only says that there is none.
    """

    named: frozenset[Expr] = frozenset()
    wishes: dict[Expr, str] = field(default_factory=dict)
    lists: frozenset[Expr] = frozenset()
    contested: frozenset[str] = frozenset()
    inline: bool = False
    length: bool = False
    branched: bool = False
    looped: bool = False
    absent: frozenset[Expr] = frozenset()


class Body:
    """One attempt at the body of `predict`.

    lines: the statements so far. rows, lists: values that are variables and lists by now, with their names; read: which
    of the rows were read.
    components: the parts of a step, with their variables. uses: how often some things are read; texts: as what.
    """

    def __init__(self, signature: Signature, facts: Facts, choices: Choices) -> None:
        self.signature, self.facts, self.choices = signature, facts, choices
        self.order: tuple[Value, ...] = signature.order
        self.names = Names()
        self.lines: list[str] = []
        self.rows: dict[Expr, str] = {}
        self.read: set[Expr] = set()
        self.lists: dict[Expr, str] = {}
        self.components: dict[Expr, str] = {}
        self.variables: dict[tuple[Expr, int], str] = {}
        self.asked: dict[Expr, str] = {}
        self.constants: dict[str, str] = {}
        self.helpers: set[str] = set()
        self.uses: Counter[str] = Counter()
        self.texts: dict[Expr, str] = {}
        self.steps = "inputs"
        self.apart = any(isinstance(t, Input) for t in choices.lists)  # components are read as lists of their own
        self.passing: set[Expr] = set()  # named values that are read where the answer is made ...
        self.sought: set[Expr] = set()  # ... and those that are read at other positions
        self.ranked: list[Value] = []
        self.fragile = False  # something is computed that rows without positions do not have
        self._length = ""

    # names

    def nouns(self, term: Expr) -> list[str]:
        """Give what a value may be called: what is wished for, else what no other value would be called."""
        if self.choices.wishes.get(term):
            return [self.choices.wishes[term], *nouns(term)]
        found = nouns(term)
        self.asked[term] = found[0]
        return found[1:] + found[:1] if found[0] in self.choices.contested else found

    def name(self, term: Expr) -> str:
        """Give a new name for a value."""
        return self.names.fresh(*self.nouns(term))

    def variable(self, term: Expr, scope: Scope) -> str:
        """Give the variable for a value while lists are gone over; inside an aggregate another one."""
        key = (term, scope.depth)
        if term in self.components and not scope.depth:
            return self.components[term]
        if key not in self.variables:
            if isinstance(term, Input):
                wanted = [letters(term)[scope.depth], f"other_{letters(term)[0]}"]
            elif scope.depth and term in scope.clashes:
                noun = self.nouns(term)[0]
                wanted = [noun[0], f"other_{noun}"] if noun[0] not in "ijn" else [f"other_{noun}"]
            elif scope.depth and (term, 0) in self.variables:
                wanted = [f"other_{self.variables[term, 0]}"]
            else:
                wanted = self.nouns(term)
            self.variables[key] = self.names.fresh(*wanted)
        return self.variables[key]

    def list_for(self, term: Expr) -> str:
        """Give a new name for the list of a value."""
        kind = check(term).kind
        if isinstance(term, Call) and term.op == "sorted":
            return self.names.fresh("in_order", *(f"{noun}_in_order" for noun in self.nouns(term.args[0])))
        return self.names.fresh(*(plural(noun, kind) for noun in self.nouns(term)))

    def is_named(self, term: Expr, place: Place) -> bool:
        """Say whether a term is read by its name here."""
        return term in self.rows or term in self.lists or (term in self.choices.named and not isinstance(place, Pair))

    def constant(self, source: str, term: Call) -> str:
        """Give the name of the constant that holds a dict."""
        if source not in self.constants:
            self.constants[source] = self.names.fresh(*(name.upper() for name in table_names(term)))
        return self.constants[source]

    # lists

    def list_name(self, term: Expr) -> str:
        """Give the name of the list of a term's values, written before if need be."""
        if term not in self.lists:
            lists.materialise(self, term)
        self.uses[self.lists[term]] += 1
        return self.lists[term]

    def iterable_name(self, term: Expr) -> str:
        """Give what to go over for a term's values."""
        name = self.list_name(term)
        self.uses[f"over {name}"] += 1
        return name

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
        return self.steps if self.components or not self.lists else self.list_name(next(iter(self.lists)))

    # expressions

    def fill(self, term: Call) -> Code:
        """Give the source of what a term is where there is nothing to be found."""
        default = term.args[-1]
        assert isinstance(default, Literal)
        return Code("None") if term in self.choices.absent else constant(default.value, self.order)

    def code(self, term: Expr, place: Place) -> Code:
        """Give the source of a term's value at a place: a position, a pair of positions, or None for the row."""
        code = self._code(term, place)
        if isinstance(term, Call) and not any(t in self.choices.absent for t in subterms(term) if t is not term):
            self.texts[term] = code.text
        return code

    def _code(self, term: Expr, place: Place) -> Code:
        if isinstance(term, Literal):
            return constant(term.value, self.order)
        if term in self.rows:
            self.read.add(term)
            return Code(self.rows[term])
        if check(term).axis is Axis.ROW:
            return self._row(term, place)
        if isinstance(place, Pair):
            return self._pair(term, place)
        assert place is not None
        return self._position(term, place)

    def _row(self, term: Expr, place: Place) -> Code:
        """A value of the row is computed once, before what goes over positions."""
        assert isinstance(term, Call)
        here = place is None or (isinstance(place, Scope) and bool(place.fixed))
        end = term.op in ("first", "last") and term.args[0] in self.lists
        if term not in self.choices.named and (here or end or light(term)):
            return self.operation(term, None)
        code = self.operation(term, None)
        self.rows[term] = self.name(term)
        self.lines.append(f"{self.rows[term]} = {code.text}")
        return Code(self.rows[term])

    def _pair(self, term: Expr, pair: Pair) -> Code:
        match term:
            case Call(op="key" | "query", args=(value,)) if check(value).axis is Axis.ROW:
                return self.code(value, pair)
            case Call(op="key", args=(value,)):
                return self.spread(value, pair.key)
            case Call(op="query", args=(value,)):
                return self.spread(value, pair.query)
            case Call(op="before" | "upto" as op):
                sign = "<" if op == "before" else "<="
                return Code(f"{pair.key.index().within(5)} {sign} {pair.query.index().within(5)}", COMPARISON)
            case Call():
                return expression.elementwise(self, term, pair)
        raise TypeError(f"not over pairs: {term!r}")

    def spread(self, term: Expr, scope: Scope) -> Code:
        """Give the source of a value read by many positions: a list's, where it takes more than a glance to compute."""
        heavy = check(term).axis is Axis.POSITION and not light(term, rows=True) and term not in self.lists
        if heavy and scope.loop is None and not scope.fixed and not scope.alone:
            lists.materialise(self, term)
        if scope.depth or term in self.lists:
            self.sought.add(term)
        return self.code(term, scope)

    def _position(self, term: Expr, scope: Scope) -> Code:
        if term in self.components and not scope.fixed and (scope.depth or self.apart):
            self.list_name(term)
        if term in self.lists or term in self.components:
            return scope.element(term)
        if scope.loop is not None and not (isinstance(term, Input) and term in self.choices.lists):
            found = scope.loop.read(term)
            return self.operation(term, scope) if found is None else found
        if isinstance(term, Input) and term not in self.choices.named | self.choices.lists:
            return self._number(scope)
        own = isinstance(term, Call) and carried(term, self.lists) == {term}
        if own and term not in self.choices.lists and accumulates(term, self.lists, self.components) and scope.open:
            assert isinstance(term, Call)
            return scope.over(lists.accumulation(self, term), self.variable(term, scope))
        if own or term in self.choices.named or term in self.choices.lists:
            if not (own or scope.depth or scope.fixed):
                self.passing.add(term)
            lists.materialise(self, term)
            return scope.element(term)
        return self.operation(term, scope)

    def _number(self, scope: Scope) -> Code:
        """Give the source of a token as a number: itself where it is one, else one less than the least there is."""
        token = next(t for t in self.lists if isinstance(t, Input))
        symbols = self.signature.vocabulary
        text = scope.element(token).text
        test = f"type({text}) is int" if any(type(v) is bool for v in symbols) else f"isinstance({text}, int)"
        return Code(f"{text} if {test} else {min((v for v in symbols if type(v) is int), default=0) - 1}", CHOICE)

    def operation(self, term: Expr, place: Place) -> Code:
        """Write out the outermost operation of a term."""
        if not isinstance(term, Call):
            assert isinstance(place, Scope)
            return self._number(place)
        if term.op == "lookup":
            return access.lookup(self, term, place)
        if term is PLACE and isinstance(place, Scope):
            return place.place()
        if term.op == "add" and isinstance(place, Scope) and (found := window_sum(self, term, place)) is not None:
            return found
        match PRIMITIVES[term.op].family if term.op in PRIMITIVES else "":
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
            case Call(op="at"):
                return access.gathered(self, term, place)
        assert isinstance(place, Scope)
        match term:
            case Call(op="gather", args=(source, where, _)) if where is FROM_END and place.open:
                return place.over(f"{self.list_name(source)}[::-1]", self.variable(term, place))
            case Call(op="index"):
                return place.index()
            case Call(op="from_end"):
                return place.remaining()
            case Call(op="shift", args=(source, Literal(value=int(by)), _)):
                if source in self.components or source not in self.lists:
                    self.list_name(source)
                return lists.padded(place, term, source, by)
            case Call(op="gather"):
                return access.gathered(self, term, place)
        lists.materialise(self, term)
        return place.element(term)


__all__ = ["Body", "Choices"]
