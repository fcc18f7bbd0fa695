"""`dltool serve`: trained networks behind HTTP, with requests answered together."""
