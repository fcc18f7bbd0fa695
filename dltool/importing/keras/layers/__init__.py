"""Layers of Keras: a function for each, under the name of its class."""
