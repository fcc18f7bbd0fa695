"""Proposals: from data that nobody has described to a config that trains well, with the reason for every choice."""
