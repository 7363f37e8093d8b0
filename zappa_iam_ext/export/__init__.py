"""The desired state, written for other engines."""
