"""Scaling of numbers, and the statistics that it is fitted with."""
