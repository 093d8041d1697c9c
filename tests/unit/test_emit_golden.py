"""Golden modules: programs as they are emitted, kept under tests/golden to be read in review as the product they are.

`DISTILL_REGOLD=1 pytest tests/unit/test_emit_golden.py` writes them anew; read the difference before keeping it.
"""

from __future__ import annotations

import ast
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from distill.emit import About, code_lines, emit, run_emitted
from dsl.check import check
from dsl.domains import Domain, Numbers, Tokens
from dsl.parser import parse_program
from dsl.terms import Literal, Table, Value, subterms
from dsl.types import Kind
from tests.unit.test_emit_laws import expected, signature_of

GOLDEN = Path(__file__).parent.parent / "golden"
BOS = ("<bos>",)
LETTERS = Tokens(("a", "b", "c", "<bos>"), ("a", "b", "c"), (1, 7), BOS)
DIGITS = Tokens((0, 1, 2, 3, 4, "<bos>"), (0, 1, 2, 3, 4), (1, 5), BOS)
FIVE = Tokens((0, 1, 2, 3, 4, "<bos>"), (0, 1, 2, 3, 4), (5, 5), BOS)
BRACKETS = Tokens(("(", ")", "x", "<bos>", "<eos>"), ("(", ")", "x"), (1, 8), BOS, ("<eos>",))
NUMBERED = Tokens((*range(150), "<bos>", "<sep>", "<eos>"), (*range(150), "<sep>", "<eos>"), (1, 30), BOS)
BITS = Tokens((0, 1, "<bos>", "<sep>", "<eos>"), (0, 1, "<sep>", "<eos>"), (1, 12), BOS)


def stream(low: int, high: int) -> Numbers:
    return Numbers(1, (low,), (high,), (1, 10))


@dataclass(frozen=True)
class Golden:
    """A program to be emitted: what it computes, its domain, its text without the inputs."""

    what: str
    domain: Domain
    text: str
    at: str = "each"
    scored: str = ""
    symbols: tuple[Value, ...] = ()


