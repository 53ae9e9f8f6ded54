"""User actions: one function each. It checks the right, changes the desk and writes the audit row together."""
