"""Samples of other files than those trained on, to predict or to evaluate."""
