"""From stages to plans, and plans carried out."""
