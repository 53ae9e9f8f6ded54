"""Work items: their stored state, append-only events, lists, and their delivery as cases and steps."""
