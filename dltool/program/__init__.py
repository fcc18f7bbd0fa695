"""From a network's description to a program: graph, gradient, fusion, layout, stages, memory plan."""
