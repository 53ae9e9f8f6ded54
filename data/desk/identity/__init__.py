"""Accounts, roles, passwords, second factors, sessions and tokens."""
