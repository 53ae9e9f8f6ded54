"""Charts and outlines as data, and what draws them."""
