"""Proposals: from undescribed data to a config that trains well, with a reason for every choice."""
