"""Emission: a typed program as one short, standalone Python module that a person can read."""

from distill.emit.bare import code_lines, run_emitted
from distill.emit.module import emit
from distill.emit.signature import About, Signature

__all__ = ["About", "Signature", "code_lines", "emit", "run_emitted"]
