"""Signing in: forms, passwords, second factor, identity provider."""
