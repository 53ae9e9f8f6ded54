"""Immutable published versions of all facts."""