PROGRAMS = {
    "reverse": Golden("The symbols in reverse order", LETTERS, 'return gather(token, from_end(), #"a")'),
    "sort": Golden("The numbers in ascending order", DIGITS, "return sorted(token)"),
    "hist": Golden("How often each symbol occurs", LETTERS, "return count(key(token) == query(token))"),
    "rank": Golden("How many of the numbers are smaller than each", DIGITS, "return count(key(token) < query(token))"),
    "stable_sort": Golden(
        "The numbers in ascending order, found by rank",
        DIGITS,
        """
        rank = count(key(token) < query(token) or key(token) == query(token) and before())
        return first_of(key(rank) == query(index()), token, 0)
        """,
    ),
    "brackets": Golden(
        "The symbols that may come next where brackets must match, at most three deep",
        BRACKETS,
        """
        depth = running_count(token == #"(") - running_count(token == #")")
        return lookup(depth, {0: #{"(", "x", "<eos>"}, 3: #{")", "x"}, else #{"(", ")", "x"}})
        """,
    ),
    "running_max": Golden("The largest number so far", stream(0, 99), "return running_max(x)"),
    "base4_addition": Golden(
        "The digits of the sum of two numbers in base 4, lowest first",
        Numbers(2, (0, 0), (3, 3), (1, 10), ("a", "b")),
        "return (a + b + shift(scan(0, (a + state + b) // 4), 1, 0)) % 4",
    ),
    "majority": Golden(
        "Whether 'a' is ahead of 'b' so far",
        LETTERS,
        'return running_count(token == #"a") > running_count(token == #"b")',
    ),
    "bin_majority": Golden(
        "After <sep>, the commoner of the two bits before it",
        BITS,
        "return #1 if running_count(token == #1) > running_count(token == #0) else #0",
        scored='running_any(token == #"<sep>")',
    ),
    "first_differing": Golden(
        "For each symbol, the first that differs from it",
        LETTERS,
        "return first_of(key(token) != query(token), token, #null)",
    ),
    "deref": Golden("Each number's number's number", FIVE, "return gather(token, gather(token, token, 0), 0)"),
    "induction": Golden(
        "What came after the last earlier occurrence of the symbol",
        LETTERS,
        "return last_of(before() and key(shift(token, 1, #null)) == query(token), token, #null)",
    ),
    "sum_last5": Golden(
        "The sum of the last five numbers",
        stream(0, 99),
        "return x + shift(x, 1, 0) + shift(x, 2, 0) + shift(x, 3, 0) + shift(x, 4, 0)",
    ),
    "spring": Golden(
        "Where a mass on a spring is that is pushed by x at each step",
        stream(-10, 10),
        "return scan(0, state + x - state_before)",
    ),
    "unique_copy": Golden(
        "The number after the first place of the number here, '<eos>' where a mark comes after it",
        NUMBERED,
        'return #"<eos>" if first_of(key(shift(number, 1, -2)) == query(number) and upto(), number, -2) == -1 '
        "else symbol(first_of(key(shift(number, 1, -2)) == query(number) and upto(), number, -2))",
    ),
    "unique": Golden(
        "Whether the symbol is new", LETTERS, "return not any_of(before() and key(token) == query(token))"
    ),
    "gap": Golden(
        "How long ago the symbol last occurred",
        LETTERS,
        "return index() - last_of(before() and key(token) == query(token), index(), -1)",
    ),
    "frac_prevs": Golden("The share of 'a' so far", LETTERS, 'return running_mean(token == #"a")'),
    "is_sorted": Golden(
        "Whether four numbers ascend",
        Numbers(4, (0,) * 4, (5,) * 4, None, ("a", "b", "c", "d")),
        "return int(a <= b and b <= c and c <= d)",
        at="whole",
    ),
    "valid_date": Golden(
        "Whether a month has such a day",
        Numbers(2, (1, 1), (12, 31), None, ("month", "day")),
        "return day <= lookup(month, {11: 30, 2: 29, 4: 30, 6: 30, 9: 30, else 31})",
        at="whole",
    ),
    "loan": Golden(
        "Whether a loan is granted",
        Numbers(3, (0, 0, 0), (9, 9, 9), None, ("income", "debt", "years")),
        'return #"yes" if income > 2 * debt + 1 else #"no" if years < 2 or debt == 9 '
        'else #"ask" if income + years > debt + 7 else #"no"',
        at="whole",
        symbols=("yes", "no", "ask"),
    ),
    "shift2": Golden("The symbol two positions before", LETTERS, 'return shift(token, 2, #"<none>")'),
    "local_peak": Golden(
        "Whether the number is larger than both its neighbours",
        DIGITS,
        """
        above = token > shift(token, 1, 0) and token > shift(token, -1, 0)
        return #"<edge>" if index() == 0 or from_end() == 0 else lookup(above, {true: #true, else #false})
        """,
    ),
    "parity": Golden(
        "Whether 'a' has occurred an odd number of times", LETTERS, 'return running_count(token == #"a") % 2'
    ),
    "sum_last3": Golden(
        "The sum of the last three numbers", stream(0, 99), "return x + shift(x, 1, 0) + shift(x, 2, 0)"
    ),
    "add_mod5": Golden("The sum so far, modulo 5", stream(0, 4), "return running_sum(x) % 5"),
    "gravity": Golden("The sum so far of the sums so far", stream(-10, 10), "return running_sum(running_sum(x - 1))"),
    "squares": Golden(
        "Whether the number is a perfect square",
        stream(0, 19),
        "return int(lookup(x, {0: true, 1: true, 16: true, 4: true, 9: true, else false}))",
    ),
    "machine": Golden(
        "Whether the machine rests",
        LETTERS,
        'return scan(0, lookup(state, token, {(0, #"a"): 1, (0, #"c"): 2, (1, #"a"): 2, (1, #"b"): 1, (1, #"c"): 2, '
        '(2, #"b"): 2, (2, #"c"): 2, else 0})) == 0',
    ),
    "next_larger": Golden(
        "After <sep>, the least number that is larger than this one, <eos> after the largest",
        NUMBERED,
        """
        larger = min_of(key(number) > query(number), number, -2)
        return #"<eos>" if larger == -2 else symbol(larger)
        """,
        scored='running_any(token == #"<sep>")',
    ),
    "last_commonest": Golden(
        "The commonest symbol, the first in the alphabet at a tie", LETTERS, "return running_mode(token)", at="last"
    ),
    "palindrome": Golden(
        "Whether the symbols read the same both ways",
        LETTERS,
        "return every_all(token == gather(token, from_end(), #null))",
        at="last",
    ),
    "short_runs": Golden(
        "The bits that may come next where no three 0 stand together",
        BITS,
        "return lookup(since(token != #0), {2: #{1}, else #{0, 1}})",
        scored='token != #"<eos>"',
    ),
    "swap_neighbours": Golden(
        "The symbols with neighbours exchanged",
        LETTERS,
        "return shift(token, 1, #null) if index() % 2 != 0 else token if shift(token, -1, #null) == #null "
        "else shift(token, -1, #null)",
    ),
    "steps": Golden(
        "Whether the next number is larger, equal or smaller",
        DIGITS,
        'return #"up" if token < shift(token, -1, -1) else #"level" if token == shift(token, -1, -1) '
        'else #"end" if shift(token, -1, -1) == -1 else #"down"',
    ),
    "second_largest": Golden(
        "The second largest number",
        DIGITS,
        'return #"none" if length() == 1 else symbol(max_all(shift(sorted(token), 1, 0)))',
    ),
    "bigrams": Golden(
        "What came after the last earlier occurrence of the last two symbols",
        LETTERS,
        "return last_of(before() and key(shift(token, 1, #null)) == query(token) "
        "and key(shift(token, 2, #null)) == query(shift(token, 1, #null)), token, #null)",
    ),
    "binary_addition": Golden(
        "The digits of the sum of two numbers in base 2, lowest first",
        Numbers(2, (0, 0), (1, 1), (1, 10), ("a", "b")),
        "return int(b != abs(shift(scan(0, (state + a + b) // 2), 1, 0) - a))",
    ),
    "frequency_rank": Golden(
        "How many symbols are rarer than each",
        LETTERS,
        """
        frequency = count(key(token) == query(token))
        return count(key(frequency) < query(frequency))
        """,
    ),
}


