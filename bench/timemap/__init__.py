"""The benchmark of the time-and-space map."""
