"""Commands: one file for each, imported only when it runs."""
