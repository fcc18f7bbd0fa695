"""From YAML text to a typed, validated description of an experiment; all problems are reported at once."""
