"""Optimizers: how parameters are updated from their gradients."""
