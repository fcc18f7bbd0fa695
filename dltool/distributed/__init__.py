"""Several processes that train together, connected by MPI."""
