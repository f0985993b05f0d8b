"""Measurements: ratios in one run, ours beside the raw limit or a peer. Never part of the test suite."""
