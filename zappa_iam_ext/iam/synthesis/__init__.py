"""From grants to documents: smallest, merged, split, shortened."""
