"""Sources: where samples come from, one file for each format."""
