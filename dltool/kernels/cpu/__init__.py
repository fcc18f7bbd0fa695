"""The fast kernels: 16-lane vectors over blocked buffers, compiled for this machine on first use and cached."""
