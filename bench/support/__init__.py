"""What several benchmarks share: a district, a server and viewers."""
