"""Single cases: their steps, contacts, repeats, and the next ones to do."""
