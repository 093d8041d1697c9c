"""What a program computes, in one English sentence: as much of it as there is room for, the rest abbreviated."""

from distill.describe.sentence import describe

__all__ = ["describe"]
