"""Networks as tensors in the layout of Keras, and the program that loads them there."""
