"""The local AWS: its server, its user, what must be there, where it differs from AWS."""
