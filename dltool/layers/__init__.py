"""What networks are made of: layers, activations, initializers."""
