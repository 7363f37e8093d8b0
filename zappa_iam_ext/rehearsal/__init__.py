"""The real Zappa on a local AWS under a policy."""
