"""What users do: one function per action. It checks the right, changes the desk and writes the audit row together."""
