"""Augmentations: random changes of training images, one class each; a whole list becomes one op."""
