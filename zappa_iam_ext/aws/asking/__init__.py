"""Asking AWS: together, within a limit of time, again when it is too busy."""
