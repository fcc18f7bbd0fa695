"""Checkpoints of MXNet: a -symbol.json file and a .params file beside it."""
