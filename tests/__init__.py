"""Tests: `unit` runs in seconds, `integration` and `zoo` compile whole networks. `tests.strategies` draws random programs."""
