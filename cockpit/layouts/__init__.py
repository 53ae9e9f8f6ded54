"""The cockpits of the levels and the wall: which panels, in which order. What they ask stands in `answers`."""
