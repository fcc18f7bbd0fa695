"""Time series: rows of a table ordered by time, and their windows."""
