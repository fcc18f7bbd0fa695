"""Runs programs through XLA, by way of JAX: on GPUs, or for tests on the processor."""
