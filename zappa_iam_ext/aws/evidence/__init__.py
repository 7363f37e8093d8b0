"""What AWS itself says of a permission: its simulator, harmless calls, what only AWS names."""
