"""Training owns time: epochs and steps, evaluation, stopping, checkpoints, and what a run leaves on disk."""
