"""Splitting: which rows of which source are for training, validation and test."""
