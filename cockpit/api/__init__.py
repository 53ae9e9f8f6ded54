"""The HTTP API: the same numbers, rows and areas as the screens, under the same rights."""
