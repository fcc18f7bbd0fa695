"""Streams of text: files read in pieces, their parts by position, and their tokens in blocks."""
