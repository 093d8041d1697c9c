"""The language: programs as data, and what they mean. Knows nothing of networks."""
