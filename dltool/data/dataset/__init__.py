"""The data of an experiment as a whole: from its config to prepared samples of every part."""
