"""Inspection: what is odd about data that can be used, found by looking at all of a table's columns."""
