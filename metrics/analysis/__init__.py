"""Analyses of metric values: comparison, causes, ages, list of reds, reconciliation."""
