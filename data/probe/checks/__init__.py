"""Checks of pages, links and accessibility."""
