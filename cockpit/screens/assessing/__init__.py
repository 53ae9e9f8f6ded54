"""Assessing areas and units: gaming checks, and assessments by a scheme."""
