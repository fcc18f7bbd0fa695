"""Prepared samples: their arrays, what a network needs to know of them, and how they are drawn."""
