"""The judges: a program and a subject in, a verdict out. Never imports torch."""
