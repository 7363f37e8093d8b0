"""Reads the policies that bind a principal, in as few rounds of questions as their dependence allows."""
