"""What Zappa needs: two tables and their readers. Pure."""
