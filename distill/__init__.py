"""distill: a compiler from trained neural networks to short, readable programs."""
