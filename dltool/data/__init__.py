"""From files to prepared samples in memory: sources, splits, scaling, and what a network needs to know of them."""
