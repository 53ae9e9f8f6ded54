"""One case, and the list it was opened from."""
