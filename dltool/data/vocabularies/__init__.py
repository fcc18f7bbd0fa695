"""Vocabularies: how text becomes codes and codes become text again, one file for each kind."""
