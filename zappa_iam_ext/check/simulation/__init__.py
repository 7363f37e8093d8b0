"""AWS's policy simulator: what it is asked about a requirement, and what its answers say. Pure."""
