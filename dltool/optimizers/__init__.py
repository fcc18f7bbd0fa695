"""How parameters follow their gradients."""
