"""Domains: which inputs there are, how to go through them or draw from them, and the columns a program reads."""

from dsl.domains.base import Domain, listed, symbol_key
from dsl.domains.images import Images
from dsl.domains.numbers import Numbers
from dsl.domains.sampled import Sampled
from dsl.domains.tokens import Tokens

__all__ = ["Domain", "Images", "Numbers", "Sampled", "Tokens", "listed", "symbol_key"]
