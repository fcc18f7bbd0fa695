"""Running programs: state, binding to memory, threads, the step loop, and the reference interpreter."""
