"""Losses: what training minimizes, and the output activation that belongs to each."""

from dltool.losses.output_activations import activate

__all__ = ["activate"]
