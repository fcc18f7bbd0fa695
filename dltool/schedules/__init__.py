"""How the learning rate changes during training."""
