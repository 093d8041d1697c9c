"""Emission: a typed program as one short, standalone Python module that a person can read.

`normal` puts a term as a person would who knows the domain (`facts`; its rules are in `arithmetic`, `extremes` and
`places`), `rewrite` brings it closer to Python, `plan` and `missing` say what can be told beforehand, and `predict`
writes the body in attempts: what one shows (a line too long, a value wanted as a list, a name for two values) is
settled in the next. A body is a loop (`loop`, `order`) where values are carried from position to position, else
comprehensions (`lists`, `scope`, `select`); `answers` makes the outputs, and `module` puts the rest round it.

The primitives' `python` fields are templates. Elementwise and over rows: {0}, {1}, ... are the arguments' sources; over
rows {0} is an iterable, a list or a generator without brackets. Running: a statement that updates {state} by {0}.
Aggregates: {items} is what goes over the selected values, {2} the default.
"""

from distill.emit.bare import code_lines, run_emitted
from distill.emit.module import emit
from distill.emit.signature import About, Signature

__all__ = ["About", "Signature", "code_lines", "emit", "run_emitted"]
