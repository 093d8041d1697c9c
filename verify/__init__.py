"""The judges: a program and a subject in, a verdict out. Never imports torch."""

from verify.behaviour import Agreement, Behaviour, compare
from verify.reach import Reach
from verify.subject import Run, Site, Subject, UnknownSite

__all__ = ["Agreement", "Behaviour", "Reach", "Run", "Site", "Subject", "UnknownSite", "compare"]
