"""The search: columns of values in, ranked candidate programs out."""
