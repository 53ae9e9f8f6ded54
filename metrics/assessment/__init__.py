"""Assessment of areas by schemes of weighted metrics."""
