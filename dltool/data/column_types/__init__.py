"""Column types: how the cells of one column of a table are read, one file for each type."""
