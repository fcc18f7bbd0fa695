"""Arrays in files: their values and their axes."""
