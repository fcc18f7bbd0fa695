"""What may change images while they are trained on: one small description for each way, together one op."""
