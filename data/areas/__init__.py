"""The area tree as it is delivered: levels, names, aliases, outlines, points."""
