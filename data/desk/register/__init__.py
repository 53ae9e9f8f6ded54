"""Rows that the data officer keeps at the desk and that become part of the next edition."""
