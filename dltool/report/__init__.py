"""The HTML report of a run, to be read in a browser on a laptop or a phone."""
