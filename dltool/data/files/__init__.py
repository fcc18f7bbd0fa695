"""Files as they lie on disk: finding them, opening them, their lines, and values of them in messages."""
