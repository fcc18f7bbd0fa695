"""Networks of other programs: read from their files, and written as a config and a checkpoint."""