def emitted(golden: Golden) -> tuple[str, list, list]:
    """Give the module's source, some inputs and what the interpreter answers."""
    lines = [line.strip() for line in golden.text.strip().splitlines()]
    program = parse_program("\n".join(lines) + "\n", golden.domain.inputs)
    scored = None
    if golden.scored:
        scored = parse_program(f"return {golden.scored}", golden.domain.inputs).result
    signature = signature_of(golden.domain, golden.at, check(program.result).kind, scored, golden.symbols)
    about = About(golden.what, "Written by hand, as an example", "Equal to the interpreter on samples of its domain")
    raws = golden.domain.raw(golden.domain.sample(50, np.random.default_rng(0)))
    values = [n.value for n in subterms(program.result) if isinstance(n, Literal) and n.kind is Kind.SYMBOL]
    values += [
        v for n in subterms(program.result) if isinstance(n, Table) for v in (n.default, *dict(n.entries).values())
    ]
    extra = (*golden.symbols, *(v for v in values if v is not None))
    return (
        emit(program, signature, about),
        raws,
        expected(golden.domain, program.result, raws, golden.at, scored, extra),
    )


@pytest.mark.parametrize("name", PROGRAMS)
def test_emitted_modules_are_the_golden_ones(name: str) -> None:
    source, _, _ = emitted(PROGRAMS[name])
    path = GOLDEN / f"{name}.py"
    if os.environ.get("DISTILL_REGOLD"):
        path.write_text(source, encoding="utf-8")
    assert source == path.read_text(encoding="utf-8"), "read the difference; DISTILL_REGOLD=1 keeps it"


@pytest.mark.parametrize("name", PROGRAMS)
def test_golden_modules_answer_as_the_interpreter_in_a_bare_python(name: str) -> None:
    source, raws, wanted = emitted(PROGRAMS[name])
    found = run_emitted(source, raws)
    for raw, ours, theirs in zip(raws, wanted, found, strict=True):
        assert plain(ours, PROGRAMS[name].domain.symbols) == theirs, f"{raw!r}: {theirs!r}, expected {ours!r}"


@pytest.mark.parametrize("name", PROGRAMS)
def test_golden_modules_are_short_and_run_on_python_3_10(name: str) -> None:
    source, _, _ = emitted(PROGRAMS[name])
    ast.parse(source, feature_version=(3, 10))
    assert max(map(len, source.splitlines())) <= 100
    assert code_lines(source) <= 20
    assert len(source.splitlines()) - code_lines(source) <= 40


def plain(answer: object, symbols: tuple[Value, ...]) -> object:
    """Give an answer as JSON carries it: sets as lists in the order of the vocabulary."""
    match answer:
        case frozenset():
            return sorted(answer, key=symbols.index)
        case list():
            return [plain(a, symbols) for a in answer]
    return answer
