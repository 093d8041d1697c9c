"""The primitive table. Each family is one file; importing this package fills the table."""

from dsl.primitives import elementwise, positions, reduce, running, select
from dsl.primitives.table import PRIMITIVES, Context, Overload, Primitive

__all__ = ["PRIMITIVES", "Context", "Overload", "Primitive", "elementwise", "positions", "reduce", "running", "select"]
