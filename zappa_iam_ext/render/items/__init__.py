"""What diff, lint, explain and can-i found, as items for the formats of others."""
