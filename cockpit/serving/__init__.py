"""Limits between the network and the application: connections, requests, uploads and queries."""
