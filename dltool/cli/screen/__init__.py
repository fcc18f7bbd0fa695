"""Output of commands: tables, matrices, and training progress."""
