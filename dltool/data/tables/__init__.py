"""Files that hold tables: finding out what is in them, and reading columns."""
