"""Files on disk: finding and opening them, their lines, and their values in messages."""
