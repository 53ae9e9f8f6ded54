"""The component of the time-and-space map, its program and its drawing library."""
