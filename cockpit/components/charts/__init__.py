"""Maps, charts, rankings and lines of stages."""
