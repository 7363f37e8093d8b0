"""Carries plans out: what is there, what is made of it, and access keys."""
