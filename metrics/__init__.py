"""The shared metrics: what they mean (catalog), and the one function that answers for them (query)."""
