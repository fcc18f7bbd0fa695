"""What commands show: tables, matrices, and the progress of a training."""
