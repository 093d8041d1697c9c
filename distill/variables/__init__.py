"""Any program file as a causal model: the variables of `predict` are steps that can be read, and replaced.

`assigned` finds where variables have their values, `child` runs the program with hooks there, in a bare interpreter,
and `flow` reads off the source what each is computed from; `steps` puts this together, `explanation` is what comes out.
"""

from distill.variables.explanation import Slot, Variables
from distill.variables.steps import variables

__all__ = ["Slot", "Variables", "variables"]
