"""Connections to sites: addresses that may be visited, names, and failures of our own network."""
