"""What a page, its links and its accessibility are checked for."""
