"""The time-and-space map: what its page sends, and the files that it fetches."""
