"""Roles instead of users with keys: whom they trust, what limits them, what is pasted where. Pure."""
