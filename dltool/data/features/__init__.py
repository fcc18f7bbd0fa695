"""Features: how a column of a table becomes numbers or codes, one file for each kind."""
