"""Deciding a request, or all that a pattern covers, and saying why."""
