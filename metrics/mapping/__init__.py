"""What the time-and-space map shows: its layers, their marks in time, and the places where marks cluster."""
