"""The benchmark of topics."""
