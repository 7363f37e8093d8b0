"""The real Zappa on a local AWS, under a policy: what it calls, what is denied, what nobody uses."""
