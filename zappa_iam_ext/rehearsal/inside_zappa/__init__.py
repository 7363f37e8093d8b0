"""What runs in the user's Zappa process, and nothing else."""
