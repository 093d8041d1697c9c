"""Tests: `unit` runs in seconds, `integration` and `zoo` compile networks. `tests.strategies` draws random programs."""
