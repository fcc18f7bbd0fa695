"""Reading: what is asked of a source, what it holds, and its samples in chunks."""
