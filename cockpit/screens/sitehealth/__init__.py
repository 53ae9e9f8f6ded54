"""Pages on the health of sites."""
