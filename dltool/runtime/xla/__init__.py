"""Runs programs through XLA with JAX, on GPUs or, for tests, on the processor."""
