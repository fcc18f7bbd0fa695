"""Networks that Keras 3 has saved."""
