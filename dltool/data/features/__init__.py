"""Features: how one column of a table becomes numbers or codes, one file for each kind."""
