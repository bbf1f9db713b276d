"""What runs a neural model fast: fused pieces, a decoder over the model's own weights, a batch that pages enter and leave."""
