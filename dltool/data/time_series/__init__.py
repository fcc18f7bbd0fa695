"""Time series: the rows of a table in the order of time, and windows of them."""
