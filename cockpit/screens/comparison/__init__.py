"""Areas and units compared, and why a number changed."""
