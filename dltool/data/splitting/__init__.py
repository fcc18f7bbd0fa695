"""Splitting: which rows of which source are in the training, validation and test part."""
