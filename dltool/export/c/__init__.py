"""Networks as C99 files without dependencies."""
