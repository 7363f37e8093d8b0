"""What may keep something of ours from being removed, and what else of the account carries our tags. Changes nothing."""
