"""The shared metrics: definitions (catalog), and the one function that computes them (answer)."""
