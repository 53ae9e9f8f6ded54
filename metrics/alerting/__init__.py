"""Alert rules as YAML, and what an edition gives rise to under them."""
