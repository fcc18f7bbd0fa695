"""Preprocessing: how raw samples become what a network takes, as fitted to the training part."""
