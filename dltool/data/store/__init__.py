"""Prepared data on disk, for what does not fit into memory: one file of fixed-size records for each part."""
