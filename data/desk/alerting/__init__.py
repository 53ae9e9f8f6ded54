"""Alerts that rules raised, and the silences over them."""
