"""Tables, records, cards and definitions."""
