"""dltool trains neural networks from a YAML file on a plain Linux machine."""

__version__ = "0.1.0"
