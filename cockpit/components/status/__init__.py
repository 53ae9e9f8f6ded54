"""Tiles, verdicts, what needs attention, and the head of a wall screen."""
