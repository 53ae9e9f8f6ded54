"""What is said of values: comparison, causes, ages, reds and reconciliation."""
