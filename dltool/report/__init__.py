"""The page that a run leaves behind: what came of it, to be read in a browser, on a laptop or a phone."""
