"""From YAML text to a typed, checked description of an experiment, with every problem found at once."""
