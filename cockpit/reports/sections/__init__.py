"""The sections of a report, each made into blocks of the neutral document."""
