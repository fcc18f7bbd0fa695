"""What training makes small."""

from dltool.losses.links import link

__all__ = ["link"]
